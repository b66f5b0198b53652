import { InputError } from '../errors'
import { idOf, isOpen } from '../run'
import type { RunRecord } from '../run'
import type { WritableDatabase } from './database'
import { logEvent } from './events'
import { addPoints, nextPosition, savePublished } from './imports'
import { all, change, first } from './query'
import { environmentNumber } from './runs'
import { isTestMetric, scoresWhere, writeScores } from './scores'
import type { ImportOutcome, StudyBatch } from './store'
import { cellNumber, setupNumber } from './studies'

/**
 * Adds a study of another history under a name. A study that came in so before is added to; one that was planned here is not
 * touched unless it has all of these runs.
 * @throws {InputError} where a study of this name is here that is another one
 */
export function importStudy(
  db: WritableDatabase,
  batch: StudyBatch,
  name: string,
  at: string,
): ImportOutcome {
  const before = first<{ study: number; imported_from: string | null }>(
    db,
    'SELECT study, imported_from FROM studies WHERE name = ?',
    name,
  )
  if (before !== undefined && before.imported_from !== 'bundle')
    return allKnown(db, before.study, batch, name)
  const study = before?.study ?? addStudy(db, batch, name)
  const outcome = { added: 0, known: 0, points: 0, damaged: 0 }
  let position = nextPosition(db, study)
  for (const { run, points, damaged } of batch.runs()) {
    const known = first<{ run: number }>(db, 'SELECT run FROM runs WHERE key = ?', run.key)
    if (known === undefined) {
      outcome.added++
      outcome.points += points.reduce((sum, { steps }) => sum + steps.length, 0)
      outcome.damaged += damaged
    } else outcome.known++
    const number = known?.run ?? addRun(db, run)
    if (known === undefined) addPoints(db, number, points)
    change(
      db,
      `INSERT INTO study_runs (study, run, cell, position, in_plan) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      study,
      number,
      cellNumber(db, run),
      position++,
      run.inPlan ? 1 : 0,
    )
  }
  const published = savePublished(db, study, batch.published)
  if (outcome.added + published.added + published.changed > 0) {
    const detail = `a bundle of the study "${batch.record.name}": ${outcome.added} new runs, ${outcome.known} known; what was known of their test scores before cannot be vouched for`
    logEvent(db, at, { study: name, run: null, kind: 'imported', detail })
  }
  return { ...outcome, replaced: 0, published }
}

/** Nothing is to be done where the study has every run of the batch, as when it comes back to where it was trained. */
function allKnown(db: WritableDatabase, study: number, batch: StudyBatch, name: string): ImportOutcome {
  const keys = new Set(
    all<{ key: string }>(db, 'SELECT key FROM study_runs JOIN runs USING (run) WHERE study = ?', study).map(
      ({ key }) => key,
    ),
  )
  if (!batch.keys.every((key) => keys.has(key))) {
    throw new InputError(`there is another study "${name}" here; import this one under another name`, {
      field: '--as',
    })
  }
  const published = { added: 0, known: batch.published.length, changed: 0 }
  return { added: 0, known: batch.keys.length, replaced: 0, points: 0, damaged: 0, published }
}

function addStudy(db: WritableDatabase, { record, events }: StudyBatch, name: string): number {
  const { rowid } = change(
    db,
    `INSERT INTO studies (name, specification, file, created_at, rule_frozen_at, test_opened_at, test_revealed_at,
        changed_after_test, imported_from)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'bundle')`,
    name,
    JSON.stringify({ ...record.study, name }),
    record.text,
    record.createdAt,
    record.ruleFrozenAt,
    record.testOpenedAt,
    record.testRevealedAt,
    JSON.stringify(record.changedAfterTest),
  )
  for (const event of events) logEvent(db, event.at, { ...event, study: name })
  return rowid
}

function addRun(db: WritableDatabase, run: RunRecord): number {
  const { learning_rate, seed, ...setup } = run.config
  const isCut = isOpen(run.state)
  return change(
    db,
    `INSERT INTO runs (id, key, setup, learning_rate, seed, state, steps, best_step, parameters_trained,
        parameters_total, step_flops, scores, test_scores, reason, environment, attempts, started_at, finished_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    idOf(run.key),
    run.key,
    setupNumber(db, setup),
    learning_rate,
    seed,
    isCut ? 'cancelled' : run.state,
    run.steps,
    run.bestStep,
    run.parametersTrained,
    run.parametersTotal,
    run.stepFlops,
    writeScores(scoresWhere(run.summary, (metric) => !isTestMetric(metric))),
    writeScores(scoresWhere(run.summary, isTestMetric)),
    isCut ? `was ${run.state} when it was exported` : run.reason,
    run.environment === null ? null : environmentNumber(db, run.environment),
    run.startedAt === null ? 0 : 1,
    run.startedAt,
    run.finishedAt,
  ).rowid
}
