import Database from 'better-sqlite3'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { explained, StoreError } from './errors'
import type { ReadableDatabase } from './database'
import { publish } from './publish'

/** Pages copied between two turns of everything else that this process does. */
const PAGES_AT_ONCE = 500

/**
 * Copies the database as it is now, while it is read and written; the copy is read back before it gets its name.
 * @param stop ends it early; nothing is left then
 * @throws {StoreError} where the copy cannot be made or is not whole
 */
export async function backUp(db: ReadableDatabase, path: string, stop?: AbortSignal): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`
  try {
    await db.backup(draft, {
      progress: () => {
        stop?.throwIfAborted()
        return PAGES_AT_ONCE
      },
    })
    explained(draft, () => check(draft, path))
    publish(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

function check(draft: string, path: string): void {
  const copy = new Database(draft)
  try {
    // A write-ahead log would be a second file.
    copy.pragma('journal_mode = DELETE')
    if (copy.pragma('quick_check(1)', { simple: true }) !== 'ok') {
      throw new StoreError('damaged', `${path}: the copy cannot be read back; check the disk`)
    }
  } finally {
    copy.close()
  }
}
