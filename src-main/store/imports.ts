import { InputError } from '../errors'
import { idOf } from '../run'
import type { ImportedConfig, MetricName, PublishedCell, Series } from '../run'
import type { MetricChunk } from '../training/messages'
import { FULL_CHUNK_POINTS } from './chunks'
import type { ReadableDatabase, WritableDatabase } from './database'
import { logEvent } from './events'
import { appendPoints } from './points'
import { all, change, first } from './query'
import { isTestMetric, scoresWhere, writeScores } from './scores'
import type { ImportBatch, ImportedRun, ImportOutcome } from './store'
import { cellNumber, setupNumber } from './studies'

/**
 * Adds runs of another program, and cells of papers, to a study; makes the study where there is none.
 * A run that is there already (same key) is left as it is. A run that its tracker has written on since (same name there,
 * other content) is added anew, and what was imported before is kept but no longer in plan.
 * @throws {InputError} where runs are to be added to a study that is trained here
 */
export function importRuns(db: WritableDatabase, batch: ImportBatch, at: string): ImportOutcome {
  const study = studyFor(db, batch, at)
  const outcome = { added: 0, known: 0, replaced: 0, points: 0, damaged: 0 }
  const earlier = earlierImports(db, study)
  const retired: number[] = []
  const current = new Set<number>()
  let position = nextPosition(db, study)
  for (const run of batch.runs) {
    const known = first<{ run: number }>(db, 'SELECT run FROM runs WHERE key = ?', run.key)
    if (known === undefined) {
      outcome.added++
      outcome.points += run.points.reduce((sum, { steps }) => sum + steps.length, 0)
    } else outcome.known++
    const number = known?.run ?? addRun(db, run)
    current.add(number)
    retired.push(...(earlier.get(sourceOf(run.config.imported)) ?? []).filter((other) => other !== number))
    change(
      db,
      `INSERT INTO study_runs (study, run, cell, position, in_plan) VALUES (?, ?, ?, ?, 1)
        ON CONFLICT DO UPDATE SET in_plan = 1`,
      study,
      number,
      cellNumber(db, run),
      position++,
    )
  }
  // Runs no longer in plan stand last.
  for (const run of retired) {
    if (current.has(run)) continue
    const sql = 'UPDATE study_runs SET in_plan = 0, position = ? WHERE study = ? AND run = ?'
    outcome.replaced += change(db, sql, position++, study, run).changes
  }
  const published = savePublished(db, study, batch.published)
  if (outcome.added + outcome.replaced + published.added + published.changed > 0) {
    logEvent(db, at, {
      study: batch.study.name,
      run: null,
      kind: 'imported',
      detail: inWords(batch, outcome),
    })
  }
  return { ...outcome, published }
}

export function publishedCells(db: ReadableDatabase, study: string): PublishedCell[] {
  return all<PublishedCell>(
    db,
    `SELECT source, task, model, setting, metric, mean, sem, n FROM published_cells
      WHERE study = (SELECT study FROM studies WHERE name = ?) ORDER BY published`,
    study,
  )
}

/** The rowid of the study that the batch goes to, its outline brought up to date. */
function studyFor(db: WritableDatabase, { study, from, text, runs }: ImportBatch, at: string): number {
  const specification = JSON.stringify(study)
  const before = first<{ study: number; trained: number }>(
    db,
    `SELECT study, json_type(specification, '$.training') IS NOT 'null' AS trained FROM studies WHERE name = ?`,
    study.name,
  )
  if (before === undefined) {
    const sql =
      'INSERT INTO studies (name, specification, file, created_at, imported_from) VALUES (?, ?, ?, ?, ?)'
    return change(db, sql, study.name, specification, text, at, from).rowid
  }
  if (before.trained === 1) {
    if (runs.length === 0) return before.study
    throw new InputError(
      `the study "${study.name}" is trained here, under its own protocol and seal; import the runs into another one`,
      { field: '--as' },
    )
  }
  change(
    db,
    'UPDATE studies SET specification = ?, file = ? WHERE study = ?',
    specification,
    text,
    before.study,
  )
  return before.study
}

function addRun(db: WritableDatabase, { key, config, points, summary, ...run }: ImportedRun): number {
  const { learning_rate, seed, ...setup } = config
  const { rowid } = change(
    db,
    `INSERT INTO runs (id, key, setup, learning_rate, seed, state, steps, best_step, scores, test_scores, reason,
        started_at, finished_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    idOf(key),
    key,
    setupNumber(db, setup),
    learning_rate,
    seed,
    run.state,
    run.steps,
    run.bestStep,
    writeScores(scoresWhere(summary, (metric) => !isTestMetric(metric))),
    writeScores(scoresWhere(summary, isTestMetric)),
    run.reason,
    run.startedAt,
    run.finishedAt,
  )
  addPoints(db, rowid, points)
  return rowid
}

/** Points of a run (rowid) that has none yet, in chunks of the usual size. */
export function addPoints(db: WritableDatabase, run: number, points: readonly MetricChunk[]): void {
  for (const { metric, ...series } of points) {
    for (let from = 0; from < series.steps.length; from += FULL_CHUNK_POINTS) {
      appendPoints(db, run, [piece(metric, series, from)])
    }
  }
}

const piece = (
  metric: MetricName,
  { steps, values, times }: Series,
  from: number,
): Series & { metric: MetricName } => ({
  metric,
  steps: steps.subarray(from, from + FULL_CHUNK_POINTS),
  values: values.subarray(from, from + FULL_CHUNK_POINTS),
  times: times.subarray(from, from + FULL_CHUNK_POINTS),
})

/** Runs of the study that are in plan, by what they are called in their tracker. */
function earlierImports(db: ReadableDatabase, study: number): Map<string, number[]> {
  const rows = all<ImportedConfig['imported'] & { readonly number: number }>(
    db,
    `SELECT study_runs.run AS number, config ->> '$.imported.from' AS "from", config ->> '$.imported.run' AS run
      FROM study_runs JOIN runs USING (run) JOIN setups USING (setup)
      WHERE study = ? AND in_plan AND config ->> '$.imported.from' IS NOT NULL`,
    study,
  )
  const bySource = new Map<string, number[]>()
  for (const { number, ...imported } of rows) {
    const source = sourceOf(imported)
    bySource.set(source, [...(bySource.get(source) ?? []), number])
  }
  return bySource
}

const sourceOf = ({ from, run }: ImportedConfig['imported']): string => JSON.stringify([from, run])

export function savePublished(
  db: WritableDatabase,
  study: number,
  cells: readonly PublishedCell[],
): ImportOutcome['published'] {
  const outcome = { added: 0, known: 0, changed: 0 }
  for (const { source, task, model, setting, metric, mean, sem, n } of cells) {
    const place = [study, source, task, model, setting, metric]
    const before = first<Pick<PublishedCell, 'mean' | 'sem' | 'n'>>(
      db,
      `SELECT mean, sem, n FROM published_cells
        WHERE study = ? AND source = ? AND task = ? AND model = ? AND setting = ? AND metric = ?`,
      ...place,
    )
    if (before === undefined) outcome.added++
    else if (before.mean === mean && before.sem === sem && before.n === n) outcome.known++
    else outcome.changed++
    change(
      db,
      `INSERT INTO published_cells (study, source, task, model, setting, metric, mean, sem, n)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET mean = excluded.mean, sem = excluded.sem, n = excluded.n`,
      ...place,
      mean,
      sem,
      n,
    )
  }
  return outcome
}

export const nextPosition = (db: ReadableDatabase, study: number): number =>
  first<{ position: number }>(
    db,
    'SELECT coalesce(max(position) + 1, 0) AS position FROM study_runs WHERE study = ?',
    study,
  )!.position

function inWords(
  { from, detail, published }: ImportBatch,
  { added, known, replaced }: Pick<ImportOutcome, 'added' | 'known' | 'replaced'>,
): string {
  const parts = [
    `${added} new`,
    `${known} known`,
    ...(replaced > 0 ? [`${replaced} replaced`] : []),
    ...(published.length > 0 ? [`${published.length} published cells`] : []),
  ]
  return `${detail} (${from}): ${parts.join(', ')}; what was known of their test scores before cannot be vouched for`
}
