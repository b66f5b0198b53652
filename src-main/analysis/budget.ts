import type { Arm, Cell, Comparison, Group } from './conclusions'
import { compareScores } from './selection'
import { bestOfWeights } from './subsets'

/** What a setting may expect of a search of a given size. */
export interface BudgetPoint {
  /** Learning rates tried. */
  readonly rates: number
  /** rates × seeds. */
  readonly runs: number
  /** Expected best validation score (mean or median over seeds, by the rule). */
  readonly validation: number
  /** Expected test mean of the arm so chosen; null while sealed, or where an arm has no test score. */
  readonly test: number | null
}

export interface BudgetCurve {
  readonly setting: string
  /** Rates drawn from: the arms with a score, and the diverged ones at the score of guessing. */
  readonly of: number
  readonly points: readonly BudgetPoint[]
  readonly runs: readonly string[]
}

/** From this many rates on, another setting is the better one to expect. */
export interface BudgetCrossing {
  readonly rates: number
  readonly from: string
  readonly to: string
}

export interface BudgetCurves {
  readonly curves: readonly BudgetCurve[]
  /** Where the leading curve changes. */
  readonly crossings: readonly BudgetCrossing[]
  /** Settings without a curve, and why. */
  readonly left: readonly { readonly setting: string; readonly reason: string }[]
}

/**
 * Expected best validation score against the number of learning rates tried, each setting's rates drawn uniformly
 * from its own grid without replacement; nothing beyond the grid.
 */
export function budgetCurves(
  group: Group,
  { selection, testSealed }: Pick<Comparison, 'selection' | 'testSealed'>,
): BudgetCurves {
  const results = group.cells.map((cell) => budgetCurve(cell, group.chance, selection, testSealed))
  const curves = results.filter((result): result is BudgetCurve => 'points' in result)
  return {
    curves,
    crossings: findCrossings(curves, selection.metric),
    left: results.filter((result): result is { setting: string; reason: string } => 'reason' in result),
  }
}

function budgetCurve(
  { setting, arms }: Cell,
  chance: number | null,
  { metric, tie, seeds }: Comparison['selection'],
  testSealed: boolean,
): BudgetCurve | { setting: string; reason: string } {
  const diverged = arms.filter(({ ineligible }) => ineligible === 'diverged')
  if (diverged.length > 0 && chance === null) {
    return { setting, reason: 'a rate diverged and the score of guessing is not known' }
  }
  const tried = arms.flatMap((arm) => {
    const outcome = outcomeOf(arm, chance, seeds)
    return outcome ? [{ ...outcome, rate: arm.rate }] : []
  })
  if (tried.length === 0) return { setting, reason: 'no rate has a score' }
  const later = tie === 'lowest-rate' ? 1 : -1
  const worstFirst = tried.sort(
    (a, b) => compareScores(metric, b.validation, a.validation) || later * (b.rate - a.rate),
  )
  const tested = !testSealed && worstFirst.every(({ test }) => test !== null)
  const seedCount = Math.max(...arms.map(({ planned }) => planned))
  return {
    setting,
    of: tried.length,
    points: worstFirst.map((_, i) => {
      const weights = bestOfWeights(worstFirst.length, i + 1)
      const expect = (value: (outcome: (typeof worstFirst)[number]) => number): number =>
        worstFirst.reduce((sum, outcome, j) => sum + (weights[j] ?? 0) * value(outcome), 0)
      return {
        rates: i + 1,
        runs: (i + 1) * seedCount,
        validation: expect(({ validation }) => validation),
        test: tested ? expect(({ test }) => test ?? 0) : null,
      }
    }),
    runs: arms.flatMap((arm) => arm.seeds.map(({ run }) => run)),
  }
}

function outcomeOf(
  arm: Arm,
  chance: number | null,
  seeds: 'mean' | 'median',
): { validation: number; test: number | null } | null {
  if (arm.ineligible === 'diverged') return chance === null ? null : { validation: chance, test: chance }
  return arm.score === null ? null : { validation: arm.score, test: arm.test?.[seeds] ?? null }
}

function findCrossings(curves: readonly BudgetCurve[], metric: 'accuracy' | 'loss'): BudgetCrossing[] {
  const longest = Math.min(...curves.map(({ of }) => of))
  const leaders = Array.from({ length: Number.isFinite(longest) ? longest : 0 }, (_, i) => {
    const at = curves.map(({ setting, points }) => ({ setting, value: points[i]?.validation ?? NaN }))
    return at.reduce((a, b) => (compareScores(metric, a.value, b.value) <= 0 ? a : b)).setting
  })
  return leaders.flatMap((to, i) => {
    const from = leaders[i - 1]
    return from === undefined || from === to ? [] : [{ rates: i + 1, from, to }]
  })
}
