import type { ReadableDatabase, WritableDatabase } from './database'
import { all, change } from './query'
import { runNumber, studyNumber } from './run-rows'

/** Names of the studies that somebody placed in the queue, the first to be trained first. */
export function queueOrder(db: ReadableDatabase): string[] {
  const sql = 'SELECT name FROM queue_studies JOIN studies USING (study) ORDER BY place'
  return all<{ name: string }>(db, sql).map(({ name }) => name)
}

/** Replaces the order: these studies, in this order. */
export function setQueueOrder(db: WritableDatabase, names: readonly string[]): void {
  change(db, 'DELETE FROM queue_studies')
  names.forEach((name, place) =>
    change(db, 'INSERT INTO queue_studies (study, place) VALUES (?, ?)', studyNumber(db, name), place),
  )
}

/** Places within their study of the runs that were moved, by id. */
export function queuePlaces(db: ReadableDatabase, study: string): Map<string, number> {
  const sql = 'SELECT id, place FROM queue_runs JOIN runs USING (run) WHERE study = ?'
  const rows = all<{ id: string; place: number }>(db, sql, studyNumber(db, study))
  return new Map(rows.map(({ id, place }) => [id, place]))
}

/** Moves runs (by id) within their study. */
export function setQueuePlaces(
  db: WritableDatabase,
  name: string,
  places: ReadonlyMap<string, number>,
): void {
  const study = studyNumber(db, name)
  for (const [id, place] of places) {
    change(
      db,
      `INSERT INTO queue_runs (study, run, place) VALUES (?, ?, ?)
        ON CONFLICT DO UPDATE SET place = excluded.place`,
      study,
      runNumber(db, id).run,
      place,
    )
  }
}
