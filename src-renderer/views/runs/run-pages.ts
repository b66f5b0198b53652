import { useQueries, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'
import type { RunRow } from '../../../src-main/api/runs'
import type { RunState } from '../../../src-main/run'
import { api } from '../../api'
import { onEvent } from '../../live'

/** Which runs the list shows, and in which order; empty parts are absent. */
export interface ListQuery {
  readonly study?: string
  readonly states?: RunState[]
  readonly filter?: string
  readonly sort?: string[]
}

const PAGE_ROWS = 100
/** What changes within this time is fetched together; sums over all runs wait longer. */
const GATHER_MS = 500
const SUMS_MS = 2_500

/**
 * A list of any length, of which only the pages in sight are read. While another list is on its way the one before stays
 * on the screen; the other is then seen from its first row on. What happens to runs, and new ones, refresh the pages in
 * sight whatever the list's length.
 */
export function useRunPages(query: ComputedRef<ListQuery>) {
  /** The list that is on the screen. */
  const shown = shallowRef<ListQuery | null>(null)
  const sight = shallowRef({ of: shown.value, first: 0, last: 0 })
  const wanted = computed(() => {
    const { of, first, last } = sight.value
    if (of !== query.value) return [0]
    const from = Math.floor(first / PAGE_ROWS)
    const to = Math.floor(last / PAGE_ROWS)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
  const pages = useQueries({
    queries: computed(() =>
      wanted.value.map((page) => ({
        queryKey: ['runs', 'page', query.value, page] as const,
        queryFn: () => api.runs.page.query({ ...query.value, offset: page * PAGE_ROWS, limit: PAGE_ROWS }),
      })),
    ),
    // Rows are replaced, never changed: nobody has to watch their fields.
    shallow: true,
  })

  // After the pages, also on the wire: the rows are what is looked at first. Another order has as many.
  const counted = computed<ListQuery>(() => ({ ...query.value, sort: undefined }))
  const count = useQuery({
    queryKey: computed(() => ['runs', 'count', counted.value]),
    queryFn: () => api.runs.count.query(counted.value),
    placeholderData: (before: number | undefined) => before,
  })

  const rows = shallowRef<ReadonlyMap<number, RunRow>>(new Map())
  watch(
    [pages, query],
    () => {
      const read = pages.value.flatMap(({ data }, i) => {
        const page = wanted.value[i]
        return data === undefined || page === undefined ? [] : [{ page, runs: data.runs }]
      })
      if (read.length === 0) return
      const fresh = new Map(shown.value === query.value ? rows.value : [])
      for (const { page, runs } of read) runs.forEach((run, at) => fresh.set(page * PAGE_ROWS + at, run))
      shown.value = query.value
      rows.value = fresh
    },
    { immediate: true },
  )

  refreshOnEvents()
  return {
    rows,
    /** Whose rows they are. */
    shown,
    total: computed(() => count.data.value ?? null),
    isPending: computed(
      () => count.isPending.value || (rows.value.size === 0 && (count.data.value ?? 0) > 0),
    ),
    error: computed(
      () => count.error.value ?? pages.value.find(({ error }) => error !== null)?.error ?? null,
    ),
    refetch: () => Promise.all([count.refetch(), ...pages.value.map(({ refetch }) => refetch())]),
    /** Tells which rows of the list on the screen, counted from 0, are in sight. */
    look: (first: number, last: number) => {
      const { of, ...before } = sight.value
      if (of === shown.value && first === before.first && last === before.last) return
      sight.value = { of: shown.value, first, last }
    },
  }
}

/** Fetches again what runs' changes make stale: what is in sight soon, sums over many runs at leisure. */
function refreshOnEvents(): void {
  const client = useQueryClient()
  const timers = new Map<string, number>()
  const later = (what: string, ms: number): void => {
    if (timers.has(what)) return
    const refresh = (): void => {
      timers.delete(what)
      void client.invalidateQueries({ queryKey: ['runs', what] }, { cancelRefetch: false })
    }
    timers.set(what, window.setTimeout(refresh, ms))
  }
  onEvent(({ type }) => {
    if (type !== 'run-changed') return
    for (const what of ['page', 'count', 'rows']) later(what, GATHER_MS)
    for (const what of ['groups', 'columns', 'get', 'states']) later(what, SUMS_MS)
  })
  onScopeDispose(() => timers.forEach((timer) => window.clearTimeout(timer)))
}
