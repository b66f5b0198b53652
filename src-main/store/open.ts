import type { Series } from '../run'
import {
  IN_MEMORY,
  openFrozen,
  openReadable,
  openWritable,
  type ReadableDatabase,
  type WritableDatabase,
} from './database'
import {
  annotationsOf,
  archiveRuns,
  listTags,
  listViews,
  removeView,
  saveView,
  setNote,
  tagRuns,
  untagRuns,
  vocabularyOf,
} from './annotations'
import { backUp } from './backup'
import { downsample } from './downsample'
import { listEvents, logEvent } from './events'
import { networkFileSystem } from './filesystem'
import { importStudy } from './import-study'
import { importRuns, publishedCells } from './imports'
import { isFrozen } from './memory-copy'
import { appendPoints, findDamage, metricsOf, readSeries } from './points'
import { all, reading, writing } from './query'
import { queueOrder, queuePlaces, setQueueOrder, setQueuePlaces } from './queue-order'
import { keepTrainingWay, trainingWays } from './training-ways'
import { holdersOf, kinOf, parametersOf } from './run-kin'
import { countRuns, countStates, listMarks, listRunIds, listRunValues, listRuns } from './run-lists'
import { oneRun, runNumber, runsBySetup, studyHolding, studyNumber } from './run-rows'
import { beginRun, endRun, recoverInterrupted, setState } from './runs'
import { isTestMetric } from './scores'
import { isSealed, releaseTestScores, revealTest } from './seal'
import { listStudies, oneStudy, saveStudy, studyVersion } from './studies'
import { archiveStudy, deleteStudy, deletionOf, purgeDeleted, restoreStudy } from './study-lifecycle'
import type { ReadableStore, StepRange, Store, StoredSeries } from './store'
import { holdWriterLock } from './writer-lock'

/**
 * Opens the history at `path` for its one writer; makes it where there is none, brings an older one up to date
 * (after a checked copy into `backups/`). `:memory:` keeps nothing.
 * @throws {StoreError} with code `writer-active`, `newer-database`, `damaged`, `not-a-history`, …
 */
export function openStore(path: string): Store {
  const release = path === IN_MEMORY ? () => undefined : holdWriterLock(path)
  try {
    return writableStore(openWritable(path), release)
  } catch (error) {
    release()
    throw error
  }
}

/**
 * Opens the history at `path` for looking on, beside its writer or without one.
 * @throws {StoreError} with code `missing`, `older-database`, `newer-database`, `not-a-history`, …
 */
export function openReadableStore(path: string, frozen = isFrozen(path)): ReadableStore {
  if (!frozen) return readableStore(openReadable(path))
  const advice = `${path} lies in a folder that cannot be written to: it was read as it was when it was opened, into memory`
  return { ...readableStore(openFrozen(path)), advice }
}

/** The store on an open connection, for reading. */
export function readableStore(db: ReadableDatabase): ReadableStore {
  const read = <T>(work: () => T): T => reading(db, work)
  return {
    advice: adviceOn(db.name),
    version: (study) => read(() => studyVersion(db, study)),
    studies: () => read(() => listStudies(db)),
    study: (name) => read(() => oneStudy(db, name)),
    deletionOf: (study) => read(() => deletionOf(db, study)),
    published: (study) => read(() => publishedCells(db, study)),
    runs: (query = {}) => read(() => listRuns(db, query)),
    run: (id, study) => read(() => oneRun(db, id, study)),
    countRuns: (query = {}) => read(() => countRuns(db, query)),
    countStates: (query = {}) => read(() => countStates(db, query)),
    runMarks: (runs) => read(() => listMarks(db, runs)),
    runsBySetup: () => read(() => runsBySetup(db)),
    runIds: (query = {}) => read(() => listRunIds(db, query)),
    runValues: (query, fields) => read(() => listRunValues(db, query, fields)),
    annotations: (runs) => read(() => annotationsOf(db, runs)),
    tags: () => read(() => listTags(db)),
    vocabulary: () => read(() => vocabularyOf(db)),
    views: (place) => read(() => listViews(db, place)),
    studiesOf: (id) =>
      read(() => {
        const sql =
          'SELECT name FROM study_runs JOIN studies USING (study) WHERE run = ? AND in_plan ORDER BY study'
        return all<{ name: string }>(db, sql, runNumber(db, id).run).map(({ name }) => name)
      }),
    holdersOf: (id) => read(() => holdersOf(db, id)),
    kinOf: (id, study) => read(() => kinOf(db, id, study)),
    parametersOf: (id) => read(() => parametersOf(db, id)),
    queueOrder: () => read(() => queueOrder(db)),
    queuePlaces: (study) => read(() => queuePlaces(db, study)),
    trainingWays: () => read(() => trainingWays(db)),
    series: (id, metric, maxPoints, study, between) =>
      read(() => {
        const { run } = runNumber(db, id)
        const from = study === undefined ? null : studyHolding(db, run, study)
        const stored = within(readSeries(db, run, metric), between)
        const seen = isTestMetric(metric)
          ? releaseTestScores(isSealed(db, run, from), stored, withoutPoints)
          : stored
        return maxPoints === undefined ? seen : { ...downsample(seen, maxPoints), damaged: seen.damaged }
      }),
    loggedMetrics: (id) => read(() => metricsOf(db, runNumber(db, id).run).map(({ name }) => name)),
    events: (query = {}) => read(() => listEvents(db, query)),
    findDamage: (id) => read(() => findDamage(db, id === undefined ? null : runNumber(db, id).run)),
    close: () => {
      db.close()
    },
  }
}

/** The store on an open connection; `release` is called when it is closed. */
export function writableStore(db: WritableDatabase, release: () => void = () => undefined): Store {
  const write = <T>(work: () => T): T => writing(db, work)
  const now = (): string => new Date().toISOString()
  return {
    ...readableStore(db),
    saveStudy: (plan) => write(() => saveStudy(db, plan, now())),
    importRuns: (batch) => write(() => importRuns(db, batch, now())),
    importStudy: (batch, name) => write(() => importStudy(db, batch, name, now())),
    recoverInterrupted: () => write(() => recoverInterrupted(db, now())),
    setState: (id, state, reason) => write(() => setState(db, id, state, reason ?? null, now())),
    begin: (id, start) => write(() => beginRun(db, id, start, now())),
    append: (id, chunks) => write(() => appendPoints(db, runNumber(db, id).run, chunks)),
    end: (id, outcome) => write(() => endRun(db, id, outcome, now())),
    setQueueOrder: (names) => write(() => setQueueOrder(db, names)),
    setQueuePlaces: (study, places) => write(() => setQueuePlaces(db, study, places)),
    keepTrainingWay: (chosen) => write(() => keepTrainingWay(db, chosen, now())),
    tagRuns: (tag, runs) => write(() => tagRuns(db, tag, runs)),
    untagRuns: (tag, runs) => write(() => untagRuns(db, tag, runs)),
    setNote: (id, note) => write(() => setNote(db, id, note, now())),
    archiveRuns: (archived, runs) => write(() => archiveRuns(db, archived, runs, now())),
    saveView: (place, view) => write(() => saveView(db, place, view, now())),
    removeView: (place, name) => write(() => removeView(db, place, name)),
    log: (event) => write(() => logEvent(db, now(), event)),
    revealTest: (name) =>
      write(() => {
        revealTest(db, { study: studyNumber(db, name), name }, now())
        return oneStudy(db, name)!
      }),
    archiveStudy: (name, archived) =>
      write(() => {
        archiveStudy(db, name, archived, now())
        return oneStudy(db, name)!
      }),
    deleteStudy: (name) => write(() => deleteStudy(db, name, now())),
    restoreStudy: (name) =>
      write(() => {
        restoreStudy(db, name, now())
        return oneStudy(db, name)!
      }),
    purgeDeleted: () => write(() => purgeDeleted(db)),
    backUp: (path, stop) => backUp(db, path, stop),
    together: (work) => write(work),
    close: () => {
      db.close()
      release()
    },
  }
}

function within(series: StoredSeries, between: StepRange | undefined): StoredSeries {
  if (between === undefined) return series
  const { steps } = series
  const from = Math.max(0, firstAfter(steps, between.firstStep - 1) - 1)
  const to = firstAfter(steps, between.lastStep) + 1
  const cut = <T extends Uint32Array | Float64Array>(of: T): T => of.slice(from, to) as T
  return { ...series, steps: cut(steps), values: cut(series.values), times: cut(series.times) }
}

/** Where the first of the rising steps after `step` stands; their count where there is none. */
function firstAfter(steps: Uint32Array, step: number): number {
  const at = steps.findIndex((each) => each > step)
  return at === -1 ? steps.length : at
}

function withoutPoints(series: StoredSeries): StoredSeries {
  const none: Series = { steps: new Uint32Array(), values: new Float64Array(), times: new Float64Array() }
  return { ...none, damaged: series.damaged }
}

function adviceOn(path: string): string | null {
  const network = path === IN_MEMORY ? null : networkFileSystem(path)
  if (network === null) return null
  return `${path} lies on a network file system (${network}), where a history is slower and readers and the writer wait for each other; a workspace on a local disk is better`
}
