import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import { variance } from './estimate'
import { drawsFrom } from './random'

/** Fewest scores a side for which the test is made, and fewest for which it is not called low n. */
export const MIN_ORDER_SCORES = 5
const LOW_N = 20
const RESAMPLES = 1000
const SEED = 20_210_712

export interface StochasticOrder {
  /** Upper confidence bound of the violation of "a is almost stochastically greater than b"; below 0.5 a is better, 0.2 is advised. */
  readonly epsilon: number
  readonly level: number
  readonly lowN: boolean
}

/**
 * Almost stochastic order of a over b (del Barrio et al. 2018; Dror et al. 2019), higher scores being better; null with
 * fewer than five scores on a side.
 */
export function stochasticOrder(
  a: readonly number[],
  b: readonly number[],
  level = 0.95,
): StochasticOrder | null {
  if (Math.min(a.length, b.length) < MIN_ORDER_SCORES) return null
  const [sortedA, sortedB] = [ascending(a), ascending(b)]
  const observed = violationRatio(sortedA, sortedB)
  const { int } = drawsFrom(SEED)
  // Scores are drawn by their rank and counted, so that a resample is in order without sorting.
  const resample = (sorted: readonly number[]): number[] => {
    const counts = new Uint32Array(sorted.length)
    for (let i = 0; i < sorted.length; i++) {
      const rank = int(sorted.length)
      counts[rank] = (counts[rank] ?? 0) + 1
    }
    return sorted.flatMap((score, rank) => Array<number>(counts[rank] ?? 0).fill(score))
  }
  const resampled = Array.from({ length: RESAMPLES }, () =>
    violationRatio(resample(sortedA), resample(sortedB)),
  )
  // Population variance, as the authors' code has it.
  const deviation = Math.sqrt((variance(resampled) * (RESAMPLES - 1)) / RESAMPLES)
  const epsilon = observed - deviation * normalQuantile(1 - level, 0, 1)
  return { epsilon: Math.min(1, Math.max(0, epsilon)), level, lowN: Math.min(a.length, b.length) < LOW_N }
}

const ascending = (values: readonly number[]): number[] => [...values].sort((x, y) => x - y)

/** Share of the squared Wasserstein distance where b's quantiles lie above a's; ½ where the samples are equal. */
export function violationRatio(a: readonly number[], b: readonly number[]): number {
  let violation = 0
  let distance = 0
  // Both quantile functions are steps: between two consecutive jumps the difference is constant.
  for (let i = 0, j = 0, at = 0; i < a.length && j < b.length;) {
    const endA = (i + 1) / a.length
    const endB = (j + 1) / b.length
    const end = Math.min(endA, endB)
    const difference = (b[j] ?? 0) - (a[i] ?? 0)
    distance += difference ** 2 * (end - at)
    if (difference > 0) violation += difference ** 2 * (end - at)
    at = end
    if (endA <= end + 1e-12) i++
    if (endB <= end + 1e-12) j++
  }
  return distance === 0 ? 0.5 : violation / distance
}
