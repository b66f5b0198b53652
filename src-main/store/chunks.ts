import { crc32 } from 'node:zlib'
import type { Series } from '../run'
import type { ReadableDatabase, WritableDatabase } from './database'
import { packPoints, unpackPoints } from './packing'
import { all, change } from './query'
import type { StepRange } from './store'

/** A row of `chunks`. */
export interface ChunkRow {
  readonly chunk: number
  readonly run: number
  readonly metric: number
  readonly first_step: number
  readonly last_step: number
  readonly points: number
  readonly crc: number
  readonly data: Buffer
}

/** A chunk of this many points is rewritten no more. */
export const FULL_CHUNK_POINTS = 4096
/** So many chunks of one size become one of the next: a point is written about log8(4096) times, and tails stay short. */
const FAN_IN = 8
/** More small chunks than this cannot gather: four sizes below full, fewer than FAN_IN of each. */
const LONGEST_TAIL = 4 * FAN_IN

export function insertChunk(db: WritableDatabase, run: number, metric: number, points: Series): void {
  const [first, last, count] = [points.steps[0]!, points.steps.at(-1)!, points.steps.length]
  const data = packPoints(points)
  change(
    db,
    'INSERT INTO chunks (run, metric, first_step, last_step, points, crc, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
    run,
    metric,
    first,
    last,
    count,
    checksum({ run, metric, first_step: first, last_step: last, points: count }, data),
    data,
  )
}

/**
 * The points of a chunk, or null where its bytes are not those that were written. A checksum can be right and the bytes
 * still not ours, in a history that came from somebody else.
 */
export function readChunk(row: ChunkRow): Series | null {
  if (checksum(row, row.data) !== row.crc) return null
  try {
    const points = unpackPoints(row.data)
    return points.steps.length === row.points ? points : null
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** The points of chunks in order, and the ranges that are missing because a chunk is damaged. */
export function joinChunks(rows: readonly ChunkRow[]): { points: Series; damaged: StepRange[] } {
  const whole: Series[] = []
  const damaged: StepRange[] = []
  for (const row of rows) {
    const points = readChunk(row)
    if (points !== null) whole.push(points)
    else damaged.push({ firstStep: row.first_step, lastStep: row.last_step })
  }
  return { points: concat(whole), damaged }
}

/** Merges small chunks at the end of a metric, where enough of one size have come together. */
export function mergeTail(db: WritableDatabase, run: number, metric: number): void {
  const tail = all<{ chunk: number; points: number }>(
    db,
    'SELECT chunk, points FROM chunks WHERE run = ? AND metric = ? ORDER BY first_step DESC LIMIT ?',
    run,
    metric,
    LONGEST_TAIL,
  )
  const length = mergeableTail(tail.map(({ points }) => points))
  if (length === 0) return
  const rows = all<ChunkRow>(
    db,
    'SELECT * FROM chunks WHERE run = ? AND metric = ? ORDER BY first_step DESC LIMIT ?',
    run,
    metric,
    length,
  ).reverse()
  const { points, damaged } = joinChunks(rows)
  // A damaged chunk stays as it is, to be reported; nothing is merged across it.
  if (damaged.length > 0) return
  for (const { chunk } of rows) change(db, 'DELETE FROM chunks WHERE chunk = ?', chunk)
  insertChunk(db, run, metric, points)
}

/**
 * How many of the newest chunks should become one.
 * @param sizes points per chunk, newest first
 */
export function mergeableTail(sizes: readonly number[]): number {
  const full = sizes.findIndex((size) => size >= FULL_CHUNK_POINTS)
  const levels = (full < 0 ? sizes : sizes.slice(0, full)).map((size) => Math.floor(Math.log2(size) / 3))
  for (let level = 0; 8 ** level < FULL_CHUNK_POINTS; level++) {
    const larger = levels.findIndex((other) => other > level)
    const run = larger < 0 ? levels : levels.slice(0, larger)
    if (run.filter((other) => other === level).length >= FAN_IN) return run.length
  }
  return 0
}

/** The chunks of one metric of one run, in order. */
export function chunksOf(db: ReadableDatabase, run: number, metric: number): ChunkRow[] {
  return all<ChunkRow>(
    db,
    'SELECT * FROM chunks WHERE run = ? AND metric = ? ORDER BY first_step',
    run,
    metric,
  )
}

export function concat(parts: readonly Series[]): Series {
  if (parts.length === 1) return parts[0]!
  const count = parts.reduce((sum, { steps }) => sum + steps.length, 0)
  const steps = new Uint32Array(count)
  const values = new Float64Array(count)
  const times = new Float64Array(count)
  let at = 0
  for (const part of parts) {
    steps.set(part.steps, at)
    values.set(part.values, at)
    times.set(part.times, at)
    at += part.steps.length
  }
  return { steps, values, times }
}

/** Covers the columns too: a flipped run or step must not put points elsewhere. */
function checksum(
  row: Pick<ChunkRow, 'run' | 'metric' | 'first_step' | 'last_step' | 'points'>,
  data: Buffer,
): number {
  return crc32(data, crc32(`${row.run} ${row.metric} ${row.first_step} ${row.last_step} ${row.points}`))
}
