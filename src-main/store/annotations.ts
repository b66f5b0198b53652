import type { ReadableDatabase, WritableDatabase } from './database'
import { all, change, first } from './query'
import { runNumber } from './run-rows'
import { listStudies } from './studies'

/** What people added to a run. */
export interface RunAnnotations {
  readonly run: string
  readonly tags: readonly string[]
  /** Markdown. */
  readonly note: string | null
  readonly archivedAt: string | null
}

/** The state of a place of the workbench that somebody keeps under a name. */
export interface SavedView {
  readonly name: string
  /** What its URL says after the question mark. */
  readonly query: string
}

export interface AnnotationReads {
  /** Of these runs, in their order; unknown ones are left out. */
  annotations(runs: readonly string[]): RunAnnotations[]
  /** Every tag in use, and on how many runs. */
  tags(): { readonly tag: string; readonly runs: number }[]
  /** The names that are in use, by the field of the filter language that they stand in. */
  vocabulary(): Readonly<Record<string, readonly string[]>>
  views(place: string): SavedView[]
}

/** Each answers which runs it changed, so that it can be taken back exactly. */
export interface AnnotationWrites {
  tagRuns(tag: string, runs: readonly string[]): string[]
  untagRuns(tag: string, runs: readonly string[]): string[]
  /** Null takes the note away; answers the note that was there. */
  setNote(run: string, note: string | null): string | null
  archiveRuns(archived: boolean, runs: readonly string[]): string[]
  /** Answers the query that the name stood for before. */
  saveView(place: string, view: SavedView): string | null
  /** Answers the query that the name stood for. */
  removeView(place: string, name: string): string | null
}

export function annotationsOf(db: ReadableDatabase, runs: readonly string[]): RunAnnotations[] {
  return runs.flatMap((id) => {
    const row = first<{ run: number; note: string | null; archivedAt: string | null }>(
      db,
      `SELECT run, note, archived_at AS archivedAt FROM runs LEFT JOIN run_notes USING (run) WHERE id = ?`,
      id,
    )
    if (row === undefined) return []
    const tags = all<{ tag: string }>(db, 'SELECT tag FROM run_tags WHERE run = ? ORDER BY tag', row.run)
    return [{ run: id, tags: tags.map(({ tag }) => tag), note: row.note, archivedAt: row.archivedAt }]
  })
}

export const listTags = (db: ReadableDatabase): { tag: string; runs: number }[] =>
  all(db, 'SELECT tag, count(*) AS runs FROM run_tags GROUP BY tag ORDER BY tag')

export function vocabularyOf(db: ReadableDatabase): Record<string, string[]> {
  const names = (sql: string): string[] => all<{ name: string }>(db, sql).map(({ name }) => name)
  return {
    study: listStudies(db).map(({ name }) => name),
    task: names('SELECT DISTINCT task AS name FROM cells ORDER BY name'),
    model: names('SELECT DISTINCT model AS name FROM cells ORDER BY name'),
    setting: names('SELECT DISTINCT setting AS name FROM cells ORDER BY name'),
    device: names(`SELECT DISTINCT description ->> '$.device' AS name FROM environments ORDER BY name`),
    tag: names('SELECT DISTINCT tag AS name FROM run_tags ORDER BY name'),
  }
}

export const tagRuns = (db: WritableDatabase, tag: string, runs: readonly string[]): string[] =>
  changedAmong(db, runs, (run) =>
    change(db, 'INSERT INTO run_tags (tag, run) VALUES (?, ?) ON CONFLICT DO NOTHING', tag, run),
  )

export const untagRuns = (db: WritableDatabase, tag: string, runs: readonly string[]): string[] =>
  changedAmong(db, runs, (run) => change(db, 'DELETE FROM run_tags WHERE tag = ? AND run = ?', tag, run))

export const archiveRuns = (
  db: WritableDatabase,
  archived: boolean,
  runs: readonly string[],
  at: string,
): string[] =>
  changedAmong(db, runs, (run) =>
    archived
      ? change(db, 'UPDATE runs SET archived_at = ? WHERE run = ? AND archived_at IS NULL', at, run)
      : change(db, 'UPDATE runs SET archived_at = NULL WHERE run = ? AND archived_at IS NOT NULL', run),
  )

export function setNote(db: WritableDatabase, id: string, note: string | null, at: string): string | null {
  const { run } = runNumber(db, id)
  const before = first<{ note: string }>(db, 'SELECT note FROM run_notes WHERE run = ?', run)?.note ?? null
  if (note === null) change(db, 'DELETE FROM run_notes WHERE run = ?', run)
  else {
    const sql = `INSERT INTO run_notes (run, note, changed_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET note = excluded.note, changed_at = excluded.changed_at`
    change(db, sql, run, note, at)
  }
  return before
}

export const listViews = (db: ReadableDatabase, place: string): SavedView[] =>
  all(db, 'SELECT name, query FROM saved_views WHERE place = ? ORDER BY name COLLATE NOCASE', place)

export function saveView(db: WritableDatabase, place: string, view: SavedView, at: string): string | null {
  const before = viewNamed(db, place, view.name)
  const sql = `INSERT INTO saved_views (place, name, query, saved_at) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET query = excluded.query, saved_at = excluded.saved_at`
  change(db, sql, place, view.name, view.query, at)
  return before
}

export function removeView(db: WritableDatabase, place: string, name: string): string | null {
  const before = viewNamed(db, place, name)
  change(db, 'DELETE FROM saved_views WHERE place = ? AND name = ?', place, name)
  return before
}

const viewNamed = (db: ReadableDatabase, place: string, name: string): string | null =>
  first<{ query: string }>(db, 'SELECT query FROM saved_views WHERE place = ? AND name = ?', place, name)
    ?.query ?? null

const changedAmong = (
  db: WritableDatabase,
  runs: readonly string[],
  work: (run: number) => { changes: number },
): string[] => runs.filter((id) => work(runNumber(db, id).run).changes > 0)
