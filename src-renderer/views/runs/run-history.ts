import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { InfiniteData } from '@tanstack/vue-query'
import { computed, onScopeDispose } from 'vue'
import type { ComputedRef } from 'vue'
import type { RunRow } from '../../../src-main/api/runs'
import type { RunState } from '../../../src-main/run'
import { api } from '../../api'
import type { Answers } from '../../api'
import { onEvent } from '../../live'

export interface HistoryFilter {
  readonly study?: string
  readonly states?: RunState[]
}

type Page = Answers['runs']['page']
const PAGE_ROWS = 1_000
const GATHER_MS = 300
/** A history read this far is not fetched again when runs arrive: its rows are mended one by one. */
const PAGES_FETCHED_AGAIN = 2

/**
 * The history that passes the filter, read page by page as it is scrolled. Rows that change while they are shown are
 * fetched alone and put in their place.
 */
export function useRunHistory(filter: ComputedRef<HistoryFilter>) {
  const client = useQueryClient()
  const key = computed(() => ['runs', filter.value] as const)

  const pages = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) =>
      api.runs.page.query({ ...filter.value, after: pageParam ?? undefined, limit: PAGE_ROWS }),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page) => page.next,
    shallow: true,
  })
  const total = useQuery({
    queryKey: computed(() => ['runs', 'count', filter.value]),
    queryFn: () => api.runs.count.query(filter.value),
  })

  const changed = new Set<string>()
  let timer: number | undefined
  onEvent((event) => {
    if (event.type !== 'run-changed') return
    changed.add(event.run)
    timer ??= window.setTimeout(() => void mend(), GATHER_MS)
  })
  onScopeDispose(() => window.clearTimeout(timer))

  async function mend(): Promise<void> {
    timer = undefined
    const ids = [...changed]
    changed.clear()
    const data = client.getQueryData<InfiniteData<Page>>(key.value)
    if (data === undefined) return
    const shown = new Set(data.pages.flatMap((page) => page.runs.map(({ id }) => id)))
    const movesRows = filter.value.states !== undefined || ids.some((id) => !shown.has(id))
    if (movesRows && data.pages.length <= PAGES_FETCHED_AGAIN) {
      await client.invalidateQueries({ queryKey: ['runs'] })
      return
    }
    const known = ids.filter((id) => shown.has(id)).slice(0, PAGE_ROWS)
    if (known.length === 0) return
    const fresh = await api.runs.rows.query({ ids: known, study: filter.value.study })
    client.setQueryData<InfiniteData<Page>>(key.value, (old) => old && replaceRows(old, fresh))
  }

  return {
    rows: computed<readonly RunRow[]>(() => pages.data.value?.pages.flatMap((page) => page.runs) ?? []),
    total: computed(() => total.data.value ?? null),
    isPending: pages.isPending,
    error: pages.error,
    refetch: pages.refetch,
    /** Reads the next page, unless all are here or one is on its way. */
    readOn: () => {
      if (pages.hasNextPage.value && !pages.isFetching.value) void pages.fetchNextPage()
    },
  }
}

function replaceRows(data: InfiniteData<Page>, fresh: readonly RunRow[]): InfiniteData<Page> {
  const byId = new Map(fresh.map((row) => [row.id, row]))
  return {
    ...data,
    pages: data.pages.map((page) =>
      page.runs.some(({ id }) => byId.has(id))
        ? { ...page, runs: page.runs.map((row) => byId.get(row.id) ?? row) }
        : page,
    ),
  }
}
