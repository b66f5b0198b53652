import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'
import type { StreamEvent } from '../../../src-main/api/events'
import type { TimedCurve } from '../../../src-main/api/run'
import type { MetricName } from '../../../src-main/run'
import { api } from '../../api'
import { onEvent } from '../../live'
import { growCurves } from '../runs/grow-curves'

const POINTS_AT_MOST = 1_200
/** New points are drawn together this often; faster only costs frames. */
const DRAW_MS = 300
const RECENT_MS = 10_000

type PointsEvent = Extract<StreamEvent, { type: 'points' }>

export interface SeenRun {
  readonly id: string
  readonly study: string | undefined
}

/**
 * The curves of one run, downsampled by the store and kept current while it trains. A part of its steps that is looked at
 * closely is read again, at full sharpness.
 */
export function useRunCurves(
  run: ComputedRef<SeenRun>,
  metrics: ComputedRef<readonly MetricName[]>,
  between: ComputedRef<{ readonly firstStep: number; readonly lastStep: number } | null>,
) {
  const read = (part: { firstStep: number; lastStep: number } | undefined): Promise<TimedCurve[]> =>
    api.run.curves.query({
      ...run.value,
      metrics: [...metrics.value],
      maxPoints: POINTS_AT_MOST,
      between: part,
    })
  const whole = useQuery({
    queryKey: computed(() => ['run-curves', run.value, metrics.value]),
    queryFn: () => read(undefined),
    enabled: () => metrics.value.length > 0,
    staleTime: 0,
    gcTime: 0,
    placeholderData: (before, query) =>
      (query?.queryKey[1] as SeenRun | undefined)?.id === run.value.id ? before : undefined,
    shallow: true,
  })
  const part = useQuery({
    queryKey: computed(() => ['run-curves', run.value, metrics.value, between.value]),
    queryFn: () => read(between.value ?? undefined),
    enabled: () => metrics.value.length > 0 && between.value !== null,
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
    shallow: true,
  })

  const grown = shallowRef<readonly TimedCurve[]>([])
  /** Points that a reading under way may have missed: put again on whatever it brings. */
  let recent: PointsEvent[] = []
  let waiting: PointsEvent[] = []
  let timer: number | undefined
  watch(
    whole.data,
    (now) => {
      recent = recent.filter(({ at, run: of }) => of === run.value.id && at > Date.now() - RECENT_MS)
      grown.value = recent.reduce(grow, now ?? [])
    },
    { immediate: true },
  )
  onEvent((event) => {
    if (event.type !== 'points' || event.run !== run.value.id) return
    recent.push(event)
    waiting.push(event)
    timer ??= window.setTimeout(() => {
      timer = undefined
      grown.value = waiting.reduce(grow, grown.value)
      waiting = []
      recent = recent.filter(({ at }) => at > Date.now() - RECENT_MS)
      if (grown.value.some(({ steps }) => steps.length > 3 * POINTS_AT_MOST)) void whole.refetch()
    }, DRAW_MS)
  })
  onScopeDispose(() => window.clearTimeout(timer))

  const curves = computed(() => (between.value === null ? grown.value : (part.data.value ?? grown.value)))
  return { curves, isPending: whole.isPending, error: whole.error, refetch: whole.refetch }
}

const grow = (curves: readonly TimedCurve[], event: PointsEvent): readonly TimedCurve[] =>
  growCurves(curves, event.run, event.replaceAfter, event.deltas, event.at)
