import type { RunRecord } from '../run'
import { audit, finding } from './audit/finding'
import type { Audit, Finding } from './audit/finding'
import { extensionFindings, gridFindings } from './audit/grid'
import { importFindings } from './audit/imported'
import type { LoggedPoints } from './audit/imported'
import { planFindings } from './audit/plan'
import { runFindings } from './audit/runs'
import { verdictFindings } from './audit/verdict'
import type { Comparison, SealHistory, StudyOutline } from './conclusions'

export type * from './audit/finding'
export { auditPlan } from './audit/plan'

/**
 * Everything that an auditor would say about a comparison, each with its evidence and, where there is one, its remedy.
 * @param pointsOf what imported runs logged
 */
export function auditComparison(
  study: StudyOutline,
  comparison: Omit<Comparison, 'audit'>,
  runs: ReadonlyMap<string, RunRecord>,
  pointsOf: LoggedPoints,
): Audit {
  const { groups, extensions } = comparison
  const found = [
    ...planFindings(study, { validated: validatedTasks(groups), extensions }),
    ...importFindings(comparison, runs, pointsOf),
    ...extensionFindings(study, extensions),
    ...sealFindings(comparison.seal),
    ...groups.flatMap((group) => [
      ...gridFindings(study, group),
      ...runFindings(study, group, runs),
      ...verdictFindings(study, group, comparison.metric),
    ]),
  ]
  // What was imported cannot be trained here, so nothing here would mend it.
  const mendable = study.training === null ? found.map(withoutRemedy) : found
  return audit(mendable, 'The audit found nothing to object to.')
}

/** Of each task that has complete runs, whether they have validation scores. */
function validatedTasks(groups: Comparison['groups']): Map<string, boolean> {
  const validated = new Map<string, boolean>()
  for (const { task, cells } of groups) {
    const arms = cells.flatMap((cell) => cell.arms).filter(({ counts }) => counts.complete > 0)
    if (arms.length === 0) continue
    validated.set(task, validated.get(task) === true || arms.some(({ validation }) => validation !== null))
  }
  return validated
}

const withoutRemedy = (each: Finding): Finding => ({ ...each, remedy: null, alternative: null })

function sealFindings(seal: SealHistory | null): Finding[] {
  if (!seal) return []
  const { changedAfterTest, testRevealedAt } = seal
  return [
    ...(changedAfterTest.length > 0
      ? [
          finding({
            id: 'changed-after-test',
            severity: 'warning',
            explanation: `The study's ${changedAfterTest.join(' and ')} changed after its test scores were seen. What was chosen since then may have been chosen by the test.`,
            numbers: { changes: changedAfterTest.length },
          }),
        ]
      : []),
    ...(testRevealedAt !== null
      ? [
          finding({
            id: 'opened-early',
            severity: 'note',
            explanation: `The test was opened at ${testRevealedAt}, before the last planned run had ended. Nothing was chosen by it here, but whoever looked knew it.`,
          }),
        ]
      : []),
  ]
}

/** How the selection rule and the test came together in time, for the foot of every table; null where nobody kept watch. */
export function sayHistory(seal: SealHistory | null): string | null {
  if (!seal) return null
  const parts = [
    seal.ruleFrozenAt === null ? 'rule not frozen yet' : `rule frozen at ${seal.ruleFrozenAt}`,
    seal.testRevealedAt !== null
      ? `test opened early at ${seal.testRevealedAt}`
      : seal.testOpenedAt !== null
        ? `test opened at ${seal.testOpenedAt}`
        : 'test sealed',
    ...(seal.changedAfterTest.length > 0
      ? [`${seal.changedAfterTest.join(', ')} changed after test was seen`]
      : []),
  ]
  return parts.join('; ')
}
