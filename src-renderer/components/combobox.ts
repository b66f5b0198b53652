import type { Directive } from 'vue'
import { announceList, put } from './open-list'
import type { ListWords } from './open-list'

const OPTIONS: ListWords = {
  role: 'listbox',
  line: 'option',
  lines: '.n-base-select-option',
  current: '.n-base-select-option--pending',
  say: (line) => ({
    'aria-selected': String(line.classList.contains('n-base-select-option--selected')),
    'aria-disabled': line.classList.contains('n-base-select-option--disabled') ? 'true' : null,
    ...placeOf(line),
  }),
}

/** Which of how many an option is: of a long list only those in sight are in the page, each as high as the others. */
function placeOf(line: Element): Record<string, string | null> {
  const [sight, whole, height] = [line.parentElement, line.closest('.v-vl-items'), line.clientHeight]
  if (sight === null || whole === null || height === 0) return {}
  const above = new DOMMatrix(getComputedStyle(sight).transform).m42
  return {
    'aria-posinset': String(Math.round(above / height) + [...sight.children].indexOf(line) + 1),
    'aria-setsize': String(Math.round(parseFloat(getComputedStyle(whole).height) / height)),
  }
}

/** What a select's directive holds while it is on the page. */
interface Held {
  name: string
  readonly observer: MutationObserver
  /** Puts what is so now into the page's attributes. */
  readonly tell: () => void
  close: () => void
}
const held = new WeakMap<HTMLElement, Held>()
/** Of every list that was open once, its select: a list stays in the page when it is shut. */
const ownerOf = new WeakMap<Element, HTMLElement>()
let made = 0

/**
 * `v-combobox="'Optimizer'"` on a select: what takes the focus gets a role, a name, whether its list is open, and the option
 * that the arrow keys have come to; the list and its options get theirs. Naive UI's select is a bare box to who hears it.
 */
export const vCombobox: Directive<HTMLElement, string> = {
  mounted(select, { value: name }) {
    const box = select.querySelector('.n-base-selection')
    if (box === null) return
    const mine: Held = { name, tell, close: shut, observer: new MutationObserver(tell) }
    held.set(select, mine)
    mine.observer.observe(box, { attributes: true, attributeFilter: ['class'] })
    tell()

    function tell(): void {
      const isOpen = isOpenNow(select)
      if (!isOpen) mine.close()
      const speaker = focusableIn(select)
      for (const part of partsOf(select)) {
        const says = part === speaker
        put(part, 'role', says ? 'combobox' : null)
        put(part, 'aria-haspopup', says ? 'listbox' : null)
        put(part, 'aria-expanded', says ? String(isOpen) : null)
        // An input has its name always, a box that says nothing may have none.
        put(part, 'aria-label', says || part.matches(INPUT) ? mine.name : null)
      }
      if (isOpen && mine.close === shut) open()
    }

    function open(framesLeft = FRAMES_TO_OPEN): void {
      if (!isOpenNow(select) || mine.close !== shut) return
      const list = listOf(select)
      if (list === undefined) {
        if (framesLeft > 0) requestAnimationFrame(() => open(framesLeft - 1))
        return
      }
      ownerOf.set(list, select)
      if (list.id === '') list.id = `options-${++made}`
      put(list, 'aria-label', mine.name)
      const speaker = focusableIn(select)
      if (speaker !== null) put(speaker, 'aria-controls', list.id)
      const stop = announceList(list, OPTIONS, (line) => {
        if (speaker !== null) put(speaker, 'aria-activedescendant', line)
      })
      mine.close = () => {
        mine.close = shut
        stop()
        if (speaker !== null) put(speaker, 'aria-controls', null)
      }
    }
  },
  updated(select, { value: name }) {
    const mine = held.get(select)
    if (mine === undefined) return
    mine.name = name
    mine.tell()
  },
  unmounted(select) {
    held.get(select)?.close()
    held.get(select)?.observer.disconnect()
  },
}

/** A list is there a frame or two after its select says so. */
const FRAMES_TO_OPEN = 10
const shut = (): void => undefined

/** The select's own list: the one it had before, else the one in sight that is nobody's. */
function listOf(select: HTMLElement): Element | undefined {
  const lists = [...document.querySelectorAll('.n-base-select-menu')]
  return (
    lists.find((list) => ownerOf.get(list) === select) ??
    lists.find((list) => !ownerOf.has(list) && list.checkVisibility())
  )
}

const isOpenNow = (select: HTMLElement): boolean => select.querySelector('.n-base-selection--active') !== null

const BOX = '.n-base-selection-label, .n-base-selection-tags'
const INPUT = 'input.n-base-selection-input, input.n-base-selection-input-tag__input'

const partsOf = (select: HTMLElement): Element[] => [...select.querySelectorAll(`${BOX}, ${INPUT}`)]

/** What has the focus: the box, or while one that is typed into is open, its input. */
const focusableIn = (select: HTMLElement): Element | null =>
  (isOpenNow(select) ? select.querySelector(INPUT) : null) ?? select.querySelector(BOX)
