import type Database from 'better-sqlite3'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { InputError } from '../errors'
import { isOpen } from '../run'
import type { RunState } from '../run'
import { IN_MEMORY, openWritable, schemaVersion } from './database'
import type { ReadableDatabase } from './database'
import { explained } from './errors'
import { APPLICATION_ID, migrate, shippedMigrations } from './migrate'
import { memoryCopy } from './memory-copy'
import { readableStore, writableStore } from './open'
import { publish } from './publish'
import type { BundledRun, ReadableStore, StudyBatch } from './store'

/**
 * A study in a file of its own: a history like a workspace's, with one study in it, that another workspace imports. It holds
 * what `studyBatch` says; checkpoints, weights and data stay where they are.
 */

const MAGIC = 'SQLite format 3\0'
/** Columns that are parsed wherever they are read. */
const JSON_COLUMNS = [
  ['studies', 'specification'],
  ['studies', 'changed_after_test'],
  ['setups', 'config'],
  ['environments', 'description'],
  ['runs', 'scores'],
  ['runs', 'test_scores'],
] as const
/** SQLite's file header, and where it keeps the application's number. */
const HEAD_BYTES = 100
const APPLICATION_ID_OFFSET = 68

/** Everything that a store says of a study, its runs and points one at a time. */
export function studyBatch(source: ReadableStore, name: string): StudyBatch {
  const record = source.study(name)
  if (record === null) throw new InputError(`there is no study "${name}"`)
  const runs = source.runs({ study: name, order: 'plan' })
  return {
    record,
    keys: runs.map(({ key }) => key),
    runs: () => bundledRuns(source, name),
    published: source.published(name),
    events: source.events({ study: name }),
  }
}

function* bundledRuns(source: ReadableStore, study: string): Generator<BundledRun> {
  for (const run of source.runs({ study, order: 'plan' })) {
    const series = source.loggedMetrics(run.id).map((metric) => ({
      metric,
      ...source.series(run.id, metric, undefined, study),
    }))
    yield {
      run,
      points: series.filter(({ steps }) => steps.length > 0),
      damaged: series.reduce((sum, { damaged }) => sum + damaged.length, 0),
    }
  }
}

/**
 * Writes a study as a bundle, whole or not at all.
 * @throws {InputError} while its test is sealed: a bundle holds the test scores
 */
export function writeBundle(source: ReadableStore, study: string, path: string): void {
  const batch = studyBatch(source, study)
  if (batch.record.testSealed) {
    const open = Object.entries(batch.record.runsByState).reduce(
      (sum, [state, runs]) => sum + (isOpen(state as RunState) ? runs : 0),
      0,
    )
    throw new InputError(
      `the test of "${study}" is sealed while ${open} of its runs are still to end, and a bundle would carry its scores; finish it, or open the test with compare --reveal-test`,
    )
  }
  const draft = `${path}.${randomUUID()}.draft`
  try {
    const db = openWritable(draft)
    try {
      writableStore(db).importStudy(batch, study)
      // A write-ahead log would be a second file.
      db.pragma('journal_mode = DELETE')
      db.exec('VACUUM')
    } finally {
      db.close()
    }
    publish(draft, path)
  } catch (error) {
    for (const rest of ['', '-wal', '-shm', '-journal']) rmSync(draft + rest, { force: true })
    throw error
  }
}

/** The file is a bundle, or another history of ours. */
export function isBundle(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    readSync(file, head, 0, HEAD_BYTES, 0)
    return (
      head.toString('latin1', 0, MAGIC.length) === MAGIC &&
      head.readUInt32BE(APPLICATION_ID_OFFSET) === APPLICATION_ID
    )
  } finally {
    closeSync(file)
  }
}

/**
 * Opens a bundle for reading: a copy of it in memory, so that the file is neither changed nor locked. What is not exactly our
 * schema (views, triggers, other tables) is refused.
 * @throws {InputError} where it is no bundle, or too large
 * @throws {StoreError} where it is damaged or newer than this program
 */
export function openBundle(path: string): ReadableStore {
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    throw new InputError(
      'is the history of a workspace in use, expected a bundle (export --format bundle writes one)',
      {
        file: path,
      },
    )
  }
  return explained(path, () => {
    const db = memoryCopy(path)
    try {
      db.pragma('cell_size_check = ON')
      checkSchema(db, path)
      migrate(db, shippedMigrations())
      return readableStore(db as ReadableDatabase)
    } catch (error) {
      db.close()
      throw error
    }
  })
}

function checkSchema(db: Database.Database, path: string): void {
  const migrations = shippedMigrations()
  const version = schemaVersion(db)
  if (version < 1 || version > migrations.length) {
    throw new InputError(
      `was written by another Fairsweep (schema ${version}, this program knows 1 to ${migrations.length}); update Fairsweep to import it`,
      { file: path },
    )
  }
  const expected = openWritable(IN_MEMORY, migrations.slice(0, version))
  const same = schemaOf(db) === schemaOf(expected)
  expected.close()
  const whole = db.pragma('quick_check(1)', { simple: true }) === 'ok'
  if (!same || !whole) {
    throw new InputError(same ? 'is damaged' : 'holds other tables than a bundle has', { file: path })
  }
  const broken = JSON_COLUMNS.find(([table, column]) =>
    db.prepare(`SELECT 1 FROM ${table} WHERE NOT json_valid(coalesce(${column}, 'null')) LIMIT 1`).get(),
  )
  if (broken) throw new InputError(`holds text that is not JSON (${broken.join('.')})`, { file: path })
}

const schemaOf = (db: Database.Database): string =>
  JSON.stringify(
    db.prepare<[]>('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').raw().all(),
  )
