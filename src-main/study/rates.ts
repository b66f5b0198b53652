/** A logarithmic grid of learning rates: steps of 10^(1/per_decade) upward from `from`; `to` is always the last. */
export interface RateGrid {
  readonly from: number
  readonly to: number
  readonly per_decade: number
}

/**
 * A learning rate as a study knows it: rounded to 3 significant digits, as the nearest double of that decimal, so that
 * 1e-5 from a grid is the 1e-5 of a list and both have the same key.
 */
export const roundRate = (rate: number): number => Number(rate.toPrecision(3))

/** The rates of a grid, ascending, without the double that rounding may make of the last step. */
export function expandGrid({ from, to, per_decade }: RateGrid): number[] {
  const first = Math.log10(from)
  const last = roundRate(to)
  const rates: number[] = []
  for (let step = 0; ; step++) {
    const rate = roundRate(10 ** (first + step / per_decade))
    if (rate >= last) break
    rates.push(rate)
  }
  return [...rates, last]
}

/** How rates are spread over their range: every factor as likely as every other, or every rate. */
export const RATE_SAMPLES = ['log-uniform', 'uniform'] as const
export type RateSample = (typeof RATE_SAMPLES)[number]

/** Learning rates drawn at random, so many between two. */
export interface RateDraw {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly sample: RateSample
  readonly seed: number
}

/** So often a rate that is there already is drawn again before a range is taken to hold no more. */
const MOST_REPEATS = 1000

/**
 * Rates drawn uniformly, on a log axis or on a plain one, each different, in the order drawn. The first n are the same whatever the count,
 * so that a larger count adds rates to those there are. Fewer than `count` where the range does not hold so many.
 */
export function drawRates({ from, to, count, sample, seed }: RateDraw): number[] {
  const [low, high] = [Math.log10(from), Math.log10(to)]
  const at = (share: number): number =>
    sample === 'uniform' ? from + share * (to - from) : 10 ** (low + share * (high - low))
  const rates = new Set<number>()
  for (let i = 0, repeats = 0; rates.size < count && repeats < MOST_REPEATS; i++) {
    const rate = roundRate(at(unit(seed, i)))
    repeats = rates.has(rate) ? repeats + 1 : 0
    rates.add(rate)
  }
  return [...rates]
}

/** The i-th number in (0, 1) of a seed: murmur3's mixing of the two. */
function unit(seed: number, i: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  for (const word of [i, i >>> 16]) {
    mixed = Math.imul(mixed ^ Math.imul(word + 1, 0xcc9e2d51), 0x1b873593)
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    mixed ^= mixed >>> 16
  }
  return ((mixed >>> 0) + 0.5) / 2 ** 32
}

/** What drawing does. */
export const SAY_SAMPLE: Readonly<Record<RateSample, string>> = {
  'log-uniform': 'log-uniformly',
  uniform: 'uniformly',
}

/** "8 rates drawn log-uniformly from 1e-5 to 1e-2 (seed 0)" */
export const sayDraw = ({ from, to, count, sample, seed }: RateDraw): string =>
  `${count} rates drawn ${SAY_SAMPLE[sample]} from ${formatRate(from)} to ${formatRate(to)} (seed ${seed})`

/** A rate as people write it: 3.16e-4, 1e-2, 0.5. Good for any other number of a study too. */
export function formatRate(rate: number): string {
  const size = Math.abs(rate)
  const plain = size === 0 || (size >= 0.1 && size < 1e4) || (Number.isInteger(rate) && size < 1e10)
  return plain ? String(rate) : rate.toExponential().replace('e+', 'e')
}
