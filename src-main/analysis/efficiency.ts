import type { Cell, Group } from './conclusions'
import { median } from './estimate'
import { compareScores } from './selection'

/** A run's validation score at each evaluation, in the metric of the rule; steps rising. */
export interface ValidationCurve {
  readonly steps: ArrayLike<number>
  readonly values: ArrayLike<number>
  /** Seconds of training per step, where they were measured. */
  readonly secondsPerStep: number | null
}

/** When one seed first reached the target. */
export interface TimeToTarget {
  readonly run: string
  readonly seed: number
  /** First evaluated step that reaches it; null: not within `lastStep`, which is all that is known of this seed. */
  readonly step: number | null
  readonly seconds: number | null
  /** Floating-point operations of the training up to there; null: not reached, or not available. */
  readonly flops: number | null
  readonly lastStep: number
}

/** How soon a setting, at its chosen rate, reaches the target (the paper's Table 2). */
export interface Efficiency {
  readonly setting: string
  readonly rate: number
  readonly seeds: readonly TimeToTarget[]
  /** Middle seed, those that never reached it counted as later than all others; null where that is the middle one. */
  readonly median: {
    readonly step: number
    readonly seconds: number | null
    readonly flops: number | null
  } | null
  /** Earliest and latest step among the seeds that reached it. */
  readonly range: { readonly from: number; readonly to: number } | null
  readonly reached: number
}

/** Compute efficiency within one group. */
export interface EfficiencyTable {
  readonly reference: string
  /** The reference setting's mean best validation score at its chosen rate. */
  readonly target: number
  readonly runs: readonly string[]
  /** Steps between evaluations: no step is known more finely than that. Null: not known of imported runs. */
  readonly resolution: number | null
  readonly settings: readonly Efficiency[]
}

/**
 * For each setting at its chosen rate, when its seeds reach the reference setting's best score. Null when the
 * reference has no choice. Settings without a choice, and seeds without a curve, are left out.
 * @param curveOf a run's validation curve, or null where none was logged
 * @param reference the paper's is frozen pretrained
 */
export function computeEfficiency(
  group: Group,
  metric: 'accuracy' | 'loss',
  resolution: number | null,
  curveOf: (run: string) => ValidationCurve | null,
  reference: string = referenceOf(group),
): EfficiencyTable | null {
  const best = group.cells.find(({ setting }) => setting === reference)?.choice?.validation
  if (!best) return null
  return {
    reference,
    target: best.mean,
    runs: best.runs,
    resolution,
    settings: group.cells.flatMap((cell) => efficiencyOf(cell, metric, best.mean, curveOf) ?? []),
  }
}

const referenceOf = ({ cells }: Group): string =>
  (cells.find(({ setting }) => setting === 'frozen-pretrained') ?? cells[0])?.setting ?? ''

function efficiencyOf(
  { setting, arms, choice }: Cell,
  metric: 'accuracy' | 'loss',
  target: number,
  curveOf: (run: string) => ValidationCurve | null,
): Efficiency | null {
  const arm = arms.find(({ rate }) => rate === choice?.rate)
  if (!arm) return null
  const seeds = arm.seeds.flatMap(({ run, seed, steps, stepFlops }): TimeToTarget[] => {
    const curve = curveOf(run)
    if (!curve || curve.steps.length === 0) return []
    const step = firstReaching(curve, metric, target)
    const seconds = step === null || curve.secondsPerStep === null ? null : step * curve.secondsPerStep
    const flops = step === null || stepFlops === null ? null : step * stepFlops
    return [{ run, seed, step, seconds, flops, lastStep: steps }]
  })
  if (seeds.length === 0) return null
  const reached = seeds.flatMap(({ step }) => step ?? [])
  const middle = median(seeds.map(({ step }) => step ?? Infinity))
  const middleOf = (value: (seed: TimeToTarget) => number | null): number | null => {
    const found = median(seeds.map((seed) => value(seed) ?? Infinity))
    return Number.isFinite(found) ? found : null
  }
  return {
    setting,
    rate: arm.rate,
    seeds,
    median: Number.isFinite(middle)
      ? { step: middle, seconds: middleOf(({ seconds }) => seconds), flops: middleOf(({ flops }) => flops) }
      : null,
    range: reached.length === 0 ? null : { from: Math.min(...reached), to: Math.max(...reached) },
    reached: reached.length,
  }
}

function firstReaching(
  { steps, values }: ValidationCurve,
  metric: 'accuracy' | 'loss',
  target: number,
): number | null {
  for (let i = 0; i < steps.length; i++) {
    const value = values[i]
    if (value !== undefined && Number.isFinite(value) && compareScores(metric, value, target) <= 0)
      return steps[i] ?? null
  }
  return null
}
