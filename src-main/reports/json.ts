import { budgetCurves } from '../analysis/budget'
import { computeEfficiency } from '../analysis/efficiency'
import { conclusionRisk } from '../analysis/risk'
import type { ChecklistItem } from './methods'
import type { Provenance, ReportSource } from './report-source'
import type { ReportTable } from './tables'

/** Version of the JSON report's shape. */
const VERSION = 1

/** The report as one JSON document; numbers are unrounded, every cell names its runs. */
export function reportToJson(
  source: ReportSource,
  { study, rule, database, otherRate, pairing, program, madeAt }: Provenance,
  parts: {
    readonly tables: readonly ReportTable[]
    readonly methods: string
    readonly checklist: readonly ChecklistItem[]
  },
): string {
  const { selection, ruleVersion, seal, testSealed } = source.comparison
  return `${JSON.stringify(
    {
      fairsweep_report: VERSION,
      program,
      made_at: madeAt,
      study,
      rule,
      database,
      other_rate: otherRate,
      pairing,
      selection: { ...selection, version: ruleVersion },
      test_sealed: testSealed,
      seal: seal && {
        rule_frozen_at: seal.ruleFrozenAt,
        test_opened_at: seal.testOpenedAt,
        test_revealed_at: seal.testRevealedAt,
        changed_after_test: seal.changedAfterTest,
      },
      ...reportConclusions(source),
      tables: parts.tables,
      methods: parts.methods,
      checklist: parts.checklist,
    },
    null,
    1,
  )}\n`
}

/** What the report concludes besides its tables. */
export function reportConclusions({ study, comparison, curveOf }: ReportSource) {
  const { audit, groups } = comparison
  const ofGroups = <Part extends object>(part: (group: (typeof groups)[number]) => Part): object[] =>
    groups.map((group) => ({ task: group.task, model: group.model, ...part(group) }))
  return {
    verdict: ofGroups(({ sentences, notProven }) => ({ sentences, not_proven: notProven })),
    differences: ofGroups(({ bestDifferences, differences }) => ({
      at_best: bestDifferences,
      by_rate: differences,
    })),
    extensions: comparison.extensions,
    efficiency: ofGroups((group) => ({
      ...computeEfficiency(group, comparison.metric, study.validation?.every ?? null, curveOf),
    })),
    budget: ofGroups((group) => budgetCurves(group, comparison)),
    risk: ofGroups((group) => conclusionRisk(group, comparison)),
    audit,
  }
}
