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
  const ranks = drawnRanks(a.length, b.length)
  const drawnA = new Float64Array(a.length)
  const drawnB = new Float64Array(b.length)
  let at = 0
  const resampled = Array.from({ length: RESAMPLES }, () => {
    for (let i = 0; i < drawnA.length; i++) drawnA[i] = sortedA[ranks[at++] ?? 0] ?? 0
    for (let i = 0; i < drawnB.length; i++) drawnB[i] = sortedB[ranks[at++] ?? 0] ?? 0
    return violationRatio(drawnA, drawnB)
  })
  // Population variance, as the authors' code has it.
  const deviation = Math.sqrt((variance(resampled) * (RESAMPLES - 1)) / RESAMPLES)
  const epsilon = observed - deviation * normalQuantile(1 - level, 0, 1)
  return { epsilon: Math.min(1, Math.max(0, epsilon)), level, lowN: Math.min(a.length, b.length) < LOW_N }
}

/** Of the sizes drawn last: a comparison asks for the same few thousands of times. */
let drawn: { readonly key: string; readonly ranks: Uint32Array } | null = null

/**
 * The ranks that each resample takes of a's scores and then of b's, rising, so that it is in order without sorting. They
 * follow from the sizes alone.
 */
function drawnRanks(sizeA: number, sizeB: number): Uint32Array {
  const key = `${sizeA},${sizeB}`
  if (drawn?.key === key) return drawn.ranks
  const { int } = drawsFrom(SEED)
  const ranks = new Uint32Array(RESAMPLES * (sizeA + sizeB))
  let at = 0
  for (let resample = 0; resample < RESAMPLES; resample++) {
    for (const size of [sizeA, sizeB]) {
      for (let i = 0; i < size; i++) ranks[at + i] = int(size)
      ranks.subarray(at, at + size).sort()
      at += size
    }
  }
  drawn = { key, ranks }
  return ranks
}

const ascending = (values: readonly number[]): number[] => [...values].sort((x, y) => x - y)

/** Share of the squared Wasserstein distance where b's quantiles lie above a's; ½ where the samples are equal. */
export function violationRatio(a: ArrayLike<number>, b: ArrayLike<number>): number {
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
