import Database from 'better-sqlite3'
import { explained, StoreError } from './errors'

/**
 * Keeps every other process from writing to the database at `path` until released. It is SQLite's own exclusive lock,
 * held on an empty file beside the database, so readers are free and the system drops it with the process, however that dies.
 * @throws {StoreError} `writer-active`, `not-writable`
 */
export function holdWriterLock(path: string): () => void {
  const file = `${path}.writer`
  return explained(file, () => {
    const lock = new Database(file, { timeout: 0 })
    try {
      lock.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      lock.close()
      if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_BUSY')) throw error
      throw new StoreError(
        'writer-active',
        `${path}: another process is writing to it; use that window or server, or end it first`,
        { cause: error },
      )
    }
    return () => {
      lock.close()
    }
  })
}
