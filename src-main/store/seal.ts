import type { ReadableDatabase, WritableDatabase } from './database'
import { logEvent } from './events'
import { all, change, first } from './query'

/**
 * The seal on test scores. They are stored like any other score, but leave the store only through `releaseTestScores`.
 *
 * A study is sealed while any run that it plans is queued, running or paused, unless somebody revealed its test early.
 * A run seen from a study is under that study's seal; seen without one, under the seals of all studies that hold it.
 */

/**
 * The one way out of the store for test scores, as summary and as series.
 * @param sealed what `isSealed` says of the run that they belong to
 * @param withheld what the caller gets to see instead
 */
export function releaseTestScores<T>(sealed: boolean, scores: T, withheld: (scores: T) => T): T {
  return sealed ? withheld(scores) : scores
}

/** What a query asks of each run where the answer is known for all: nothing has to be looked up, and indexes serve. */
export const NOTHING_SEALED = '0'
export const ALL_SEALED = '1'

/** The same for a query that counts, compares or sorts by a test score without showing it: sealed, there is none. */
export const unlessSealed = (sealed: string, score: string): string =>
  sealed === NOTHING_SEALED ? score : `(CASE WHEN ${sealed} THEN NULL ELSE ${score} END)`

/** The same for a condition on a test score, which an index may answer: sealed, it holds for none. */
export const unlessSealedThat = (sealed: string, condition: string): string =>
  `(${condition} AND NOT ${sealed})`

/**
 * @param run rowid
 * @param study the study from which it is seen (rowid), or null
 */
export function isSealed(db: ReadableDatabase, run: number, study: number | null): boolean {
  return (
    first(
      db,
      `SELECT 1 FROM sealed_studies JOIN study_runs USING (study)
        WHERE run = ? AND study = coalesce(?, study) LIMIT 1`,
      run,
      study,
    ) !== undefined
  )
}

/** Whether a study, or the one of this name, is sealed. */
export function isAnySealed(db: ReadableDatabase, name?: string): boolean {
  const sql = 'SELECT 1 FROM sealed_studies JOIN studies USING (study) WHERE name = coalesce(?, name) LIMIT 1'
  return first(db, sql, name ?? null) !== undefined
}

export function isStudySealed(db: ReadableDatabase, study: number): boolean {
  return first(db, 'SELECT 1 FROM sealed_studies WHERE study = ?', study) !== undefined
}

/** Opens the test of a study by hand. Once open, it stays open. */
export function revealTest(db: WritableDatabase, study: { study: number; name: string }, at: string): void {
  if (!isStudySealed(db, study.study)) return
  const { open } = first<{ open: number }>(
    db,
    `SELECT coalesce(sum(runs), 0) AS open FROM study_states
      WHERE study = ? AND state IN ('queued', 'running', 'paused')`,
    study.study,
  )!
  change(db, 'UPDATE studies SET test_revealed_at = ? WHERE study = ?', at, study.study)
  logEvent(db, at, {
    study: study.name,
    run: null,
    kind: 'test-revealed',
    detail: `test scores opened while ${open} planned ${open === 1 ? 'run was' : 'runs were'} still to end`,
  })
  noteOpenTests(db, [study.study], at)
}

/** Freezes and logs the selection rule of these studies (rowids), where it is not frozen yet. */
export function freezeRules(db: WritableDatabase, studies: readonly number[], at: string): void {
  const starting = all<{ study: number; name: string; rule: string }>(
    db,
    `SELECT study, name, specification ->> '$.selection' AS rule FROM studies
      WHERE rule_frozen_at IS NULL AND study IN (SELECT value FROM json_each(?))`,
    JSON.stringify(studies),
  )
  for (const { study, name, rule } of starting) {
    change(db, 'UPDATE studies SET rule_frozen_at = ? WHERE study = ?', at, study)
    logEvent(db, at, { study: name, run: null, kind: 'rule-frozen', detail: rule })
  }
}

/** Writes down, once for each of these studies (rowids), that from now on its test scores can be seen. */
export function noteOpenTests(db: WritableDatabase, studies: readonly number[], at: string): void {
  const opening = all<{ study: number; name: string }>(
    db,
    `SELECT study, name FROM studies
      WHERE test_opened_at IS NULL AND study IN (SELECT value FROM json_each(?))
        AND study NOT IN (SELECT study FROM sealed_studies) AND EXISTS (
          SELECT 1 FROM study_runs JOIN runs USING (run)
          WHERE study_runs.study = studies.study AND test_scores IS NOT NULL)`,
    JSON.stringify(studies),
  )
  for (const { study, name } of opening) {
    change(db, 'UPDATE studies SET test_opened_at = ? WHERE study = ?', at, study)
    logEvent(db, at, {
      study: name,
      run: null,
      kind: 'test-opened',
      detail: 'test scores of this study can be seen',
    })
  }
}
