import { smallestDifference } from '../analysis/power'
import type { Plan } from '../study/study'
import type { ArmScore } from './earlier-runs'

/** The smallest true difference between two settings that a study of this many seeds would probably show. */
export interface SweepPower {
  readonly metric: 'accuracy' | 'loss'
  readonly seeds: number
  /** Standard deviation between seeds, in the metric's units. */
  readonly deviation: number
  /** `earlier-runs`: of arms of the same tasks and models in this workspace. `assumed`: there are none. */
  readonly from: 'earlier-runs' | 'assumed'
  /** Null below two seeds. */
  readonly smallest: number | null
}

/** Where nothing is known: seeds of one arm within about a point of accuracy, or a twentieth of a nat. */
const ASSUMED = { accuracy: 0.01, loss: 0.05 }

/** @param earlier of runs of the study's tasks and models */
export function sweepPower({ study }: Plan, earlier: readonly ArmScore[]): SweepPower {
  const { metric } = study.selection
  const known = deviationOf(earlier)
  const deviation = known ?? ASSUMED[metric]
  const seeds = study.seeds.length
  const from = known === null ? 'assumed' : 'earlier-runs'
  return { metric, seeds, deviation, from, smallest: smallestDifference(deviation, seeds) }
}

/** Standard deviation between the seeds of an arm, pooled over all arms with at least two; null where there is none. */
function deviationOf(earlier: readonly ArmScore[]): number | null {
  const arms = new Map<string, number[]>()
  for (const { arm, score } of earlier) {
    const scores = arms.get(arm)
    if (scores === undefined) arms.set(arm, [score])
    else scores.push(score)
  }
  let [squares, freedom] = [0, 0]
  for (const scores of arms.values()) {
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
    squares += scores.reduce((sum, score) => sum + (score - mean) ** 2, 0)
    freedom += scores.length - 1
  }
  return freedom === 0 || squares === 0 ? null : Math.sqrt(squares / freedom)
}
