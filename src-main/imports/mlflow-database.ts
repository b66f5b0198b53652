import Database from 'better-sqlite3'
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { InputError } from '../errors'
import { readBytes } from './file-bytes'
import type { FoundFile } from './file-bytes'
import { fromLargest, isOwnTag } from './mlflow-words'
import { addPoint, MOST_POINTS, MOST_RUNS } from './source'
import type { Source, SourceRun } from './source'

export const isDatabaseFile = ({ relative }: FoundFile): boolean =>
  /^\.(db|sqlite|sqlite3)$/i.test(extname(relative))

const MAGIC = 'SQLite format 3\0'
/** Offsets of the bytes that say which journal the file uses: 1 rollback, 2 write-ahead log. */
const JOURNAL_BYTES = [18, 19]
const NEEDED = ['runs', 'params', 'metrics', 'tags'] as const

interface RunRow {
  readonly run_uuid: string
  readonly name: string | null
  readonly status: string | null
  readonly start_time: number | null
  readonly end_time: number | null
  readonly lifecycle_stage: string | null
}

/**
 * Runs from MLflow's SQLite database. A copy in memory is read: the file is neither locked nor changed, and no journal beside
 * it is looked at.
 */
export async function readMlflowDatabase(files: readonly FoundFile[]): Promise<Source> {
  const [file, other] = files
  if (file === undefined || other !== undefined) {
    throw new InputError(`found ${files.length} databases, expected one`, { file: other?.path })
  }
  await refuseJournal(`${file.path}-wal`)
  const db = openCopy(await readBytes(file.path), file.path)
  try {
    return readDatabase(db, file.path)
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    throw new InputError(`cannot be read as an MLflow database (${error.message})`, { file: file.path })
  } finally {
    db.close()
  }
}

/** What a write-ahead log holds is not in the database yet. */
async function refuseJournal(path: string): Promise<void> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
  if (bytes > 0) {
    throw new InputError(
      'holds changes that are not in the database yet, expected a database that no program writes to',
      {
        file: path,
      },
    )
  }
}

function openCopy(bytes: Buffer, file: string): Database.Database {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new InputError('is no SQLite database', { file })
  }
  // A copy in memory has no write-ahead log.
  for (const at of JOURNAL_BYTES) bytes[at] = 1
  const db = new Database(bytes, { readonly: true })
  db.pragma('trusted_schema = OFF')
  db.pragma('cell_size_check = ON')
  return db
}

function readDatabase(db: Database.Database, file: string): Source {
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
  const missing = NEEDED.filter((name) => !tables.includes(name))
  if (missing.length > 0) {
    throw new InputError(`has no table ${missing.join(', ')}, expected the database of MLflow`, { file })
  }
  const runs = new Map<string, SourceRun>()
  let deleted = 0
  const rows = db.prepare<[], RunRow>(
    'SELECT run_uuid, name, status, start_time, end_time, lifecycle_stage FROM runs ORDER BY start_time, run_uuid',
  )
  for (const row of rows.iterate()) {
    if (row.lifecycle_stage === 'deleted') deleted++
    else runs.set(row.run_uuid, runOf(row, file))
    if (runs.size > MOST_RUNS) {
      throw new InputError(`found more than ${MOST_RUNS} runs, expected fewer in one import`, { file })
    }
  }
  for (const kind of ['params', 'tags'] as const) {
    const fields = db.prepare<[], { run_uuid: string; key: string; value: string | number | null }>(
      `SELECT run_uuid, key, value FROM ${kind}`,
    )
    for (const { run_uuid, key, value } of fields.iterate()) {
      if (kind === 'tags' && isOwnTag(key)) continue
      runs.get(run_uuid)?.fields.set(`${kind}.${key}`, { value: String(value ?? '') })
    }
  }
  readMetrics(db, runs, file)
  return {
    from: 'mlflow',
    files: [basename(file)],
    runs: [...runs.values()],
    order: 'any',
    remarks: deleted > 0 ? [`${deleted} runs were deleted there and are left out`] : [],
  }
}

function runOf({ run_uuid, name, status, start_time, end_time }: RunRow, file: string): SourceRun {
  const run: SourceRun = { id: run_uuid, file, fields: new Map(), series: new Map() }
  if (status !== null) run.fields.set('status', { value: status.toLowerCase() })
  if (start_time !== null) run.fields.set('start_time', { value: start_time })
  if (end_time !== null) run.fields.set('end_time', { value: end_time })
  return name === null || name === '' ? run : { ...run, name }
}

function readMetrics(db: Database.Database, runs: ReadonlyMap<string, SourceRun>, file: string): void {
  const rows = db.prepare<
    [],
    { run_uuid: string; key: string; value: number; timestamp: number; step: number; is_nan: number | null }
  >('SELECT run_uuid, key, value, timestamp, step, is_nan FROM metrics ORDER BY timestamp')
  let points = 0
  for (const { run_uuid, key, value, timestamp, step, is_nan } of rows.iterate()) {
    const run = runs.get(run_uuid)
    if (run === undefined) continue
    if (++points > MOST_POINTS) {
      throw new InputError(`found more than ${MOST_POINTS} points, expected fewer in one import`, { file })
    }
    addPoint(run, key, step, is_nan === 1 ? NaN : fromLargest(value), timestamp)
  }
}
