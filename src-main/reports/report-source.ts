import { createHash } from 'node:crypto'
import type { Comparison, StudyOutline } from '../analysis/comparison'
import type { ValidationCurve } from '../analysis/efficiency'
import type { Pairing } from '../analysis/draws'
import type { RunRecord, SelectionRule } from '../run'

/** Everything a report is made from. The same source gives the same report, byte for byte. */
export interface ReportSource {
  readonly study: StudyOutline
  readonly comparison: Comparison
  /** The study's runs, test scores null while they are sealed. */
  readonly runs: readonly RunRecord[]
  /** A run's validation curve in the rule's metric; null where none was logged. */
  readonly curveOf: (run: string) => ValidationCurve | null
  /** "Fairsweep 0.1.0". */
  readonly program: string
  /** ISO 8601, UTC. */
  readonly madeAt: string
}

/** What every exported cell is traced by, beside the ids of its runs. */
export interface Provenance {
  readonly study: string
  /** Of the selection rule and its version. */
  readonly rule: string
  /** Of the compared runs: ids, states and summaries. */
  readonly database: string
  readonly otherRate: number | null
  readonly pairing: Pairing
  readonly program: string
  readonly madeAt: string
}

export const provenanceOf = ({ study, comparison, runs, program, madeAt }: ReportSource): Provenance => ({
  study: study.name,
  rule: ruleHash(comparison.selection, comparison.ruleVersion),
  database: runsHash(runs),
  otherRate: comparison.otherRate,
  pairing: comparison.pairing,
  program,
  madeAt,
})

const HASH_DIGITS = 16

/** First digits of the SHA-256 of the rule with its version. */
export const ruleHash = ({ metric, seeds, tie, diverged }: SelectionRule, version: number): string =>
  hash([version, metric, seeds, tie, diverged])

/** First digits of the SHA-256 of everything in the runs that a table may show, in the order of their ids. */
export function runsHash(runs: readonly RunRecord[]): string {
  const facts = runs.map(({ id, key, state, inPlan, steps, bestStep, summary }) => [
    id,
    key,
    state,
    inPlan,
    steps,
    bestStep,
    Object.entries(summary).sort(([a], [b]) => (a < b ? -1 : 1)),
  ])
  return hash(facts.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
}

const hash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, HASH_DIGITS)
