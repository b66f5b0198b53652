import type { Curve } from '../../../src-main/api/runs'
import type { PointsDelta } from '../../../src-main/queue/events'

/** The curves with a run's new points at their ends; points that are there already are not doubled. */
export function growCurves(
  curves: readonly Curve[],
  run: string,
  replaceAfter: number | null,
  deltas: readonly PointsDelta[],
): readonly Curve[] {
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
    return { ...curve, steps, values }
  })
}

/** How many of the rising steps are at most `limit`. */
function countUpTo(steps: readonly number[], limit: number): number {
  const after = steps.findIndex((step) => step > limit)
  return after === -1 ? steps.length : after
}
