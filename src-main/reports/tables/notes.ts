import { sayHistory } from '../../analysis/audit'
import type { Comparison, Interval, StudyOutline } from '../../analysis/comparison'
import { formatCount } from '../../analysis/wording'

/** "highest mean validation accuracy over seeds; …": the selection rule in words. */
export function sayRule({ selection, ruleVersion }: Pick<Comparison, 'selection' | 'ruleVersion'>): string {
  const { metric, seeds, tie, diverged } = selection
  const extreme = metric === 'accuracy' ? 'highest' : 'lowest'
  const spoiled =
    diverged === 'exclude-arm'
      ? 'a rate with a diverged seed is not eligible'
      : 'a diverged seed counts as the score of guessing'
  return `Rule ${ruleVersion}: the learning rate with the ${extreme} ${seeds} validation ${metric} over seeds; ties go to the ${tie === 'lowest-rate' ? 'lowest' : 'highest'} rate; ${spoiled}.`
}

/** Seeds behind every score of a table: one number for all, shown beside each (null), or in a column of its own. */
type SeedCount = number | 'complete' | null

/** How scores are to be read: mean, SEM and number of seeds. */
function saySpread(n: SeedCount): string {
  if (n === 1) return 'One seed each, so no standard error.'
  const seeds = n === null ? 'n seeds, as shown' : n === 'complete' ? 'the complete seeds' : `n = ${n} seeds`
  return `Mean ± standard error of the mean (ddof 1) over ${seeds}.`
}

/** The notes that every table with scores carries. */
export function scoreNotes(study: StudyOutline, comparison: Comparison, n: SeedCount): string[] {
  const history = sayHistory(comparison.seal)
  return [
    saySpread(n),
    sayRule(comparison),
    history === null
      ? 'Nobody kept watch over the test scores of these runs, so nothing can be said about looks at them.'
      : `Seal: ${history}.`,
    ...(!study.test || study.test.examples === 'all'
      ? []
      : [`Test scores are read on ${formatCount(study.test.examples)} test examples, not on all.`]),
  ]
}

/** Which intervals these are: "Welch t intervals". */
export function sayIntervals(intervals: readonly (Interval | null)[]): string {
  const used = new Set(intervals.flatMap((interval) => interval?.method ?? []))
  if (used.size > 1) return `Welch t intervals, or ${PAIRED} where both arms share these`
  return used.has('paired-t') ? PAIRED : 'Welch t intervals'
}

const PAIRED = 'paired t intervals (by seed: same split, order and first values)'
