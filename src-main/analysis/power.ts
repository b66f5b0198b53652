import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import type { Difference } from './conclusions'

/** Chance of finding a true difference that the sizes below are made for, and the level of the interval. */
const POWER = 0.8
const LEVEL = 0.95
const SEARCH_LIMIT = 10_000

/** Half width in standard errors that a true difference needs to be found with `POWER`, at these degrees of freedom. */
function reach(df: number): number {
  let width = reaches.get(df)
  if (width === undefined) reaches.set(df, (width = tQuantile((1 + LEVEL) / 2, df) + tQuantile(POWER, df)))
  return width
}

/** By degrees of freedom, which are whole here and at most twice `SEARCH_LIMIT`: quantiles are slow, and asked for again and again. */
const reaches = new Map<number, number>()

/**
 * The smallest true difference that two arms of n seeds each would show with 80 % power in a 95 % t interval, both
 * having the given standard deviation between seeds (the usual central-t approximation). Null below two seeds.
 */
export function smallestDifference(deviation: number, n: number): number | null {
  return n < 2 ? null : reach(2 * (n - 1)) * deviation * Math.sqrt(2 / n)
}

/** The same for n pairs of seeds whose differences have the given standard deviation. */
export function smallestPairedDifference(deviation: number, n: number): number | null {
  return n < 2 ? null : (reach(n - 1) * deviation) / Math.sqrt(n)
}

/**
 * Seeds an arm that would show a true difference of this size with 80 % power, the spread staying as observed.
 * Null when there is no spread to go by, no difference, or more than 10,000 would be needed.
 */
export function seedsToShow({
  mean,
  interval,
  n,
}: Pick<Difference, 'mean' | 'interval' | 'n'>): number | null {
  if (!interval || mean === 0) return null
  const error = (interval.high - interval.low) / 2 / tQuantile((1 + interval.level) / 2, interval.df)
  // Of the two arms together: the variance of one more seed's difference.
  const variance =
    interval.method === 'paired-t' ? error ** 2 * n.a : (error ** 2 * 2 * n.a * n.b) / (n.a + n.b)
  for (let seeds = 2; seeds <= SEARCH_LIMIT; seeds = Math.max(seeds + 1, Math.floor(seeds * 1.01))) {
    const df = interval.method === 'paired-t' ? seeds - 1 : 2 * (seeds - 1)
    if (reach(df) * Math.sqrt(variance / seeds) <= Math.abs(mean)) return seeds
  }
  return null
}
