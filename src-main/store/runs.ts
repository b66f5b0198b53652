import type { Environment, RunState } from '../run'
import type { RunOutcome } from '../training/messages'
import type { WritableDatabase } from './database'
import { logEvent } from './events'
import { dropPointsAfter } from './points'
import { all, change, first } from './query'
import { noteParameters } from './run-kin'
import { runNumber } from './run-rows'
import { isTestMetric, scoresWhere, writeScores } from './scores'
import { freezeRules, noteOpenTests } from './seal'
import type { Store } from './store'

/** The states in which a run has come to an end, as far as it goes. */
const ENDED: ReadonlySet<RunState> = new Set(['finished', 'early-stopped', 'diverged', 'failed', 'cancelled'])

export function beginRun(
  db: WritableDatabase,
  id: string,
  start: Parameters<Store['begin']>[1],
  at: string,
): void {
  const { run } = runNumber(db, id)
  const { fromStep, evaluatedStep = fromStep, parametersTrained, parametersTotal, stepFlops } = start
  dropPointsAfter(db, run, { step: fromStep, evaluatedStep })
  change(
    db,
    `UPDATE runs SET state = 'running', steps = ?, best_step = NULL, parameters_trained = ?, parameters_total = ?,
        step_flops = ?, scores = NULL, test_scores = NULL, reason = NULL, environment = ?, attempts = attempts + 1,
        started_at = iif(? = 0, ?, coalesce(started_at, ?)), finished_at = NULL
      WHERE run = ?`,
    fromStep,
    parametersTrained,
    parametersTotal,
    stepFlops,
    environmentNumber(db, start.environment),
    fromStep,
    at,
    at,
    run,
  )
  if (start.parameters !== undefined) noteParameters(db, run, start.parameters)
  freezeRules(db, planningStudies(db, run), at)
  const { attempts } = first<{ attempts: number }>(db, 'SELECT attempts FROM runs WHERE run = ?', run)!
  logEvent(db, at, {
    study: null,
    run: id,
    kind: fromStep === 0 ? 'started' : 'resumed',
    detail: `attempt ${attempts}, from step ${fromStep}, on ${start.environment.device}${trainsWords(start)}`,
  })
}

/** What trains, in the run's log: how many numbers, their share, and the parts and tensors that they are in. */
function trainsWords({
  parametersTrained: trained,
  parametersTotal: total,
  parameters,
}: Parameters<Store['begin']>[1]): string {
  if (parameters === undefined || parameters.length === 0) return ''
  const names = parameters.flatMap((each) => (each.trained ? [each] : []))
  const parts = [...new Set(names.map(({ part }) => part))].map((part) => {
    const own = names.filter((each) => each.part === part)
    const numbers = own.reduce((sum, { shape }) => sum + shape.reduce((all, extent) => all * extent, 1), 0)
    return `${part} ${numbers} in ${own.length === 1 ? own[0]?.name : `${own.length} tensors`}`
  })
  const share = Number(((100 * trained) / total).toPrecision(3))
  return `; trains ${trained} of ${total} parameters (${share} %): ${parts.join(', ')}`
}

export function endRun(db: WritableDatabase, id: string, outcome: RunOutcome, at: string): void {
  const { run } = runNumber(db, id)
  change(
    db,
    'UPDATE runs SET steps = ?, best_step = ?, scores = ?, test_scores = ? WHERE run = ?',
    outcome.steps,
    outcome.bestStep,
    writeScores(scoresWhere(outcome.summary, (metric) => !isTestMetric(metric))),
    writeScores(scoresWhere(outcome.summary, isTestMetric)),
    run,
  )
  setState(db, id, outcome.state, outcome.reason, at)
}

export function setState(
  db: WritableDatabase,
  id: string,
  state: RunState,
  reason: string | null,
  at: string,
): void {
  const { run, state: before } = runNumber(db, id)
  change(
    db,
    'UPDATE runs SET state = ?, reason = ?, finished_at = ? WHERE run = ?',
    state,
    reason,
    ENDED.has(state) ? at : null,
    run,
  )
  if (state !== before) logEvent(db, at, { study: null, run: id, kind: state, detail: reason ?? '' })
  noteOpenTests(db, planningStudies(db, run), at)
}

/** Queues what a dead process left running; returns how many runs that were. */
export function recoverInterrupted(db: WritableDatabase, at: string): number {
  const interrupted = all<{ id: string }>(db, "SELECT id FROM runs WHERE state = 'running' ORDER BY run")
  for (const { id } of interrupted) {
    change(db, "UPDATE runs SET state = 'queued' WHERE id = ?", id)
    logEvent(db, at, {
      study: null,
      run: id,
      kind: 'interrupted',
      detail: 'the process that trained it died; queued again',
    })
  }
  return interrupted.length
}

/** Rowids of the studies that plan a run. */
function planningStudies(db: WritableDatabase, run: number): number[] {
  return all<{ study: number }>(db, 'SELECT study FROM study_runs WHERE run = ? AND in_plan', run).map(
    ({ study }) => study,
  )
}

/** The rowid of a description of a machine. */
export function environmentNumber(db: WritableDatabase, environment: Environment): number {
  const description = JSON.stringify(environment)
  change(db, 'INSERT INTO environments (description) VALUES (?) ON CONFLICT DO NOTHING', description)
  return first<{ environment: number }>(
    db,
    'SELECT environment FROM environments WHERE description = ?',
    description,
  )!.environment
}
