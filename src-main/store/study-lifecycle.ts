import { InputError } from '../errors'
import type { ReadableDatabase, WritableDatabase } from './database'
import { logEvent } from './events'
import { all, change, first } from './query'
import { studyNumber } from './run-rows'
import type { StudyDeletion } from './store'

/** Puts a study away, or takes it out again; nothing else about it changes. */
export function archiveStudy(db: WritableDatabase, name: string, archived: boolean, at: string): void {
  const study = studyNumber(db, name)
  change(
    db,
    'UPDATE studies SET archived_at = iif(?, coalesce(archived_at, ?), NULL) WHERE study = ?',
    archived ? 1 : 0,
    at,
    study,
  )
}

/** What would go with a study: its runs that no other study holds, and what is kept because another does. */
export function deletionOf(db: ReadableDatabase, name: string): StudyDeletion {
  const study = studyNumber(db, name)
  const held = first<{ runs: number; shared: number; steps: number; results: number }>(
    db,
    `WITH held AS (
        SELECT run, EXISTS (SELECT 1 FROM study_runs AS other WHERE other.run = own.run AND other.study <> own.study) AS shared
          FROM study_runs AS own WHERE study = ?)
      SELECT count(*) FILTER (WHERE NOT shared) AS runs, count(*) FILTER (WHERE shared) AS shared,
          coalesce(sum(steps) FILTER (WHERE NOT shared), 0) AS steps,
          count(*) FILTER (WHERE NOT shared AND state IN ('finished', 'early-stopped', 'diverged')) AS results
        FROM held JOIN runs USING (run)`,
    study,
  )!
  return held
}

/**
 * Takes a study, and the runs that no other holds, out of every list. Nothing is lost until `purgeDeleted`; until then
 * the name is free for another study.
 */
export function deleteStudy(db: WritableDatabase, name: string, at: string): StudyDeletion {
  const study = studyNumber(db, name)
  const deletion = deletionOf(db, name)
  change(db, 'INSERT INTO deleted_studies (study, name, deleted_at) VALUES (?, ?, ?)', study, name, at)
  change(
    db,
    `INSERT INTO deleted_study_runs (study, run, cell, position, in_plan)
      SELECT study, run, cell, position, in_plan FROM study_runs WHERE study = ?`,
    study,
  )
  change(db, 'DELETE FROM study_runs WHERE study = ?', study)
  change(db, 'DELETE FROM study_states WHERE study = ?', study)
  // No label has a slash.
  change(db, `UPDATE studies SET name = 'deleted/' || study WHERE study = ?`, study)
  const detail = `${deletion.runs} runs went with it, ${deletion.shared} stay in other studies`
  logEvent(db, at, { study: name, run: null, kind: 'study-deleted', detail })
  return deletion
}

/**
 * Brings back the study of this name that was deleted last.
 * @throws {InputError} where there is none any more, or another study has its name now
 */
export function restoreStudy(db: WritableDatabase, name: string, at: string): void {
  const deleted = first<{ study: number }>(
    db,
    'SELECT study FROM deleted_studies WHERE name = ? ORDER BY deleted_at DESC, study DESC LIMIT 1',
    name,
  )
  if (deleted === undefined) {
    throw new InputError(
      `no study "${name}" was deleted since the workbench started; it cannot be brought back`,
    )
  }
  if (first(db, 'SELECT 1 FROM studies WHERE name = ?', name) !== undefined) {
    throw new InputError(`another study is called "${name}" by now; delete that one first`)
  }
  change(db, 'UPDATE studies SET name = ? WHERE study = ?', name, deleted.study)
  change(
    db,
    `INSERT INTO study_runs (study, run, cell, position, in_plan)
      SELECT study, run, cell, position, in_plan FROM deleted_study_runs WHERE study = ?`,
    deleted.study,
  )
  change(db, 'DELETE FROM deleted_studies WHERE study = ?', deleted.study)
  logEvent(db, at, { study: name, run: null, kind: 'study-restored', detail: '' })
}

/** Deletes for good what was deleted; returns the ids of the runs that are gone, whose checkpoints nobody needs. */
export function purgeDeleted(db: WritableDatabase): string[] {
  const gone = all<{ run: number; id: string }>(
    db,
    `SELECT DISTINCT run, id FROM deleted_study_runs JOIN runs USING (run)
      WHERE NOT EXISTS (SELECT 1 FROM study_runs WHERE study_runs.run = runs.run)`,
  )
  const studies = all<{ study: number }>(db, 'SELECT study FROM deleted_studies')
  for (const { study } of studies) {
    change(db, 'DELETE FROM deleted_study_runs WHERE study = ?', study)
    change(db, 'DELETE FROM published_cells WHERE study = ?', study)
  }
  for (const { run, id } of gone) {
    change(db, 'DELETE FROM chunks WHERE run = ?', run)
    change(db, 'DELETE FROM events WHERE run = ?', id)
    change(db, 'DELETE FROM runs WHERE run = ?', run)
  }
  for (const { study } of studies) change(db, 'DELETE FROM studies WHERE study = ?', study)
  return gone.map(({ id }) => id)
}
