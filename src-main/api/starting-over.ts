import { idOf, isSettled } from '../run'
import type { RunValue } from '../store/store'
import { changesBetween } from '../study/changes'
import type { StudyChange } from '../study/changes'
import { isTrainable } from '../study/study'
import type { Plan, PlannedRun } from '../study/study'
import type { Workbench } from '../workbench'

/** What starting a study would change in one of the same name that is there already. */
export interface StartingOver {
  /** It was gathered from another program's runs and cannot be started over. */
  readonly isImported: boolean
  /** What differs between the file that is kept and this one. */
  readonly changes: readonly { readonly kind: StudyChange; readonly detail: string }[]
  /** Runs that it does not have yet, runs to be trained again, and runs that would be kept as 'not in plan'. */
  readonly added: number
  readonly again: number
  readonly dropped: number
  /** When its test scores could first be seen; what changes after that is said on every table. */
  readonly testOpenedAt: string | null
}

/** Null: no study has this name. */
export function startingOver({ store }: Workbench, plan: Plan): StartingOver | null {
  const record = store.study(plan.study.name)
  if (record === null) return null
  const runs = store.runValues({ study: record.name }, ['id', 'state', 'in_plan'])
  const planned = new Set<RunValue>(plan.runs.map(({ key }) => idOf(key)))
  const known = new Set(runs.map(([id]) => id))
  return {
    isImported: !isTrainable(record.study),
    changes: isTrainable(record.study) ? changesBetween(record.study, plan.study) : [],
    added: plan.runs.filter(({ key }) => !known.has(idOf(key))).length,
    again: runs.filter(([id, state]) => planned.has(id!) && (state === 'failed' || state === 'cancelled'))
      .length,
    dropped: runs.filter(([id, , inPlan]) => inPlan === 'yes' && !planned.has(id!)).length,
    testOpenedAt: record.testOpenedAt,
  }
}

/** Ids of those of these runs that this workspace has results for already. */
export function settledAmong({ store }: Workbench, runs: readonly PlannedRun[]): Set<string> {
  const marks = store.runMarks(runs.map(({ key }) => idOf(key)))
  return new Set(marks.flatMap(({ id, state }) => (isSettled(state) ? [id] : [])))
}
