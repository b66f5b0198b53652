import type { SelectionRule } from '../run'
import type { Arm, Group, SeedScore } from './conclusions'
import { mean, median } from './estimate'
import { compareScores } from './selection'

/** One arm on a choice of seeds. */
export interface Outcome {
  /** Index among the rates that all settings share; −1 where it is not one of them. */
  readonly place: number
  /** What the winner is named by; null where no seed drawn has that score. */
  readonly score: number | null
}

/**
 * For each setting of a group, its arms on these seeds (repeats count again), worst validation first, so that the last
 * one of any choice of them is the one that the rule picks. An arm that the rule passes over comes before all others.
 */
export function outcomesOf(
  { cells }: Pick<Group, 'cells'>,
  shared: readonly number[],
  seeds: readonly number[],
  by: 'validation' | 'test',
  rule: SelectionRule,
): Outcome[][] {
  return cells.map(({ arms }) =>
    arms
      .map((arm) => ({ rate: arm.rate, ...scoresOn(arm, seeds, by, rule) }))
      .sort(
        (a, b) =>
          compareNull(a.validation, b.validation, rule.metric) ||
          (rule.tie === 'lowest-rate' ? b.rate - a.rate : a.rate - b.rate),
      )
      .map(({ rate, score }) => ({ place: shared.indexOf(rate), score })),
  )
}

const compareNull = (a: number | null, b: number | null, metric: SelectionRule['metric']): number =>
  a === null || b === null ? Number(a !== null) - Number(b !== null) : compareScores(metric, b, a)

function scoresOn(
  arm: Arm,
  seeds: readonly number[],
  by: 'validation' | 'test',
  rule: SelectionRule,
): { validation: number | null; score: number | null } {
  const validation: number[] = []
  const decisive: number[] = []
  for (const seed of seeds) {
    for (const candidate of bySeed(arm).get(seed) ?? []) {
      if (candidate.state === 'diverged' && !candidate.substituted) return { validation: null, score: null }
      if (candidate.validation !== null) validation.push(candidate.validation)
      const score = candidate[by]
      if (score !== null) decisive.push(score)
    }
  }
  const aggregate = rule.seeds === 'mean' ? mean : median
  if (validation.length === 0) return { validation: null, score: null }
  return { validation: aggregate(validation), score: decisive.length === 0 ? null : aggregate(decisive) }
}

const seedsOf = new WeakMap<Arm, Map<number, SeedScore[]>>()

/** An arm is asked for the scores of its seeds once for every design. */
function bySeed(arm: Arm): ReadonlyMap<number, readonly SeedScore[]> {
  const known = seedsOf.get(arm)
  if (known !== undefined) return known
  const found = new Map<number, SeedScore[]>()
  for (const score of arm.seeds) found.set(score.seed, [...(found.get(score.seed) ?? []), score])
  seedsOf.set(arm, found)
  return found
}
