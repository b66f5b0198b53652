import { computed } from 'vue'
import type { ComputedRef } from 'vue'
import type { Draft, FieldPath } from './draft'

/** One of the tasks, models, settings … that a study file lists. */
export interface Entry {
  readonly path: FieldPath
  readonly value: unknown
}

/** A key that holds one entry or a list of them, as `task` and `model` do. */
export function useEntries(draft: Draft, key: string) {
  const written = computed(() => draft.at([key]))
  const entries: ComputedRef<Entry[]> = computed(() =>
    Array.isArray(written.value)
      ? written.value.map((value: unknown, index) => ({ path: [key, index], value }))
      : [{ path: [key], value: written.value }],
  )

  function add(value: unknown): void {
    if (Array.isArray(written.value)) draft.set([key, written.value.length], value)
    else draft.set([key], written.value === undefined ? value : [written.value, value])
  }

  function remove({ path }: Entry): void {
    draft.set(path, undefined)
  }

  return { entries, add, remove }
}
