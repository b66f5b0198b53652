import normalCdf from '@stdlib/stats-base-dists-normal-cdf'
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import { mean } from './estimate'
import { drawsFrom } from './random'

/** Pairs from which a sign-flip test can reach p < 0.05 (two-sided, 2/2ⁿ). */
export const MIN_PERMUTATION_PAIRS = 6
/** Below this, a bootstrap sees too few different resamples to be trusted. */
export const MIN_BOOTSTRAP_PAIRS = 8
/** All sign flips up to this many are enumerated, more are drawn. */
const MAX_ENUMERATED = 2 ** 17
const DRAWN = 100_000
const SEED = 20_210_712

export interface PermutationTest {
  /** Two-sided; null below `MIN_PERMUTATION_PAIRS`. */
  readonly p: number | null
  /** 2/2ⁿ, whatever the data. */
  readonly smallestP: number
  readonly pairs: number
  readonly exact: boolean
}

/** Two-sided sign-flip test of the mean of paired differences: exact up to 17 pairs, else by 100,000 seeded draws. */
export function signFlipTest(differences: readonly number[]): PermutationTest {
  const pairs = differences.length
  const smallestP = Math.min(1, 2 / 2 ** pairs)
  const exact = 2 ** pairs <= MAX_ENUMERATED
  if (pairs < MIN_PERMUTATION_PAIRS) return { p: null, smallestP, pairs, exact }
  const total = differences.reduce((sum, value) => sum + value, 0)
  const magnitude = differences.reduce((sum, value) => sum + Math.abs(value), 0)
  // Sums that are equal but for rounding count as equal.
  const threshold = Math.abs(total) - 1e-12 * magnitude
  const flippedSum = (isFlipped: (i: number) => boolean): number =>
    differences.reduce((sum, value, i) => sum + (isFlipped(i) ? -value : value), 0)
  if (exact) {
    let extreme = 0
    for (let signs = 0; signs < 2 ** pairs; signs++) {
      if (Math.abs(flippedSum((i) => ((signs >> i) & 1) === 1)) >= threshold) extreme++
    }
    return { p: extreme / 2 ** pairs, smallestP, pairs, exact }
  }
  const { int } = drawsFrom(SEED)
  let extreme = 1
  for (let draw = 0; draw < DRAWN; draw++)
    if (Math.abs(flippedSum(() => int(2) === 1)) >= threshold) extreme++
  return { p: extreme / (DRAWN + 1), smallestP, pairs, exact }
}

export interface BootstrapInterval {
  readonly low: number
  readonly high: number
  readonly level: number
  readonly pairs: number
}

/** BCa bootstrap interval (10,000 seeded resamples) of the mean of paired differences; null below `MIN_BOOTSTRAP_PAIRS`. */
export function bootstrapInterval(differences: readonly number[], level = 0.95): BootstrapInterval | null {
  const pairs = differences.length
  if (pairs < MIN_BOOTSTRAP_PAIRS) return null
  const observed = mean(differences)
  if (differences.every((value) => value === differences[0]))
    return { low: observed, high: observed, level, pairs }

  const { int } = drawsFrom(SEED)
  const resampled = Float64Array.from({ length: 10_000 }, () => {
    let sum = 0
    for (let i = 0; i < pairs; i++) sum += differences[int(pairs)] ?? 0
    return sum / pairs
  }).sort()

  // Bias: where the observed mean lies among the resampled ones, ties counted half.
  let below = 0
  for (const value of resampled) below += value < observed ? 1 : value === observed ? 0.5 : 0
  const bias = normalQuantile(below / resampled.length, 0, 1)
  // Acceleration: skewness of the leave-one-out means.
  const total = observed * pairs
  const jackknife = differences.map((value) => (total - value) / (pairs - 1))
  const centre = mean(jackknife)
  const cubes = jackknife.reduce((sum, value) => sum + (centre - value) ** 3, 0)
  const squares = jackknife.reduce((sum, value) => sum + (centre - value) ** 2, 0)
  const acceleration = cubes / (6 * squares ** 1.5)

  const end = (probability: number): number => {
    const z = bias + normalQuantile(probability, 0, 1)
    return quantile(resampled, normalCdf(bias + z / (1 - acceleration * z), 0, 1))
  }
  return { low: end((1 - level) / 2), high: end((1 + level) / 2), level, pairs }
}

/** Linear interpolation between order statistics. */
function quantile(sorted: Float64Array, probability: number): number {
  const at = probability * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)] ?? NaN, sorted[Math.ceil(at)] ?? NaN]
  return low + (at - Math.floor(at)) * (high - low)
}
