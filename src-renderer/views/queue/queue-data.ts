import { useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'
import type { RunProgress } from '../../../src-main/queue/events'
import type { QueuedGroup } from '../../../src-main/queue/overview'
import type { StudySummary } from '../../../src-main/api/studies'
import { api } from '../../api'

const PAGE_GROUPS = 100

/** What trains now and in which order the rest follows; fresh whenever the workbench says that it changed. */
export function useQueueOverview() {
  const overview = useQuery({ queryKey: ['queue', 'overview'], queryFn: () => api.queue.overview.query() })
  const studies = useQuery({ queryKey: ['studies'], queryFn: () => api.studies.list.query() })
  const progress = useQuery({ queryKey: ['progress'], queryFn: () => api.runs.progress.query() })

  /** Studies with open runs: first those that are trained, in that order, then those that somebody must resume. */
  const open = computed<readonly StudySummary[]>(() => {
    const order = [
      ...(overview.data.value?.order ?? []),
      ...(overview.data.value?.studies.map(({ name }) => name) ?? []),
    ]
    const place = ({ name }: StudySummary): number =>
      order.includes(name) ? order.indexOf(name) : order.length
    return (studies.data.value ?? [])
      .filter(({ state, archivedAt }) => archivedAt === null && isOpenState(state))
      .toSorted((a, b) => place(a) - place(b))
  })

  return {
    overview: overview.data,
    open,
    progress: computed<ReadonlyMap<string, RunProgress>>(
      () => new Map((progress.data.value ?? []).map((run) => [run.run, run])),
    ),
    isPending: computed(() => overview.isPending.value || studies.isPending.value),
    error: computed(() => overview.error.value ?? studies.error.value),
    refetch: () => Promise.all([overview.refetch(), studies.refetch()]),
  }
}

const isOpenState = (state: StudySummary['state']): boolean =>
  state === 'running' || state === 'waiting' || state === 'paused'

/** The groups that wait, page by page as they are scrolled. */
export function useUpcoming() {
  const pages = useInfiniteQuery({
    queryKey: ['queue', 'upcoming'],
    queryFn: ({ pageParam }) => api.queue.upcoming.query({ from: pageParam, count: PAGE_GROUPS }),
    initialPageParam: 0,
    getNextPageParam: (last, all) => {
      const read = all.reduce((sum, { groups }) => sum + groups.length, 0)
      return last.groups.length === 0 || read >= last.total ? undefined : read
    },
  })
  return {
    groups: computed<readonly QueuedGroup[]>(
      () => pages.data.value?.pages.flatMap(({ groups }) => groups) ?? [],
    ),
    total: computed(() => pages.data.value?.pages[0]?.total ?? 0),
    readOn: () => {
      if (pages.hasNextPage.value && !pages.isFetching.value) void pages.fetchNextPage()
    },
  }
}

/** The run that a group is called by. */
export const groupName = (group: QueuedGroup): string => group.runs[0]?.id ?? ''
