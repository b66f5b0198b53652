import { InputError } from '../errors'
import { idOf } from '../run'
import type { Environment, RunRecord, RunState, Summary } from '../run'
import { wholeConfig } from '../study/later-options'
import type { ReadableDatabase } from './database'
import type { Seen } from './filter-sql'
import { allTuples, first } from './query'
import type { SetupRuns } from './run-query'
import { readScores } from './scores'
import { ALL_SEALED, isAnySealed, NOTHING_SEALED, releaseTestScores } from './seal'

/** A run and the study from which it is seen, in the order of COLUMNS: as objects, rows cost twice the time. */
export type RunRow = readonly [
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

/** Where runs are read from, and as what; columns in the order of RunRow. */
export interface SeenFrom extends Seen {
  /** The tables as they are walked along the order of a list, by the study's plan or by time: with no other index of `runs`. */
  readonly walked: string
  /** The same with the runs first, whose indexes find what is asked of very many. */
  readonly found: string
  readonly columns: string
  /** The run's rowid, where an index on it can be used. */
  readonly run: string
}

const seenFrom = (seen: Omit<SeenFrom, 'columns'>): SeenFrom => ({
  ...seen,
  columns: `runs.key, ${seen.study}, ${seen.cell}, ${seen.inPlan}, runs.setup, runs.learning_rate, runs.seed,
  runs.state, runs.steps, runs.best_step, runs.parameters_trained, runs.parameters_total, runs.step_flops, runs.scores,
  runs.test_scores, runs.reason, runs.environment, runs.started_at, runs.finished_at,
  ${seen.sealed}`,
})

/** Seen from one study, under its seal: of all its runs or of none. */
const IN_STUDY = {
  walked: 'study_runs JOIN runs NOT INDEXED USING (run)',
  // SQLite leaves a cross join in the order in which it is written.
  found: 'runs CROSS JOIN study_runs USING (run)',
  run: 'study_runs.run',
  study: 'study_runs.study',
  cell: 'study_runs.cell',
  inPlan: 'study_runs.in_plan',
}
const IN_SEALED_STUDY = seenFrom({ ...IN_STUDY, sealed: ALL_SEALED })
const IN_OPEN_STUDY = seenFrom({ ...IN_STUDY, sealed: NOTHING_SEALED })

/** Seen without a study: in the words of the first that plans it (or held it), under the seals of all. */
const ANYWHERE = {
  walked: 'runs NOT INDEXED',
  found: 'runs',
  run: 'runs.run',
  study: 'runs.home_study',
  cell: 'runs.home_cell',
  inPlan: 'runs.home_in_plan',
}
const ANYWHERE_SOME_SEALED = seenFrom({
  ...ANYWHERE,
  sealed: `EXISTS (SELECT 1 FROM study_runs AS held
    WHERE held.run = runs.run AND held.study IN (SELECT study FROM sealed_studies))`,
})
const ANYWHERE_OPEN = seenFrom({ ...ANYWHERE, sealed: NOTHING_SEALED })

/** What holds within the transaction that it is asked in. */
export function seenBy(db: ReadableDatabase, study: string | undefined): SeenFrom {
  const isOpen = !isAnySealed(db, study)
  if (study === undefined) return isOpen ? ANYWHERE_OPEN : ANYWHERE_SOME_SEALED
  return isOpen ? IN_OPEN_STUDY : IN_SEALED_STUDY
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

export function oneRun(db: ReadableDatabase, id: string, study: string | undefined): RunRecord | null {
  const seen = seenBy(db, study)
  const filter =
    study === undefined
      ? 'AND runs.home_study IS NOT NULL'
      : 'AND study_runs.study = (SELECT study FROM studies WHERE name = ?)'
  const values = study === undefined ? [id] : [id, study]
  const rows = allTuples<RunRow>(
    db,
    `SELECT ${seen.columns} FROM ${seen.found} WHERE runs.id = ? ${filter}`,
    ...values,
  )
  return toRecords(db, rows)[0] ?? null
}

/** Runs with what many of them share looked up and parsed once, not once a row. */
export function toRecords(db: ReadableDatabase, rows: readonly RunRow[]): RunRecord[] {
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
  const setups = remembered((setup) => setupOf(db, setup))
  const environments = remembered((environment) => environmentOf(db, environment))

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

/** Started runs by what they have in common, the newest first. */
export function runsBySetup(db: ReadableDatabase): SetupRuns[] {
  type Row = readonly [number, number, string, RunState, number, string | null, string | null]
  const rows = allTuples<Row>(
    db,
    `SELECT setup, environment, id, state, steps, started_at, finished_at FROM runs NOT INDEXED
      WHERE environment IS NOT NULL AND home_study IS NOT NULL ORDER BY run DESC`,
  )
  const groups = new Map<string, { setup: number; environment: number; runs: SetupRuns['runs'][number][] }>()
  for (const [setup, environment, id, state, steps, startedAt, finishedAt] of rows) {
    const key = `${setup} ${environment}`
    const group = groups.get(key) ?? { setup, environment, runs: [] }
    groups.set(key, group)
    group.runs.push({ id, state, steps, startedAt, finishedAt })
  }
  return Array.from(groups.values(), ({ setup, environment, runs }) => ({
    config: setupOf(db, setup),
    environment: environmentOf(db, environment),
    runs,
  }))
}

function setupOf(db: ReadableDatabase, setup: number): SetupRuns['config'] {
  const { config } = found<{ config: string }>(db, 'SELECT config FROM setups WHERE setup = ?', setup)
  return wholeConfig(JSON.parse(config) as SetupRuns['config'])
}

function environmentOf(db: ReadableDatabase, environment: number): Environment {
  const sql = 'SELECT description FROM environments WHERE environment = ?'
  return JSON.parse(found<{ description: string }>(db, sql, environment).description) as Environment
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
