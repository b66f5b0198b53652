import { shallowRef } from 'vue'

/** The draft as it outlives Design: a reload keeps it, and other places put theirs in its place. Knows nothing of YAML. */

const KEPT_AS = 'fairsweep.draft'
const ORIGIN_KEPT_AS = 'fairsweep.draft.from'

/** What there is to read about what a draft was made from. */
export interface About {
  readonly title: string
  readonly text: string
}

/** A study that another place hands to Design. */
export interface HandedDraft {
  readonly text: string
  readonly about: About | null
}

/** What was handed over last; Design takes it at once if it is open, else when it opens. */
export const handed = shallowRef<HandedDraft | null>(null)

/** @param origin what it was made from ("study:mnist"), so that an address that asks for that keeps it; '' for nothing */
export function keepDraft(text: string, origin = '', about: About | null = null): void {
  rememberDraft(text)
  keepOrigin(origin)
  handed.value = { text, about }
}

export const keptDraft = (): string | null => sessionStorage.getItem(KEPT_AS)
export const rememberDraft = (text: string): void => sessionStorage.setItem(KEPT_AS, text)

export const keptOrigin = (): string => sessionStorage.getItem(ORIGIN_KEPT_AS) ?? ''
export const keepOrigin = (origin: string): void => sessionStorage.setItem(ORIGIN_KEPT_AS, origin)
