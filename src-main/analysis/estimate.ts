import type { Estimate } from './conclusions'

/** Arithmetic mean of at least one value. */
export const mean = (values: readonly number[]): number => {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? NaN
  const lower = sorted[(sorted.length - 1) >> 1] ?? NaN
  return (lower + upper) / 2
}

/** Sample variance (ddof 1); NaN with fewer than two values. */
export function variance(values: readonly number[]): number {
  const centre = mean(values)
  let sum = 0
  for (const value of values) sum += (value - centre) ** 2
  return values.length < 2 ? NaN : sum / (values.length - 1)
}

/** Standard error of the mean (ddof 1); null with fewer than two values. */
export const standardError = (values: readonly number[]): number | null =>
  values.length < 2 ? null : Math.sqrt(variance(values) / values.length)

/** The estimate of some runs' scores; null when there are none. Sorted by run id, so that order changes nothing. */
export function estimate(
  scores: readonly { readonly run: string; readonly value: number }[],
): Estimate | null {
  if (scores.length === 0) return null
  const sorted = [...scores].sort((a, b) => (a.run < b.run ? -1 : 1))
  const values = sorted.map(({ value }) => value)
  return {
    mean: mean(values),
    median: median(values),
    sem: standardError(values),
    n: values.length,
    runs: sorted.map(({ run }) => run),
  }
}
