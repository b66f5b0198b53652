import type { Group } from './conclusions'
import { chosenArm } from './contrasts'
import type { ValidationCurve } from './efficiency'
import { mean, standardError } from './estimate'

/** One seed's validation scores; values that are not finite are null. */
export interface SeedCurve {
  readonly run: string
  readonly seed: number
  readonly steps: readonly number[]
  readonly values: readonly (number | null)[]
}

/** A setting at its chosen rate, over training. */
export interface ChosenCurve {
  readonly setting: string
  /** Index of the setting in its study. */
  readonly place: number
  readonly rate: number
  readonly seeds: readonly SeedCurve[]
  /**
   * Mean and standard error at the steps that every seed evaluated: where one has stopped early, a mean over the
   * others would jump without anything having been learned.
   */
  readonly points: readonly { readonly step: number; readonly mean: number; readonly sem: number | null }[]
}

/** Validation curves of each setting at its chosen rate; settings without a choice or without curves are left out. */
export function chosenCurves(
  group: Pick<Group, 'cells'>,
  curveOf: (run: string) => ValidationCurve | null,
): ChosenCurve[] {
  return group.cells.flatMap((cell, place) => {
    const arm = chosenArm(cell)
    if (!arm) return []
    const seeds = arm.seeds.flatMap(({ run, seed }): SeedCurve[] => {
      const curve = curveOf(run)
      if (!curve || curve.steps.length === 0) return []
      const values = Array.from(curve.values, (value) => (Number.isFinite(value) ? value : null))
      return [{ run, seed, steps: Array.from(curve.steps), values }]
    })
    return seeds.length === 0
      ? []
      : [{ setting: cell.setting, place, rate: arm.rate, seeds, points: commonPoints(seeds) }]
  })
}

function commonPoints(seeds: readonly SeedCurve[]): ChosenCurve['points'] {
  const values = new Map<number, number[]>()
  for (const curve of seeds) {
    curve.steps.forEach((step, i) => {
      const value = curve.values[i] ?? null
      if (value === null) return
      const there = values.get(step)
      if (there) there.push(value)
      else values.set(step, [value])
    })
  }
  return [...values]
    .filter(([, at]) => at.length === seeds.length)
    .sort(([a], [b]) => a - b)
    .map(([step, at]) => ({ step, mean: mean(at), sem: standardError(at) }))
}
