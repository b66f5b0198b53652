import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import type { Interval } from './conclusions'
import { mean, variance } from './estimate'

/** A difference of two means with its interval, or the reason why it has none. */
export interface MeanDifference {
  readonly mean: number
  readonly interval: Interval | null
  readonly noInterval: string | null
}

const LEVEL = 0.95

/**
 * Mean of a minus mean of b with Welch's t interval (unequal variances, Welch–Satterthwaite degrees of freedom).
 * @param a at least one value
 * @param b at least one value
 */
export function welchDifference(a: readonly number[], b: readonly number[], level = LEVEL): MeanDifference {
  const difference = mean(a) - mean(b)
  if (a.length < 2 || b.length < 2) return without(difference, 'one seed shows no spread')
  const partA = variance(a) / a.length
  const partB = variance(b) / b.length
  const error = Math.sqrt(partA + partB)
  if (error === 0) return without(difference, 'the seeds do not differ, so there is no spread to judge by')
  // As shares, so that squares of tiny variances do not vanish.
  const [shareA, shareB] = [partA / (partA + partB), partB / (partA + partB)]
  const df = 1 / (shareA ** 2 / (a.length - 1) + shareB ** 2 / (b.length - 1))
  return within(difference, error, df, level, 'welch-t')
}

/** What is left of several values when only a table of them is known. */
interface MeanSummary {
  readonly mean: number
  /** Standard error of the mean; null: not known. */
  readonly sem: number | null
  readonly n: number | null
}

/** Welch's interval from means, standard errors and numbers of seeds alone. */
export function welchOfSummaries(a: MeanSummary, b: MeanSummary, level = LEVEL): MeanDifference {
  const difference = a.mean - b.mean
  if (a.sem === null || b.sem === null) return without(difference, 'a standard error is not known')
  if (a.n === null || b.n === null) return without(difference, 'a number of seeds is not known')
  if (a.n < 2 || b.n < 2) return without(difference, 'one seed shows no spread')
  const [partA, partB] = [a.sem ** 2, b.sem ** 2]
  const error = Math.sqrt(partA + partB)
  if (error === 0) return without(difference, 'no spread is reported, so there is none to judge by')
  const df = (partA + partB) ** 2 / (partA ** 2 / (a.n - 1) + partB ** 2 / (b.n - 1))
  return within(difference, error, df, level, 'welch-t')
}

/** Mean of a[i] − b[i] with the t interval of the differences. a and b hold the same seeds in the same order. */
export function pairedDifference(a: readonly number[], b: readonly number[], level = LEVEL): MeanDifference {
  const differences = a.map((value, i) => value - (b[i] ?? NaN))
  const difference = mean(differences)
  if (differences.length < 2) return without(difference, 'one seed shows no spread')
  if (!hasSpread(differences, Math.max(...[...a, ...b].map(Math.abs))))
    return without(difference, 'all pairs differ by the same amount, so there is no spread to judge by')
  const error = Math.sqrt(variance(differences) / differences.length)
  return within(difference, error, differences.length - 1, level, 'paired-t')
}

/** Whether differences of values of this size differ among themselves by more than their rounding. */
export const hasSpread = (differences: readonly number[], size: number): boolean =>
  Math.max(...differences) - Math.min(...differences) > 1e-12 * size

function within(
  difference: number,
  error: number,
  df: number,
  level: number,
  method: Interval['method'],
): MeanDifference {
  const reach = tQuantile((1 + level) / 2, df) * error
  return {
    mean: difference,
    interval: { low: difference - reach, high: difference + reach, level, method, df },
    noInterval: null,
  }
}

const without = (difference: number, noInterval: string): MeanDifference => ({
  mean: difference,
  interval: null,
  noInterval,
})
