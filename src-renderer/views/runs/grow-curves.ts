import type { Curve } from '../../../src-main/api/runs'
import type { PointsDelta } from '../../../src-main/queue/events'

/**
 * The curves with a run's new points at their ends; points that are there already are not doubled.
 * @param at when the points were heard of: those of a curve with times are spread evenly up to it
 */
export function growCurves<Grown extends Curve & { readonly times?: readonly number[] }>(
  curves: readonly Grown[],
  run: string,
  replaceAfter: number | null,
  deltas: readonly PointsDelta[],
  at = Date.now(),
): readonly Grown[] {
  return curves.map((curve) => {
    if (curve.run !== run) return curve
    const kept = replaceAfter === null ? curve.steps.length : countUpTo(curve.steps, replaceAfter)
    const steps = curve.steps.slice(0, kept)
    const values = curve.values.slice(0, kept)
    for (const delta of deltas) {
      if (delta.metric !== curve.metric) continue
      const last = steps.at(-1) ?? -1
      delta.steps.forEach((step, i) => {
        if (step <= last) return
        steps.push(step)
        values.push(delta.values[i] ?? null)
      })
    }
    if (curve.times === undefined) return { ...curve, steps, values }
    return { ...curve, steps, values, times: stretched(curve.times.slice(0, kept), steps.length, at) }
  })
}

/** Times up to `at` for the points that have none yet. */
function stretched(times: readonly number[], length: number, at: number): number[] {
  const missing = length - times.length
  const from = Math.min(times.at(-1) ?? at, at)
  return [...times, ...Array.from({ length: missing }, (_, i) => from + ((at - from) * (i + 1)) / missing)]
}

/** How many of the rising steps are at most `limit`. */
function countUpTo(steps: readonly number[], limit: number): number {
  const after = steps.findIndex((step) => step > limit)
  return after === -1 ? steps.length : after
}
