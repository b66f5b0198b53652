import { InputError } from '../errors'
import type { MetricName, RunRecord } from '../run'
import type { ReadableStore, StoredSeries, StudyRecord } from '../store/store'
import type { ExportDocument, ExportRun } from './export-schema'
import { runPlace, runResult, runTimes, toExportNumber } from './run-fields'
import type { ExportNumber } from './run-fields'

export interface ExportOptions {
  /** Every logged point too. */
  readonly metrics?: boolean
}

/** Runs fetched at a time: a study may have more than fit in memory with their points. */
const PAGE = 500

/**
 * Every run of a study with its configuration and summary, as one document. Test scores are under the store's seal.
 * @throws {InputError} where there is no such study
 */
export function exportStudy(
  store: ReadableStore,
  study: string,
  options: ExportOptions = {},
): ExportDocument {
  const runs = [...exportedRuns(store, study)].map((run) => exportRun(store, run, options))
  return { ...exportHead(knownStudy(store, study)), runs }
}

/** The same document of one run alone, with every point of it. */
export const exportOneRun = (store: ReadableStore, run: RunRecord): ExportDocument => ({
  ...exportHead(knownStudy(store, run.study)),
  runs: [exportRun(store, run, { metrics: true })],
})

/** The same document as text, a line a run, in pieces: one run with its points in memory at a time. */
export function* exportJson(
  store: ReadableStore,
  study: string,
  options: ExportOptions = {},
): Generator<string> {
  const head = JSON.stringify(exportHead(knownStudy(store, study)))
  yield `${head.slice(0, -1)},"runs":[`
  let separator = '\n'
  for (const run of exportedRuns(store, study)) {
    yield separator + JSON.stringify(exportRun(store, run, options))
    separator = ',\n'
  }
  yield '\n]}\n'
}

/** All runs of a study in the order of its plan. */
export function* exportedRuns(store: ReadableStore, study: string): Generator<RunRecord> {
  for (let after: string | undefined; ;) {
    const page = store.runs({ study, order: 'plan', limit: PAGE, ...(after === undefined ? {} : { after }) })
    yield* page
    if (page.length < PAGE) return
    after = page.at(-1)!.id
  }
}

/** @throws {InputError} where there is no such study */
export function knownStudy(store: ReadableStore, name: string): StudyRecord {
  const record = store.study(name)
  if (record === null) throw new InputError(`there is no study "${name}" in this workspace`)
  return record
}

/** Metrics of a run that have points to be seen, or had. */
export function* exportedSeries(store: ReadableStore, run: RunRecord): Generator<[MetricName, StoredSeries]> {
  for (const metric of store.loggedMetrics(run.id)) {
    const series = store.series(run.id, metric, undefined, run.study)
    if (series.steps.length > 0 || series.damaged.length > 0) yield [metric, series]
  }
}

function exportHead({
  name,
  study,
  testSealed,
  changedAfterTest,
}: StudyRecord): Omit<ExportDocument, 'runs'> {
  const { training, validation, test, selection } = study
  return {
    study: name,
    protocol: { training, validation, test, selection },
    test_sealed: testSealed,
    changed_after_test: changedAfterTest,
  }
}

function exportRun(store: ReadableStore, run: RunRecord, { metrics = false }: ExportOptions): ExportRun {
  return {
    id: run.id,
    key: run.key,
    ...runPlace(run),
    reason: run.reason,
    ...runResult(run),
    ...(metrics ? exportPoints(store, run) : {}),
    environment: run.environment,
    ...runTimes(run),
    config: run.config,
  }
}

function exportPoints(store: ReadableStore, run: RunRecord): Pick<ExportRun, 'series' | 'damaged'> {
  const series: NonNullable<ExportRun['series']> = {}
  const damaged: NonNullable<ExportRun['damaged']> = {}
  for (const [metric, stored] of exportedSeries(store, run)) {
    series[metric] = Array.from(stored.steps, (step, i): [number, ExportNumber] => [
      step,
      toExportNumber(stored.values[i]!),
    ])
    if (stored.damaged.length > 0) {
      damaged[metric] = stored.damaged.map(({ firstStep, lastStep }): [number, number] => [
        firstStep,
        lastStep,
      ])
    }
  }
  return Object.keys(damaged).length > 0 ? { series, damaged } : { series }
}
