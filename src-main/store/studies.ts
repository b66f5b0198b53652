import { idOf } from '../run'
import type { ImportedConfig, RunConfig, RunState } from '../run'
import { InputError } from '../errors'
import { changesBetween, STUDY_CHANGES } from '../study/changes'
import type { StudyChange } from '../study/changes'
import { wholeStudy } from '../study/later-options'
import type { ImportedStudy, Plan, PlannedRun, Study } from '../study/study'
import type { ReadableDatabase, WritableDatabase } from './database'
import { logEvent } from './events'
import { all, change, first } from './query'
import { freezeRules, isStudySealed, noteOpenTests } from './seal'
import type { StudyRecord } from './store'

interface StudyRow {
  readonly study: number
  readonly name: string
  readonly specification: string
  readonly file: string
  readonly created_at: string
  readonly rule_frozen_at: string | null
  readonly test_opened_at: string | null
  readonly test_revealed_at: string | null
  readonly changed_after_test: string
  readonly imported_from: string | null
  readonly archived_at: string | null
}

export function listStudies(db: ReadableDatabase): StudyRecord[] {
  return all<StudyRow>(
    db,
    'SELECT * FROM studies WHERE study NOT IN (SELECT study FROM deleted_studies) ORDER BY study',
  ).map((row) => toRecord(db, row))
}

export function oneStudy(db: ReadableDatabase, name: string): StudyRecord | null {
  const row = studyRow(db, name)
  return row === undefined ? null : toRecord(db, row)
}

/** Whose conclusions were drawn from what (`study_changes`); a study that is made anew may have the number of a deleted one. */
export function studyVersion(db: ReadableDatabase, name: string): string {
  const sql = `SELECT study, created_at, changes FROM studies JOIN study_changes USING (study) WHERE name = ?`
  const row = first<{ study: number; created_at: string; changes: number }>(db, sql, name)
  return row === undefined ? '' : `${row.study} ${row.created_at} ${row.changes}`
}

export function saveStudy(db: WritableDatabase, plan: Plan, at: string): StudyRecord {
  const { study, text } = plan
  const before = studyRow(db, study.name)
  if (before !== undefined) refuseImported(before)
  const number = before?.study ?? addStudy(db, plan, at)
  if (before !== undefined) {
    noteChanges(db, before, study, at)
    const specification = JSON.stringify(study)
    change(db, 'UPDATE studies SET specification = ?, file = ? WHERE study = ?', specification, text, number)
  }
  const saved = savePlan(db, number, plan.runs)
  if (saved.added + saved.requeued + saved.dropped > 0) {
    logEvent(db, at, {
      study: study.name,
      run: null,
      kind: 'study-saved',
      detail: `${plan.runs.length} runs planned: ${saved.added} new, ${saved.requeued} queued again, ${saved.dropped} no longer planned`,
    })
  }
  if (hasStarted(db, number)) freezeRules(db, [number], at)
  noteOpenTests(db, [number], at)
  return oneStudy(db, study.name)!
}

function refuseImported({ name, specification }: StudyRow): void {
  if (storedStudy({ specification }).training !== null) return
  throw new InputError(`the study "${name}" was imported and has no protocol of ours; choose another name`, {
    field: 'name',
  })
}

function addStudy(db: WritableDatabase, { study, text }: Plan, at: string): number {
  return change(
    db,
    'INSERT INTO studies (name, specification, file, created_at) VALUES (?, ?, ?, ?)',
    study.name,
    JSON.stringify(study),
    text,
    at,
  ).rowid
}

/** From the study's first start on, what changes in it is logged; once its test was seen, the study carries it for good. */
function noteChanges(db: WritableDatabase, before: StudyRow, study: Study, at: string): void {
  if (before.rule_frozen_at === null) return
  const changes = changesBetween(storedStudy(before) as Study, study)
  const opened = before.test_opened_at
  for (const { kind, detail } of changes) {
    const test = opened === null ? 'test not yet opened' : `after the test was opened at ${opened}`
    logEvent(db, at, { study: study.name, run: null, kind: `${kind}-changed`, detail: `${detail} (${test})` })
  }
  if (opened === null) return
  const changed = new Set([
    ...(JSON.parse(before.changed_after_test) as StudyChange[]),
    ...changes.map(({ kind }) => kind),
  ])
  change(
    db,
    'UPDATE studies SET changed_after_test = ? WHERE study = ?',
    JSON.stringify(STUDY_CHANGES.filter((kind) => changed.has(kind))),
    before.study,
  )
}

/** Queues what is missing, takes up what is there, marks what is no longer planned. */
function savePlan(
  db: WritableDatabase,
  study: number,
  planned: readonly PlannedRun[],
): { added: number; requeued: number; dropped: number } {
  const leftOver = new Map(
    all<{ run: number; in_plan: number }>(
      db,
      'SELECT run, in_plan FROM study_runs WHERE study = ? ORDER BY position',
      study,
    ).map(({ run, in_plan }) => [run, in_plan]),
  )
  const saved = { added: 0, requeued: 0, dropped: 0 }
  planned.forEach((plan, position) => {
    const known = first<{ run: number; state: RunState }>(
      db,
      'SELECT run, state FROM runs WHERE key = ?',
      plan.key,
    )
    if (known === undefined) saved.added++
    const run = known?.run ?? addRun(db, plan)
    leftOver.delete(run)
    change(
      db,
      `INSERT INTO study_runs (study, run, cell, position, in_plan) VALUES (?, ?, ?, ?, 1)
        ON CONFLICT DO UPDATE SET cell = excluded.cell, position = excluded.position, in_plan = 1`,
      study,
      run,
      cellNumber(db, plan),
      position,
    )
    if (known?.state === 'failed' || known?.state === 'cancelled') {
      change(db, "UPDATE runs SET state = 'queued', reason = NULL, finished_at = NULL WHERE run = ?", run)
      saved.requeued++
    }
  })
  let position = planned.length
  for (const [run, inPlan] of leftOver) {
    change(
      db,
      'UPDATE study_runs SET in_plan = 0, position = ? WHERE study = ? AND run = ?',
      position++,
      study,
      run,
    )
    saved.dropped += inPlan
  }
  return saved
}

function addRun(db: WritableDatabase, { key, config }: PlannedRun): number {
  const { learning_rate, seed, ...setup } = config
  return change(
    db,
    `INSERT INTO runs (id, key, setup, learning_rate, seed, state) VALUES (?, ?, ?, ?, ?, 'queued')`,
    idOf(key),
    key,
    setupNumber(db, setup),
    learning_rate,
    seed,
  ).rowid
}

/** The rowid of what runs have in common. */
export function setupNumber(
  db: WritableDatabase,
  setup: Omit<RunConfig, 'learning_rate' | 'seed'> | Omit<ImportedConfig, 'learning_rate' | 'seed'>,
): number {
  const json = JSON.stringify(setup)
  change(db, 'INSERT INTO setups (config) VALUES (?) ON CONFLICT DO NOTHING', json)
  return first<{ setup: number }>(db, 'SELECT setup FROM setups WHERE config = ?', json)!.setup
}

/** The rowid of a cell's words. */
export function cellNumber(
  db: WritableDatabase,
  { task, model, setting }: Pick<PlannedRun, 'task' | 'model' | 'setting'>,
): number {
  const words = [task, model, setting]
  change(db, 'INSERT INTO cells (task, model, setting) VALUES (?, ?, ?) ON CONFLICT DO NOTHING', ...words)
  const sql = 'SELECT cell FROM cells WHERE task = ? AND model = ? AND setting = ?'
  return first<{ cell: number }>(db, sql, ...words)!.cell
}

function hasStarted(db: ReadableDatabase, study: number): boolean {
  const sql =
    'SELECT 1 FROM study_runs JOIN runs USING (run) WHERE study = ? AND in_plan AND attempts > 0 LIMIT 1'
  return first(db, sql, study) !== undefined
}

const studyRow = (db: ReadableDatabase, name: string): StudyRow | undefined =>
  first<StudyRow>(db, 'SELECT * FROM studies WHERE name = ?', name)

const storedStudy = ({ specification }: Pick<StudyRow, 'specification'>): Study | ImportedStudy =>
  wholeStudy(JSON.parse(specification) as Study | ImportedStudy)

function toRecord(db: ReadableDatabase, row: StudyRow): StudyRecord {
  const states = all<{ state: RunState; runs: number }>(
    db,
    'SELECT state, runs FROM study_states WHERE study = ? AND runs > 0',
    row.study,
  )
  return {
    name: row.name,
    study: storedStudy(row),
    importedFrom: row.imported_from,
    text: row.file,
    createdAt: row.created_at,
    runsByState: Object.fromEntries(states.map(({ state, runs }) => [state, runs])),
    testSealed: isStudySealed(db, row.study),
    ruleFrozenAt: row.rule_frozen_at,
    testOpenedAt: row.test_opened_at,
    testRevealedAt: row.test_revealed_at,
    archivedAt: row.archived_at,
    changedAfterTest: JSON.parse(row.changed_after_test) as StudyChange[],
  }
}
