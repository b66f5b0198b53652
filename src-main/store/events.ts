import type { ReadableDatabase, WritableDatabase } from './database'
import { all, change } from './query'
import type { EventRecord } from './store'

export interface EventQuery {
  readonly study?: string
  readonly run?: string
  readonly afterSeq?: number
  readonly limit?: number
}

export function logEvent(db: WritableDatabase, at: string, event: Omit<EventRecord, 'seq' | 'at'>): void {
  const { study, run, kind, detail } = event
  change(
    db,
    'INSERT INTO events (at, study, run, kind, detail) VALUES (?, ?, ?, ?, ?)',
    at,
    study,
    run,
    kind,
    detail,
  )
}

/** In the order in which they happened, whatever the clock said. */
export function listEvents(db: ReadableDatabase, { study, run, afterSeq, limit }: EventQuery): EventRecord[] {
  const filters = ['seq > ?']
  const values: (string | number)[] = [afterSeq ?? 0]
  if (study !== undefined) {
    filters.push('study = ?')
    values.push(study)
  }
  if (run !== undefined) {
    filters.push('run = ?')
    values.push(run)
  }
  return all<EventRecord>(
    db,
    `SELECT seq, at, study, run, kind, detail FROM events WHERE ${filters.join(' AND ')} ORDER BY seq LIMIT ?`,
    ...values,
    limit ?? -1,
  )
}
