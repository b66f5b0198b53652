import { InputError } from '../errors'
import type { Environment, RunConfig, RunRecord, RunState } from '../run'
import type { ReadableDatabase } from './database'
import { all, first } from './query'
import { readScores } from './scores'
import { releaseTestScores } from './seal'
import type { RunQuery } from './store'

/** A run joined with the study from which it is seen. */
interface RunRow {
  readonly id: string
  readonly key: string
  readonly study: string
  readonly task: string
  readonly model: string
  readonly setting: string
  readonly in_plan: number
  readonly learning_rate: number
  readonly seed: number
  readonly state: RunState
  readonly steps: number
  readonly best_step: number | null
  readonly parameters_trained: number | null
  readonly parameters_total: number | null
  readonly scores: string | null
  readonly test_scores: string | null
  readonly sealed: number
  readonly reason: string | null
  readonly setup: number
  readonly environment: number | null
  readonly started_at: string | null
  readonly finished_at: string | null
}

const COLUMNS = `runs.id, runs.key, studies.name AS study, study_runs.task, study_runs.model, study_runs.setting,
  study_runs.in_plan, runs.learning_rate, runs.seed, runs.state, runs.steps, runs.best_step, runs.parameters_trained,
  runs.parameters_total, runs.scores, runs.test_scores, runs.reason, runs.setup, runs.environment, runs.started_at,
  runs.finished_at`

/** Seen from one study, under its seal. */
const IN_STUDY = {
  columns: `${COLUMNS}, study_runs.study IN (SELECT study FROM sealed_studies) AS sealed`,
  from: 'study_runs JOIN runs USING (run) JOIN studies USING (study)',
  run: 'study_runs.run',
}

/** Seen without a study: in the words of the first that plans it (or held it), under the seals of all. */
const ANYWHERE = {
  columns: `${COLUMNS},
    EXISTS (SELECT 1 FROM study_runs AS held WHERE held.run = runs.run
      AND held.study IN (SELECT study FROM sealed_studies)) AS sealed`,
  from: `runs JOIN study_runs ON study_runs.run = runs.run AND study_runs.study =
      (SELECT study FROM study_runs AS words WHERE words.run = runs.run ORDER BY in_plan DESC, study LIMIT 1)
    JOIN studies USING (study)`,
  run: 'runs.run',
}

export interface RunNumber {
  /** Rowid. */
  readonly run: number
  readonly id: string
  readonly state: RunState
}

/** @throws {InputError} where there is no such run */
export function runNumber(db: ReadableDatabase, id: string): RunNumber {
  const row = first<RunNumber>(db, 'SELECT run, id, state FROM runs WHERE id = ?', id)
  if (row === undefined) throw new InputError(`there is no run "${id}" in this workspace`)
  return row
}

/** @throws {InputError} where there is no such study */
export function studyNumber(db: ReadableDatabase, name: string): number {
  const row = first<{ study: number }>(db, 'SELECT study FROM studies WHERE name = ?', name)
  if (row === undefined) throw new InputError(`there is no study "${name}" in this workspace`)
  return row.study
}

/**
 * The rowid of a study, of which the run (rowid) must be one.
 * @throws {InputError} where there is no such study, or the run is not its own: its seal would say nothing
 */
export function studyHolding(db: ReadableDatabase, run: number, name: string): number {
  const study = studyNumber(db, name)
  if (first(db, 'SELECT 1 FROM study_runs WHERE study = ? AND run = ?', study, run) === undefined) {
    throw new InputError(`the study "${name}" does not hold this run`)
  }
  return study
}

export function listRuns(db: ReadableDatabase, query: RunQuery): RunRecord[] {
  const { sql, values } = runFilter(db, query)
  const seen = query.study === undefined ? ANYWHERE : IN_STUDY
  const filters = [...sql]
  const order = query.order === 'plan' ? 'study_runs.position' : `${seen.run} DESC`
  if (query.order === 'plan' && query.study === undefined)
    throw new InputError('the order "plan" needs a study')
  if (query.after !== undefined) {
    const { run } = runNumber(db, query.after)
    if (query.order === 'plan') {
      filters.push(
        'study_runs.position > (SELECT position FROM study_runs AS other WHERE other.study = study_runs.study AND run = ?)',
      )
    } else {
      filters.push(`${seen.run} < ?`)
    }
    values.push(run)
  }
  const where = filters.length > 0 ? `WHERE ${filters.join(' AND ')}` : ''
  const rows = all<RunRow>(
    db,
    `SELECT ${seen.columns} FROM ${seen.from} ${where} ORDER BY ${order} LIMIT ?`,
    ...values,
    query.limit ?? -1,
  )
  return toRecords(db, rows)
}

export function oneRun(db: ReadableDatabase, id: string, study: string | undefined): RunRecord | null {
  const seen = study === undefined ? ANYWHERE : IN_STUDY
  const filter = study === undefined ? '' : 'AND studies.name = ?'
  const values = study === undefined ? [id] : [id, study]
  const row = first<RunRow>(
    db,
    `SELECT ${seen.columns} FROM ${seen.from} WHERE runs.id = ? ${filter}`,
    ...values,
  )
  return row === undefined ? null : toRecords(db, [row])[0]!
}

export function countRuns(db: ReadableDatabase, query: RunQuery): number {
  const { sql, values } = runFilter(db, query)
  const from = query.study === undefined ? 'runs' : 'study_runs JOIN runs USING (run)'
  const where = sql.length > 0 ? `WHERE ${sql.join(' AND ')}` : ''
  return first<{ n: number }>(db, `SELECT count(*) AS n FROM ${from} ${where}`, ...values)!.n
}

function runFilter(db: ReadableDatabase, query: RunQuery): { sql: string[]; values: (string | number)[] } {
  const sql: string[] = []
  const values: (string | number)[] = []
  if (query.study !== undefined) {
    sql.push('study_runs.study = ?')
    values.push(studyNumber(db, query.study))
  }
  if (query.states !== undefined) {
    sql.push('runs.state IN (SELECT value FROM json_each(?))')
    values.push(JSON.stringify(query.states))
  }
  return { sql, values }
}

function toRecords(db: ReadableDatabase, rows: readonly RunRow[]): RunRecord[] {
  // Runs of a cell share their setup, and most share a machine: parsed once, not once a run.
  const setups = remembered((setup) =>
    parsed<Omit<RunConfig, 'learning_rate' | 'seed'>>(
      db,
      'SELECT config AS json FROM setups WHERE setup = ?',
      setup,
    ),
  )
  const machines = remembered((environment) =>
    parsed<Environment>(
      db,
      'SELECT description AS json FROM environments WHERE environment = ?',
      environment,
    ),
  )
  return rows.map((row) => ({
    id: row.id,
    key: row.key,
    study: row.study,
    task: row.task,
    model: row.model,
    setting: row.setting,
    learningRate: row.learning_rate,
    seed: row.seed,
    state: row.state,
    inPlan: row.in_plan === 1,
    steps: row.steps,
    bestStep: row.best_step,
    parametersTrained: row.parameters_trained,
    parametersTotal: row.parameters_total,
    summary: {
      ...readScores(row.scores),
      ...releaseTestScores(row.sealed === 1, readScores(row.test_scores), (scores) =>
        Object.fromEntries(Object.keys(scores).map((metric) => [metric, null])),
      ),
    },
    reason: row.reason,
    environment: row.environment === null ? null : machines(row.environment),
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    config: { ...setups(row.setup), learning_rate: row.learning_rate, seed: row.seed },
  }))
}

function parsed<T>(db: ReadableDatabase, sql: string, rowid: number): T {
  return JSON.parse(first<{ json: string }>(db, sql, rowid)!.json) as T
}

function remembered<T>(find: (rowid: number) => T): (rowid: number) => T {
  const known = new Map<number, T>()
  return (rowid) => {
    let found = known.get(rowid)
    if (found === undefined) known.set(rowid, (found = find(rowid)))
    return found
  }
}
