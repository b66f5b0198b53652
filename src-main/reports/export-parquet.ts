import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import type { BasicType, ColumnSource } from 'hyparquet-writer'
import { NO_TIME } from '../run'
import type { ReadableStore } from '../store/store'
import { exportedRuns, exportedSeries, knownStudy } from './export'
import { RUN_COLUMNS } from './run-columns'
import type { ColumnKind, ColumnValue } from './run-columns'

/** Rows of a row group: enough to compress well, few enough to hold. */
const GROUP_ROWS = 100_000

const TYPES: Readonly<Record<ColumnKind, BasicType>> = {
  text: 'STRING',
  number: 'DOUBLE',
  whole: 'INT64',
  truth: 'BOOLEAN',
}

/**
 * The runs of a study as a Parquet file, in pieces: the columns of the CSV export with types; what is not known is null. NaN and
 * infinity are numbers.
 * @throws {InputError} where there is no such study
 */
export function* exportRunsParquet(store: ReadableStore, study: string): Generator<Buffer> {
  const record = knownStudy(store, study)
  const file = new ParquetPieces(
    RUN_COLUMNS.map(([name, kind]) => ({ name, type: TYPES[kind], nullable: true })),
  )
  let rows: ColumnValue[][] = []
  for (const run of exportedRuns(store, study)) {
    rows.push(RUN_COLUMNS.map(([, , read]) => read(run, record)))
    if (rows.length < GROUP_ROWS) continue
    yield file.group(columnsOf(rows))
    rows = []
  }
  if (rows.length > 0) yield file.group(columnsOf(rows))
  yield file.end()
}

const columnsOf = (rows: readonly ColumnValue[][]): unknown[][] =>
  RUN_COLUMNS.map(([, kind], i) =>
    rows.map((row) => {
      const value = row[i] ?? null
      return kind === 'whole' && typeof value === 'number' ? BigInt(value) : value
    }),
  )

/** Every logged point of a study as a Parquet file, in pieces; a row a point, `time` in milliseconds, UTC, null where it is not known. */
export function* exportPointsParquet(store: ReadableStore, study: string): Generator<Buffer> {
  knownStudy(store, study)
  const file = new ParquetPieces([
    { name: 'run', type: 'STRING', nullable: false },
    { name: 'metric', type: 'STRING', nullable: false },
    { name: 'step', type: 'INT64', nullable: false },
    { name: 'value', type: 'DOUBLE', nullable: false },
    { name: 'time', type: 'TIMESTAMP', nullable: true },
  ])
  let columns = emptyPoints()
  for (const run of exportedRuns(store, study)) {
    for (const [metric, { steps, values, times }] of exportedSeries(store, run)) {
      for (let i = 0; i < steps.length; i++) {
        columns[0].push(run.id)
        columns[1].push(metric)
        columns[2].push(BigInt(steps[i]!))
        columns[3].push(values[i]!)
        columns[4].push(times[i] === NO_TIME ? null : new Date(times[i]!))
        if (columns[0].length < GROUP_ROWS) continue
        yield file.group(columns)
        columns = emptyPoints()
      }
    }
  }
  if (columns[0].length > 0) yield file.group(columns)
  yield file.end()
}

const emptyPoints = (): [string[], string[], bigint[], number[], (Date | null)[]] => [[], [], [], [], []]

/** A Parquet file whose bytes are taken away row group by row group. */
class ParquetPieces {
  private readonly bytes = new ByteWriter()
  private readonly writer: ParquetWriter

  constructor(
    private readonly columns: readonly Required<Pick<ColumnSource, 'name' | 'type' | 'nullable'>>[],
  ) {
    const schema = schemaFromColumnData({ columnData: this.filled(columns.map(() => [])) })
    this.writer = new ParquetWriter({ writer: this.bytes, schema, createdBy: 'fairsweep' })
  }

  group(columns: readonly unknown[][]): Buffer {
    // Nothing here waits: ByteWriter keeps all in memory.
    void this.writer.write({ columnData: this.filled(columns), rowGroupSize: GROUP_ROWS })
    return this.taken()
  }

  end(): Buffer {
    void this.writer.finish()
    return this.taken()
  }

  private filled(columns: readonly unknown[][]): ColumnSource[] {
    return this.columns.map((column, i) => ({ ...column, data: columns[i] ?? [] }))
  }

  /** What was written since the last time; positions in the file go on counting. */
  private taken(): Buffer {
    const piece = Buffer.from(this.bytes.getBytes())
    this.bytes.index = 0
    return piece
  }
}
