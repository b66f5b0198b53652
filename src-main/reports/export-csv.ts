import { stringify } from 'csv-stringify/sync'
import type { RunRecord } from '../run'
import { NO_TIME } from '../run'
import type { ReadableStore } from '../store/store'
import { exportedRuns, exportedSeries, knownStudy } from './export'
import { RUN_COLUMNS } from './run-columns'
import type { ColumnValue } from './run-columns'

/** Rows made into text at a time. */
const PAGE = 500

type Cell = string | number | null | undefined

/**
 * The runs of a study as CSV, a row a run, in pieces. Text that a spreadsheet would take for a formula is prefixed with an
 * apostrophe; numbers stay numbers, and NaN, Infinity and -Infinity are written so.
 * @throws {InputError} where there is no such study
 */
export function* exportRunsCsv(store: ReadableStore, study: string): Generator<string> {
  const record = knownStudy(store, study)
  yield csv([RUN_COLUMNS.map(([name]) => name)])
  let rows: Cell[][] = []
  for (const run of exportedRuns(store, study)) {
    rows.push(RUN_COLUMNS.map(([, , read]) => plain(read(run, record))))
    if (rows.length === PAGE) {
      yield csv(rows)
      rows = []
    }
  }
  if (rows.length > 0) yield csv(rows)
}

/** Every logged point of a study as CSV, a row a point, in pieces; `time` is ISO 8601, UTC, and empty where it is not known. */
export function* exportPointsCsv(store: ReadableStore, study: string): Generator<string> {
  knownStudy(store, study)
  yield* pointsCsv(store, exportedRuns(store, study))
}

/** The same of these runs. */
export function* pointsCsv(store: ReadableStore, runs: Iterable<RunRecord>): Generator<string> {
  yield 'run,metric,step,value,time\n'
  for (const run of runs) {
    for (const [metric, { steps, values, times }] of exportedSeries(store, run)) {
      const place = `${run.id},${metric}`
      for (let from = 0; from < steps.length; from += PAGE) {
        let text = ''
        const to = Math.min(from + PAGE, steps.length)
        for (let i = from; i < to; i++) {
          const time = times[i] === NO_TIME ? '' : new Date(times[i]!).toISOString()
          text += `${place},${steps[i]},${values[i]},${time}\n`
        }
        yield text
      }
    }
  }
}

const csv = (rows: readonly Cell[][]): string => stringify([...rows], { escape_formulas: true })

const plain = (value: ColumnValue): Cell => (typeof value === 'boolean' ? String(value) : value)
