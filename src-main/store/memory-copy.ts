import Database from 'better-sqlite3'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../errors'

const LARGEST_BYTES = 2 ** 30
/** Offsets of the bytes that say which journal the file uses: 1 rollback, 2 write-ahead log. */
const JOURNAL_BYTES = [18, 19]

/**
 * A database file read into memory: the file is neither changed nor locked, and needs no other files beside it.
 * @throws {InputError} where it is too large to be held
 */
export function memoryCopy(path: string): Database.Database {
  const { size } = statSync(path)
  if (size > LARGEST_BYTES) {
    throw new InputError(`found ${size} bytes, expected at most ${LARGEST_BYTES}`, { file: path })
  }
  const bytes = readFileSync(path)
  // A copy in memory has no write-ahead log.
  for (const at of JOURNAL_BYTES) bytes[at] = 1
  const db = new Database(bytes)
  db.pragma('trusted_schema = OFF')
  return db
}

/**
 * Nobody can write to the folder of this database, and nobody does: even reading would need a file beside it, for the
 * write-ahead log's shared memory.
 */
export function isFrozen(path: string, isWritable = isWritableFolder): boolean {
  return !existsSync(`${path}-wal`) && !isWritable(dirname(path))
}

function isWritableFolder(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
