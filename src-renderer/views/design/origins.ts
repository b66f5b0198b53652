import { useQuery } from '@tanstack/vue-query'
import { computed, ref, shallowRef, watch } from 'vue'
import { editStudy } from '../../../src-main/study/write'
import { api } from '../../api'
import { useLocationWord } from '../../location'
import { copyName } from '../studies/study-order'
import { NEW_STUDY } from './draft'
import type { Draft } from './draft'
import { handed, keepOrigin, keptOrigin } from './kept-draft'

/** What a draft can be made from. */
export type Origin =
  { readonly kind: 'new' } | { readonly kind: 'preset' | 'study' | 'copy'; readonly name: string }

/**
 * Where the draft came from, kept in the URL: ?study= or ?preset= opens it, a bookmark opens it again, and a reload keeps
 * what was changed since.
 */
export function useOrigin(draft: Draft) {
  const study = useLocationWord('study')
  const preset = useLocationWord('preset')
  /** "study:mnist", as other places write it. */
  const from = useLocationWord('from')
  const presets = useQuery({ queryKey: ['presets'], queryFn: () => api.studies.presets.query() })
  const studies = useQuery({ queryKey: ['studies'], queryFn: () => api.studies.list.query() })
  const isAboutRead = ref(false)

  const word = computed(() =>
    study.value !== '' ? `study:${study.value}` : preset.value !== '' ? `preset:${preset.value}` : from.value,
  )

  function tell(now: string): void {
    keepOrigin(now)
    const [kind, ...rest] = now.split(':')
    study.value = kind === 'study' ? rest.join(':') : ''
    preset.value = kind === 'preset' ? rest.join(':') : ''
    from.value = ''
    handed.value = null
    isAboutRead.value = false
  }

  /** @throws where the study or preset is not there, or the workbench does not answer */
  async function open(origin: Origin): Promise<void> {
    draft.replace(await textOf(origin))
    tell(origin.kind === 'study' || origin.kind === 'preset' ? `${origin.kind}:${origin.name}` : '')
  }

  async function textOf(origin: Origin): Promise<string> {
    if (origin.kind === 'new') return NEW_STUDY
    const { name } = origin
    if (origin.kind === 'preset') {
      const known = presets.data.value ?? (await api.studies.presets.query())
      const found = known.find((each) => each.name === name)
      if (found === undefined) throw new Error(`There is no preset “${name}”.`)
      return found.text
    }
    const { text } = await api.studies.get.query({ name })
    if (origin.kind === 'study') return text
    const taken = (studies.data.value ?? (await api.studies.list.query())).map((each) => each.name)
    return editStudy(text, ['name'], copyName(name, taken))
  }

  const fault = shallowRef<unknown>(null)

  /** Opens what the URL asks for, unless the draft is that already. */
  async function openAsked(asked: string): Promise<void> {
    if (asked === '' || asked === keptOrigin()) return
    const [kind, ...rest] = asked.split(':')
    if (kind !== 'study' && kind !== 'preset') return
    try {
      await open({ kind, name: rest.join(':') })
    } catch (error) {
      fault.value = error
    }
  }

  watch(word, openAsked, { immediate: true })
  watch(handed, (study) => study !== null && (isAboutRead.value = false))

  return {
    presets: computed(() => presets.data.value ?? []),
    studies: computed(() => (studies.data.value ?? []).filter(({ importedFrom }) => importedFrom === null)),
    open,
    /** Why what the URL asks for could not be opened. */
    fault,
    /** A file of the user's takes the draft's place. */
    openText: (text: string): void => {
      draft.replace(text)
      tell('')
    },
    about: computed(() => {
      const said = handed.value?.about ?? null
      if (said !== null) return isAboutRead.value ? null : said
      const found = (presets.data.value ?? []).find(({ name }) => `preset:${name}` === word.value)
      return found === undefined || isAboutRead.value ? null : { title: found.title, text: found.about }
    }),
    dismissAbout(): void {
      isAboutRead.value = true
      handed.value = null
    },
  }
}
