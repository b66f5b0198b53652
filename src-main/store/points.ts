import type { MetricName, Series } from '../run'
import type { MetricChunk } from '../training/messages'
import { chunksOf, insertChunk, joinChunks, mergeTail, readChunk, type ChunkRow } from './chunks'
import type { ReadableDatabase, WritableDatabase } from './database'
import { StoreError } from './errors'
import { all, change, first } from './query'
import { isTestMetric } from './scores'
import type { Damage, StoredSeries } from './store'

/** The last moment that a date can name. */
const LATEST_TIME_MS = 8.64e15

/**
 * Adds points of one run after those stored.
 * @param run rowid
 * @throws {StoreError} `overlap` where a step is not after the last one stored
 */
export function appendPoints(db: WritableDatabase, run: number, chunks: readonly MetricChunk[]): void {
  let highest = 0
  for (const chunk of chunks) {
    if (chunk.steps.length === 0) continue
    const metric = metricNumber(db, chunk.metric)
    refuseUneven(chunk)
    refuseOverlap(chunk, lastStep(db, run, metric))
    insertChunk(db, run, metric, { ...chunk, times: chunk.times.map(Math.round) })
    mergeTail(db, run, metric)
    if (chunk.metric.startsWith('train/')) highest = Math.max(highest, chunk.steps.at(-1)!)
  }
  change(db, 'UPDATE runs SET steps = ? WHERE run = ? AND steps < ?', highest, run, highest)
}

/**
 * Drops what was logged after `step`, validation after `evaluatedStep` (its next evaluation may be that of `step`), and
 * all test points: they belong to an end that is now to come again.
 */
export function dropPointsAfter(
  db: WritableDatabase,
  run: number,
  { step, evaluatedStep }: { readonly step: number; readonly evaluatedStep: number },
): void {
  for (const { metric, name } of metricsOf(db, run)) {
    const last = name.startsWith('val/') ? Math.min(step, evaluatedStep) : step
    const from = step === 0 || isTestMetric(name) ? -1 : last
    change(db, 'DELETE FROM chunks WHERE run = ? AND metric = ? AND first_step > ?', run, metric, from)
    const straddling = first<ChunkRow>(
      db,
      'SELECT * FROM chunks WHERE run = ? AND metric = ? AND last_step > ?',
      run,
      metric,
      from,
    )
    if (straddling !== undefined) cut(db, straddling, from)
  }
}

export function readSeries(db: ReadableDatabase, run: number, name: MetricName): StoredSeries {
  const metric = first<{ metric: number }>(db, 'SELECT metric FROM metrics WHERE name = ?', name)?.metric
  const { points, damaged } = joinChunks(metric === undefined ? [] : chunksOf(db, run, metric))
  return { ...points, damaged }
}

export function metricsOf(db: ReadableDatabase, run: number): { metric: number; name: MetricName }[] {
  return all(
    db,
    `SELECT metric, name FROM metrics
      WHERE EXISTS (SELECT 1 FROM chunks WHERE chunks.run = ? AND chunks.metric = metrics.metric) ORDER BY metric`,
    run,
  )
}

/** Every damaged chunk of a run (rowid), or of all. */
export function findDamage(db: ReadableDatabase, run: number | null): Damage[] {
  const damage: Damage[] = []
  // One chunk in memory at a time: a workspace may hold gigabytes.
  const chunks = all<{ chunk: number; id: string; name: MetricName }>(
    db,
    `SELECT chunk, id, name FROM chunks JOIN runs USING (run) JOIN metrics USING (metric)
      ${run === null ? '' : 'WHERE chunks.run = ?'} ORDER BY chunks.run, metric, first_step`,
    ...(run === null ? [] : [run]),
  )
  for (const { chunk, id, name } of chunks) {
    const row = first<ChunkRow>(db, 'SELECT * FROM chunks WHERE chunk = ?', chunk)!
    if (readChunk(row) === null) {
      damage.push({ run: id, metric: name, firstStep: row.first_step, lastStep: row.last_step })
    }
  }
  return damage
}

/** Keeps the points of a chunk up to and including `step`. */
function cut(db: WritableDatabase, row: ChunkRow, step: number): void {
  const points = readChunk(row)
  if (points === null) {
    // Still damaged, and reported as such, but no longer in the way of the steps that are to be trained again.
    change(db, 'UPDATE chunks SET last_step = ? WHERE chunk = ?', step, row.chunk)
    return
  }
  change(db, 'DELETE FROM chunks WHERE chunk = ?', row.chunk)
  const count = points.steps.findIndex((other) => other > step)
  insertChunk(db, row.run, row.metric, firstPoints(points, count))
}

const firstPoints = ({ steps, values, times }: Series, count: number): Series => ({
  steps: steps.slice(0, count),
  values: values.slice(0, count),
  times: times.slice(0, count),
})

function metricNumber(db: WritableDatabase, name: MetricName): number {
  change(db, 'INSERT INTO metrics (name) VALUES (?) ON CONFLICT DO NOTHING', name)
  return first<{ metric: number }>(db, 'SELECT metric FROM metrics WHERE name = ?', name)!.metric
}

function lastStep(db: ReadableDatabase, run: number, metric: number): number {
  const row = first<{ last_step: number }>(
    db,
    'SELECT last_step FROM chunks WHERE run = ? AND metric = ? ORDER BY first_step DESC LIMIT 1',
    run,
    metric,
  )
  return row?.last_step ?? -1
}

function refuseUneven({ metric, steps, values, times }: MetricChunk): void {
  if (values.length !== steps.length || times.length !== steps.length) {
    throw new RangeError(
      `${metric}: ${steps.length} steps, ${values.length} values, ${times.length} times; expected as many of each`,
    )
  }
  if (times.some((time) => !(Math.abs(time) <= LATEST_TIME_MS))) {
    throw new RangeError(`${metric}: a time is not a number of milliseconds`)
  }
}

function refuseOverlap({ metric, steps }: MetricChunk, after: number): void {
  let last = after
  for (const step of steps) {
    if (step <= last) {
      throw new StoreError(
        'overlap',
        `${metric}: step ${step} comes after step ${last}; each step is logged once`,
      )
    }
    last = step
  }
}
