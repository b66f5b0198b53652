import type { Arm, Cell } from './conclusions'
import { mean } from './estimate'
import { compareScores } from './selection'

/** How much a setting's score hangs on the learning rate. */
export interface Sensitivity {
  readonly setting: string
  readonly runs: readonly string[]
  /** Decades of rates around the best whose score is within one SEM of the best arm's; null where that has none. */
  readonly decadesWithinSem: number | null
  /** The same within `tolerance` of the best score. */
  readonly decadesWithinTolerance: number
  readonly tolerance: number
  /**
   * Wortsman et al. 2023: mean over the grid of min(loss, loss at the start) − best loss, on validation. Diverged
   * rates count as the loss at the start. Null where it does not apply, for the reason beside it.
   */
  readonly wortsman: number | null
  readonly noWortsman: string | null
}

/**
 * @param tolerance in the metric's units; 0.01 is one point of accuracy
 * @param startLoss validation loss before training: of guessing, ln(classes), where it was not measured
 * @param lossOf an arm's mean validation loss over its seeds, or null where it has none
 */
export function learningRateSensitivity(
  cell: Cell,
  metric: 'accuracy' | 'loss',
  tolerance: number,
  startLoss: number | null,
  lossOf: (arm: Arm) => number | null,
): Sensitivity | null {
  const { arms, choice, setting } = cell
  if (!choice) return null
  const best = arms.find(({ rate }) => rate === choice.rate)
  if (!best || best.score === null) return null
  const sem = choice.validation.sem
  return {
    setting,
    runs: arms.flatMap(({ validation }) => validation?.runs ?? []),
    decadesWithinSem: sem === null ? null : plateau(arms, best, best.score, metric, sem),
    decadesWithinTolerance: plateau(arms, best, best.score, metric, tolerance),
    tolerance,
    ...wortsman(arms, startLoss, lossOf),
  }
}

/** Decades between the outermost rates that are joined to the best one by rates no worse than `slack` below it. */
function plateau(
  arms: readonly Arm[],
  best: Arm,
  score: number,
  metric: 'accuracy' | 'loss',
  slack: number,
): number {
  const place = arms.indexOf(best)
  const near = ({ score: other }: Arm): boolean =>
    other !== null &&
    (compareScores(metric, other, score) <= 0 || Math.abs(other - score) <= slack * (1 + 1e-12))
  const walk = (step: 1 | -1): number => {
    let at = place
    for (let next = arms[at + step]; next && near(next); next = arms[at + step]) at += step
    return arms[at]?.rate ?? best.rate
  }
  return Math.log10(walk(1) / walk(-1))
}

/** The mean over the grid is one over log-rate only where the grid is log-uniform. */
function wortsman(
  arms: readonly Arm[],
  startLoss: number | null,
  lossOf: (arm: Arm) => number | null,
): Pick<Sensitivity, 'wortsman' | 'noWortsman'> {
  const none = (noWortsman: string) => ({ wortsman: null, noWortsman })
  if (startLoss === null) return none('the loss at the start is not known')
  if (arms.length < 2) return none('it needs at least two learning rates')
  if (!isLogUniform(arms.map(({ rate }) => rate)))
    return none('the learning rates are not evenly spaced in the logarithm')
  const losses = arms.map((arm) => (arm.counts.diverged > 0 ? startLoss : lossOf(arm)))
  const known = losses.flatMap((loss) => (loss === null ? [] : Math.min(loss, startLoss)))
  if (known.length < arms.length) return none('an arm has no validation loss')
  return { wortsman: mean(known) - Math.min(...known), noWortsman: null }
}

/** Steps equal to 5 %, which forgives rates rounded to a few digits (3.16e-4). */
function isLogUniform(rates: readonly number[]): boolean {
  const steps = rates.slice(1).map((rate, i) => Math.log10(rate / (rates[i] ?? rate)))
  return Math.max(...steps) - Math.min(...steps) <= 0.05 * Math.max(...steps)
}
