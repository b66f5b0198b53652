import { NO_TIME } from '../run'

/**
 * What a reader found in another program's files, before anybody decided what it means: runs with named fields and named
 * series. `mapping.ts` says which of them are what; `map-runs.ts` makes runs of ours from both.
 */

/** One thing that was recorded about a run: a cell of a table, a parameter, a tag. */
export interface SourceField {
  readonly value: string | number | boolean
  /** 1-based line of the file, where it has lines. */
  readonly line?: number
}

/** A metric in the order in which it was logged. The three lists are of equal length. */
export interface SourceSeries {
  readonly steps: number[]
  readonly values: number[]
  /** Unix milliseconds; `NO_TIME` where none was recorded. */
  readonly times: number[]
}

export interface SourceRun {
  /** What the run is called in its program; unique within the import. Null: it has no name, its place in the grid is all it is known by. */
  readonly id: string | null
  /** What people call it, where that is something else; templates read it. */
  readonly name?: string
  readonly file: string
  /** 1-based, where the run is a line of a file. */
  readonly line?: number
  readonly fields: Map<string, SourceField>
  readonly series: Map<string, SourceSeries>
}

/** Everything that was read from what the user named. */
export interface Source {
  /** "csv", "tensorboard", "mlflow", "hugging-face", "wandb". */
  readonly from: string
  /** Last parts of the paths that were read, for the log. */
  readonly files: readonly string[]
  readonly runs: readonly SourceRun[]
  /**
   * `logged`: points come in the order of training, and a step that comes again replaces all that followed it (a restart
   * from a checkpoint). `any`: the order says nothing, and of two points of one step the last counts.
   */
  readonly order: 'logged' | 'any'
  /** What the user should know about the reading: torn records, links passed over. */
  readonly remarks: readonly string[]
}

/** More than this is no comparison but an accident. */
export const MOST_RUNS = 100_000
/** Points of one import; they are held in memory. */
export const MOST_POINTS = 5_000_000

export const emptySeries = (): SourceSeries => ({ steps: [], values: [], times: [] })

export function addPoint(
  run: Pick<SourceRun, 'series'>,
  metric: string,
  step: number,
  value: number,
  time = NO_TIME,
): void {
  let series = run.series.get(metric)
  if (series === undefined) run.series.set(metric, (series = emptySeries()))
  series.steps.push(step)
  series.values.push(value)
  series.times.push(time)
}
