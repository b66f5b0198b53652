import { useQuery } from '@tanstack/vue-query'
import { computed, shallowRef, watch } from 'vue'
import type { ComputedRef } from 'vue'
import type { StreamEvent } from '../../../src-main/api/events'
import type { Curve } from '../../../src-main/api/runs'
import type { MetricName } from '../../../src-main/run'
import { api } from '../../api'
import { onEvent } from '../../live'
import { growCurves } from './grow-curves'

const POINTS_AT_MOST = 800
/** New points are drawn together this often; faster only costs frames. */
const DRAW_MS = 250
const RECENT_MS = 10_000

type PointsEvent = Extract<StreamEvent, { type: 'points' }>

/**
 * The curves of some runs, kept current: read once (downsampled by the store), then grown by the points that the
 * workbench announces. A run that goes on from a checkpoint loses what came after it first.
 */
export function useLiveCurves(runs: ComputedRef<readonly string[]>, metrics: readonly MetricName[]) {
  const wanted = computed(() => [...runs.value].sort())
  const query = useQuery({
    queryKey: computed(() => ['curves', wanted.value]),
    queryFn: () =>
      api.runs.curves.query({ ids: wanted.value, metrics: [...metrics], maxPoints: POINTS_AT_MOST }),
    enabled: () => wanted.value.length > 0,
    staleTime: 0,
    gcTime: 0,
    placeholderData: (before) => before,
    shallow: true,
  })

  const curves = shallowRef<readonly Curve[]>([])
  /** Points that a reading under way may have missed: put again on whatever it brings. */
  let recent: PointsEvent[] = []
  watch(
    query.data,
    (read) => {
      recent = recent.filter(({ at }) => at > Date.now() - RECENT_MS)
      curves.value = recent.reduce(grow, read ?? [])
    },
    { immediate: true },
  )

  let waiting: PointsEvent[] = []
  onEvent((event) => {
    if (event.type !== 'points' || !wanted.value.includes(event.run)) return
    recent.push(event)
    waiting.push(event)
    if (waiting.length > 1) return
    window.setTimeout(() => {
      curves.value = waiting.reduce(grow, curves.value)
      waiting = []
      recent = recent.filter(({ at }) => at > Date.now() - RECENT_MS)
      if (curves.value.some(({ steps }) => steps.length > 4 * POINTS_AT_MOST)) void query.refetch()
    }, DRAW_MS)
  })

  return { curves, isPending: query.isPending, error: query.error, refetch: query.refetch }
}

const grow = (curves: readonly Curve[], event: PointsEvent): readonly Curve[] =>
  growCurves(curves, event.run, event.replaceAfter, event.deltas)
