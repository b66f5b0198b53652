import { InputError } from '../errors'
import { idOf } from '../run'
import type { Environment, ImportedConfig, RunConfig, RunRecord, RunState, Summary } from '../run'
import type { ReadableDatabase } from './database'
import { allTuples, first } from './query'
import { readScores } from './scores'
import { releaseTestScores } from './seal'
import type { RunQuery } from './store'

/** A run and the study from which it is seen, in the order of COLUMNS: as objects, rows cost twice the time. */
type RunRow = readonly [
  key: string,
  study: number,
  cell: number,
  inPlan: number,
  setup: number,
  learningRate: number,
  seed: number,
  state: RunState,
  steps: number,
  bestStep: number | null,
  parametersTrained: number | null,
  parametersTotal: number | null,
  stepFlops: number | null,
  scores: string | null,
  testScores: string | null,
  reason: string | null,
  environment: number | null,
  startedAt: string | null,
  finishedAt: string | null,
  sealed: number,
]

const COLUMNS = `runs.key, study_runs.study, study_runs.cell, study_runs.in_plan, runs.setup, runs.learning_rate, runs.seed,
  runs.state, runs.steps, runs.best_step, runs.parameters_trained, runs.parameters_total, runs.step_flops, runs.scores,
  runs.test_scores, runs.reason, runs.environment, runs.started_at, runs.finished_at`

/** Seen from one study, under its seal. */
const IN_STUDY = {
  columns: `${COLUMNS}, study_runs.study IN (SELECT study FROM sealed_studies) AS sealed`,
  from: 'study_runs JOIN runs USING (run)',
  run: 'study_runs.run',
}

/** Seen without a study: in the words of the first that plans it (or held it), under the seals of all. */
const ANYWHERE = {
  columns: `${COLUMNS},
    EXISTS (SELECT 1 FROM study_runs AS held WHERE held.run = runs.run
      AND held.study IN (SELECT study FROM sealed_studies)) AS sealed`,
  from: `runs JOIN study_runs ON study_runs.run = runs.run AND study_runs.study =
      (SELECT study FROM study_runs AS words WHERE words.run = runs.run ORDER BY in_plan DESC, study LIMIT 1)`,
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
  const rows = allTuples<RunRow>(
    db,
    `SELECT ${seen.columns} FROM ${seen.from} ${where} ORDER BY ${order} LIMIT ?`,
    ...values,
    query.limit ?? -1,
  )
  return toRecords(db, rows)
}

export function oneRun(db: ReadableDatabase, id: string, study: string | undefined): RunRecord | null {
  const seen = study === undefined ? ANYWHERE : IN_STUDY
  const filter =
    study === undefined ? '' : 'AND study_runs.study = (SELECT study FROM studies WHERE name = ?)'
  const values = study === undefined ? [id] : [id, study]
  const rows = allTuples<RunRow>(
    db,
    `SELECT ${seen.columns} FROM ${seen.from} WHERE runs.id = ? ${filter}`,
    ...values,
  )
  return toRecords(db, rows)[0] ?? null
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
  // What many rows share is looked up and parsed once, not once a row.
  const studies = remembered((study) =>
    found<{ name: string }>(db, 'SELECT name FROM studies WHERE study = ?', study),
  )
  const cells = remembered((cell) =>
    found<Pick<RunRecord, 'task' | 'model' | 'setting'>>(
      db,
      'SELECT task, model, setting FROM cells WHERE cell = ?',
      cell,
    ),
  )
  const setups = remembered((setup) => {
    const { config } = found<{ config: string }>(db, 'SELECT config FROM setups WHERE setup = ?', setup)
    return JSON.parse(config) as
      Omit<RunConfig, 'learning_rate' | 'seed'> | Omit<ImportedConfig, 'learning_rate' | 'seed'>
  })
  const environments = remembered((environment) => {
    const sql = 'SELECT description FROM environments WHERE environment = ?'
    return JSON.parse(found<{ description: string }>(db, sql, environment).description) as Environment
  })

  // prettier-ignore
  return rows.map(([key, study, cell, inPlan, setup, learning_rate, seed, state, steps, bestStep, parametersTrained,
    parametersTotal, stepFlops, scores, testScores, reason, environment, startedAt, finishedAt, sealed]) => ({
    id: idOf(key),
    key,
    study: studies(study).name,
    task: cells(cell).task,
    model: cells(cell).model,
    setting: cells(cell).setting,
    learningRate: learning_rate,
    seed,
    state,
    inPlan: inPlan === 1,
    steps,
    bestStep,
    parametersTrained,
    parametersTotal,
    stepFlops,
    summary: {
      ...readScores(scores),
      ...releaseTestScores(sealed === 1, readScores(testScores), withoutValues),
    },
    reason,
    environment: environment === null ? null : environments(environment),
    startedAt,
    finishedAt,
    config: { ...setups(setup), learning_rate, seed },
  }))
}

const withoutValues = (scores: Summary): Summary =>
  Object.fromEntries(Object.keys(scores).map((metric) => [metric, null]))

const found = <T>(db: ReadableDatabase, sql: string, rowid: number): T => first<T>(db, sql, rowid)!

function remembered<T>(find: (rowid: number) => T): (rowid: number) => T {
  const known = new Map<number, T>()
  return (rowid) => {
    let value = known.get(rowid)
    if (value === undefined) known.set(rowid, (value = find(rowid)))
    return value
  }
}
