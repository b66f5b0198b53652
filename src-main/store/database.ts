import Database from 'better-sqlite3'
import { existsSync, statSync } from 'node:fs'
import { explained, StoreError } from './errors'
import { networkFileSystem } from './filesystem'
import { memoryCopy } from './memory-copy'
import { APPLICATION_ID, migrate, shippedMigrations, type Migration } from './migrate'

declare const readable: unique symbol
declare const writable: unique symbol

/** A connection that may be read from. */
export type ReadableDatabase = Database.Database & { readonly [readable]: true }
/** The one connection that may be written to; it may be read from as well. */
export type WritableDatabase = ReadableDatabase & { readonly [writable]: true }

type SqlValue = string | number | null

export const IN_MEMORY = ':memory:'

/** Two writing connections can corrupt the WAL of earlier versions (sqlite.org/wal.html#walresetbug). */
const OLDEST_SQLITE = [3, 51, 3]
const BUSY_TIMEOUT_MS = 5000
const JOURNAL_SIZE_LIMIT_BYTES = 64 * 2 ** 20
/** Checking takes 0.2 s per 80 MB; a larger file is checked on request. */
const QUICK_CHECK_UP_TO_BYTES = 256 * 2 ** 20

/**
 * Opens the database for writing: makes it where there is none, brings an older one up to date.
 * The caller holds the writer lock.
 * @throws {StoreError} when it is damaged, newer than this program, not ours, or SQLite is too old
 */
export function openWritable(
  path: string,
  migrations: readonly Migration[] = shippedMigrations(),
): WritableDatabase {
  return explained(path, () =>
    opened(new Database(path, { timeout: BUSY_TIMEOUT_MS }), (db) => {
      refuseForeign(db, migrations)
      quickCheck(db)
      // On a network the WAL's shared memory does not work (sqlite.org/wal.html); the rollback journal does, with one writer.
      db.pragma(networkFileSystem(path) ? 'journal_mode = TRUNCATE' : 'journal_mode = WAL')
      // better-sqlite3 is built with NORMAL for WAL, which forgets acknowledged commits on power loss.
      db.pragma('synchronous = FULL')
      db.pragma('checkpoint_fullfsync = ON')
      db.pragma(`journal_size_limit = ${JOURNAL_SIZE_LIMIT_BYTES}`)
      db.pragma('mmap_size = 0')
      migrate(db, migrations)
      return db as WritableDatabase
    }),
  )
}

/** @throws {StoreError} when there is none, or it is older or newer than this program, damaged or not ours */
export function openReadable(
  path: string,
  migrations: readonly Migration[] = shippedMigrations(),
): ReadableDatabase {
  if (!existsSync(path)) throw new StoreError('missing', `${path}: there is no history yet; a run makes one`)
  return explained(path, () =>
    opened(new Database(path, { timeout: BUSY_TIMEOUT_MS, readonly: true, fileMustExist: true }), (db) => {
      refuseForeign(db, migrations)
      if (schemaVersion(db) < migrations.length) {
        throw new StoreError(
          'older-database',
          `${path}: written by an earlier version; open the workspace once for training (run, serve or the window) to bring it up to date`,
        )
      }
      return db as ReadableDatabase
    }),
  )
}

/**
 * The database as it is in a folder that nobody can write to: a copy in memory, brought up to date there.
 * @throws {StoreError} when it is newer than this program, damaged or not ours
 * @throws {InputError} when it is too large to be held in memory
 */
export function openFrozen(
  path: string,
  migrations: readonly Migration[] = shippedMigrations(),
): ReadableDatabase {
  return explained(path, () =>
    opened(memoryCopy(path), (db) => {
      refuseForeign(db, migrations)
      migrate(db, migrations)
      return db as ReadableDatabase
    }),
  )
}

function opened<T>(db: Database.Database, prepare: (db: Database.Database) => T): T {
  try {
    refuseOldSqlite(db)
    db.pragma('foreign_keys = ON')
    db.pragma('trusted_schema = OFF')
    // As JavaScript reads numbers and letters, so that a filter means the same in memory and in SQL.
    db.function('contains', { deterministic: true }, (text: SqlValue, part: SqlValue) =>
      text === null ? null : Number(String(text).toLowerCase().includes(String(part).toLowerCase())),
    )
    return prepare(db)
  } catch (error) {
    db.close()
    throw error
  }
}

export const schemaVersion = (db: Database.Database): number =>
  Number(db.pragma('user_version', { simple: true }))

function refuseOldSqlite(db: Database.Database): void {
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get())
  const parts = version.split('.').map(Number)
  const differing = OLDEST_SQLITE.findIndex((oldest, i) => parts[i] !== oldest)
  if (differing >= 0 && (parts[differing] ?? 0) < OLDEST_SQLITE[differing]!) {
    throw new StoreError(
      'sqlite-too-old',
      `SQLite ${version} can corrupt a history; ${OLDEST_SQLITE.join('.')} or later is needed (better-sqlite3 12.10 or later brings it)`,
    )
  }
}

function refuseForeign(db: Database.Database, migrations: readonly Migration[]): void {
  const tables = Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get())
  const id = Number(db.pragma('application_id', { simple: true }))
  if (tables > 0 && id !== APPLICATION_ID) {
    throw new StoreError(
      'not-a-history',
      `${db.name}: an SQLite database, but not a Fairsweep history; move it away or choose another workspace`,
    )
  }
  const version = schemaVersion(db)
  if (version > migrations.length) {
    throw new StoreError(
      'newer-database',
      `${db.name}: written by a newer Fairsweep (schema ${version}, this program knows ${migrations.length}); update Fairsweep to open it`,
    )
  }
}

function quickCheck(db: Database.Database): void {
  if (db.memory || statSync(db.name).size > QUICK_CHECK_UP_TO_BYTES) return
  const problem = String(db.pragma('quick_check(1)', { simple: true }))
  if (problem !== 'ok') {
    throw new StoreError(
      'damaged',
      `${db.name}: the file is damaged (${problem}); keep it; copies made before upgrades, if there were any, are in the folder backups beside it`,
    )
  }
}
