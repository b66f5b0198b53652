import type { Series } from '../run'

/** Fewer cannot hold a first point, a last point and between them a lowest, a highest and a NaN. */
export const FEWEST_POINTS = 5

/**
 * At most `maxPoints` points that draw the same picture: the first and the last, and of each bucket of neighbours between
 * them the lowest and the highest. Where the series holds NaN, each bucket keeps its first NaN too.
 */
export function downsample(series: Series, maxPoints: number): Series {
  if (!(maxPoints >= FEWEST_POINTS)) {
    throw new RangeError(`maxPoints is ${maxPoints}, expected at least ${FEWEST_POINTS}`)
  }
  const { steps, values, times } = series
  const count = steps.length
  if (count <= maxPoints) return series

  const perBucket = values.some(Number.isNaN) ? 3 : 2
  const inner = count - 2
  const buckets = Math.floor((maxPoints - 2) / perBucket)
  const kept: number[] = [0]
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = 1 + Math.floor((bucket * inner) / buckets)
    const to = 1 + Math.floor(((bucket + 1) * inner) / buckets)
    kept.push(...extremes(values, from, to))
  }
  kept.push(count - 1)
  return {
    steps: Uint32Array.from(kept, (at) => steps[at]!),
    values: Float64Array.from(kept, (at) => values[at]!),
    times: Float64Array.from(kept, (at) => times[at]!),
  }
}

/** Where in [from, to) the first lowest, first highest and first NaN value are; rising, each once. */
function extremes(values: Float64Array, from: number, to: number): number[] {
  let lowest = -1
  let highest = -1
  let nan = -1
  for (let i = from; i < to; i++) {
    const value = values[i]!
    if (Number.isNaN(value)) {
      if (nan < 0) nan = i
      continue
    }
    if (lowest < 0 || value < values[lowest]!) lowest = i
    if (highest < 0 || value > values[highest]!) highest = i
  }
  return [...new Set([lowest, highest, nan])].filter((at) => at >= 0).sort((a, b) => a - b)
}
