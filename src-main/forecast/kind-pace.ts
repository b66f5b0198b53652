import type { TrainingWay } from '../run'
import type { SetupRuns } from '../store/store'
import { earlierStepSeconds } from './earlier-runs'
import type { GroupKind } from './group-kind'
import { countedBytes, countedPace } from './operations'
import type { GroupPace } from './pace'

/** Where a time comes from, best first; `scaled`: from a group that was measured, by how many more operations it is. */
export type PaceSource = 'earlier-runs' | 'probe' | 'scaled' | 'operations'

/** What is known about speed. */
export interface Paces {
  readonly history: readonly SetupRuns[]
  /** What was measured of such a group or of one like it, as probe or from the log of a run underway. */
  readonly measured: (kind: GroupKind) => { readonly pace: GroupPace; readonly from: PaceSource } | null
  /** Speed of large products, for what was not measured; null: not counted. */
  readonly gflops: number | null
}

/** What is known of a kind of group. */
export interface KnownPace {
  /** While all workers of its way are at work, each group's share of the time; null: not known. */
  readonly pace: GroupPace | null
  readonly from: PaceSource | null
  readonly startSeconds: number
  readonly bytes: number
  /** The worker's memory was read while it was at its work. */
  readonly isMeasured: boolean
}

export function knownOf(
  kind: GroupKind,
  { workers }: TrainingWay,
  { history, measured, gflops }: Paces,
): KnownPace {
  const { cell, config, slots } = kind
  const found = measured(kind)
  const peakBytes = found?.pace.peakBytes ?? null
  const about = {
    startSeconds: found?.pace.startSeconds ?? 0,
    bytes: peakBytes ?? countedBytes(cell, config, slots),
    isMeasured: peakBytes !== null,
  }
  const earlier = earlierStepSeconds(config, slots, history)
  // Logged times are those of one worker of several, and hold the evaluations.
  if (earlier !== null) {
    const pace = { stepSeconds: earlier / workers, scoreSeconds: 0, startSeconds: 0, peakBytes }
    return { ...about, pace, from: 'earlier-runs' }
  }
  if (found !== null) {
    const { pace, from } = found
    const shared = from === 'earlier-runs' ? workers : 1
    const { stepSeconds, scoreSeconds } = pace
    return {
      ...about,
      pace: { ...pace, stepSeconds: stepSeconds / shared, scoreSeconds: scoreSeconds / shared },
      from,
    }
  }
  if (gflops === null) return { ...about, pace: null, from: null }
  return { ...about, pace: countedPace(cell, config, slots, gflops), from: 'operations' }
}
