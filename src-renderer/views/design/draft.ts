import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, ref, shallowRef, triggerRef, watch } from 'vue'
import { isMap, parseDocument } from 'yaml'
import type { StudyPatch } from '../../../src-main/analysis/audit'
import type { Problem } from '../../../src-main/api/procedure'
import { editStudy, patchStudy } from '../../../src-main/study/write'
import { api } from '../../api'
import { handed, keptDraft, rememberDraft } from './kept-draft'
import { valueAt } from './study-schema'
import { TextHistory } from './text-history'

/** Where a value of the study file stands. */
export type FieldPath = readonly (string | number)[]

export const NEW_STUDY = `name: my-study
task: {kind: mnist, patch: 7}
model: minilm-l6
settings: [frozen-pretrained, frozen-random, unfrozen-pretrained, unfrozen-random]
learning_rates: {from: 1e-5, to: 1e-2, per_decade: 1}
seeds: [0, 1, 2]
training: {batch_size: 8, max_steps: 2000}
validation: {every: 200, examples: 1000}
`
const CHECK_AFTER_MS = 250

/**
 * The study being designed. Its text is the truth; the form reads values out of it and writes them into it, so that
 * comments and order survive, and either side follows the other. Every edit can be taken back.
 */
export function useDraft() {
  const text = ref(keptDraft() ?? NEW_STUDY)
  watch(text, rememberDraft)
  const history = shallowRef(new TextHistory(text.value))

  function become(now: string, source: string): void {
    history.value.push(now, source, Date.now())
    triggerRef(history)
    text.value = now
  }

  watch(handed, (study) => study !== null && become(study.text, ''))

  function goTo(now: string | null): void {
    triggerRef(history)
    if (now !== null) text.value = now
  }

  const document = computed(() => parseDocument(text.value, { logLevel: 'silent' }))
  /** False while the text is not YAML, or not a mapping: the form waits for it. */
  const isReadable = computed(() => document.value.errors.length === 0 && isMap(document.value.contents))
  const values = computed<Readonly<Record<string, unknown>>>(() =>
    isReadable.value ? (document.value.toJS({ maxAliasCount: 50 }) as Record<string, unknown>) : {},
  )

  const asked = ref(text.value)
  let timer: number | undefined
  watch(text, () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => (asked.value = text.value), CHECK_AFTER_MS)
  })
  const check = useQuery({
    queryKey: computed(() => ['check', asked.value]),
    // The signal gives up the question about a text that was edited meanwhile.
    queryFn: ({ signal }) => api.studies.check.query({ text: asked.value }, { signal }),
    staleTime: 0,
    gcTime: 10_000,
    placeholderData: keepPreviousData,
  })
  const problems = computed<readonly Problem[]>(() =>
    check.data.value?.ok === false ? check.data.value.problems : [],
  )
  const plan = computed(() => (check.data.value?.ok === true ? check.data.value : null))
  const isChecked = computed(() => asked.value === text.value && !check.isFetching.value)

  return {
    text,
    values,
    isReadable,
    plan,
    problems,
    /** The text that `plan` and `problems` are about. */
    asked,
    /** The plan and the problems are those of the text as it stands. */
    isChecked,
    error: check.error,
    recheck: check.refetch,
    /** What was typed into the text. */
    write: (now: string): void => become(now, 'text'),
    /** Another study takes its place. */
    replace: (now: string): void => become(now, ''),
    /** The value at a path as written, or undefined where the file leaves it out. */
    at: (path: FieldPath): unknown => path.reduce(valueAt, values.value),
    set: (path: FieldPath, value: unknown): void =>
      become(editStudy(text.value, path, value), path.join('.')),
    patch: (patch: StudyPatch): void => become(patchStudy(text.value, { ...patch }), ''),
    canUndo: computed(() => history.value.canUndo),
    canRedo: computed(() => history.value.canRedo),
    undo: (): void => goTo(history.value.undo()),
    redo: (): void => goTo(history.value.redo()),
    /** What is wrong with a field or anything inside it. */
    problemOf: (field: string): string | null =>
      problems.value.find(({ place }) => place.field === field || place.field?.startsWith(`${field}.`))
        ?.message ?? null,
  }
}

export type Draft = ReturnType<typeof useDraft>
