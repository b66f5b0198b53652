import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parse } from 'csv-parse/sync'
import { beforeEach, describe, expect, it } from 'vitest'
import { exportPointsCsv, exportRunsCsv } from '../../src-main/reports/export-csv'
import { exportPointsParquet, exportRunsParquet } from '../../src-main/reports/export-parquet'
import { openStore, type Store } from '../../src-main/store/store'
import { batch, importedRun } from '../store/imports'
import { losses, outcome, plan, START } from '../store/plans'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
  store.saveStudy(plan())
})

const ids = (): string[] => store.runs({ study: 'lr-sweep', order: 'plan' }).map(({ id }) => id)

function bytesOf(pieces: Iterable<Buffer>): ArrayBuffer {
  const whole = Buffer.concat([...pieces])
  return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.byteLength)
}

type Row = Record<string, unknown>
const read = (file: ArrayBuffer): Promise<Row[]> => parquetReadObjects({ file })

function train(id: string): void {
  store.begin(id, START)
  store.append(id, [{ ...losses(1, 4), values: Float64Array.of(-1e-9, NaN, -Infinity, 0.1) }])
  store.end(id, outcome({ 'val/loss': NaN, 'val/accuracy': 0.5, 'test/accuracy': 0.4 }))
}

describe('the runs as Parquet', () => {
  it('read back with types: numbers, whole numbers, truth values, texts and nulls', async () => {
    ids().forEach(train)
    const rows = await read(bytesOf(exportRunsParquet(store, 'lr-sweep')))
    expect(rows.map((row) => row['id'])).toEqual(ids())
    expect(rows[0]).toMatchObject({
      study: 'lr-sweep',
      learning_rate: 1e-4,
      seed: 0n,
      state: 'finished',
      in_plan: true,
      reason: null,
      steps: 100n,
      'val/loss': NaN,
      'val/accuracy': 0.5,
      'test/accuracy': 0.4,
      'test/loss': null,
      test_sealed: false,
      shuffle: true,
      validation_examples: 'all',
      threads: 2n,
      commit: null,
    })
  })

  it('say what the CSV says', async () => {
    ids().forEach(train)
    const csv = parse<Record<string, string>>([...exportRunsCsv(store, 'lr-sweep')].join(''), {
      columns: true,
    })
    const rows = await read(bytesOf(exportRunsParquet(store, 'lr-sweep')))
    const asText = (value: unknown): string => (value === null ? '' : `${value as number}`)
    expect(
      rows.map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(value)])),
      ),
    ).toEqual(csv)
  })

  it('leave out sealed test scores', async () => {
    train(ids()[0]!)
    const [row] = await read(bytesOf(exportRunsParquet(store, 'lr-sweep')))
    expect(row).toMatchObject({ 'val/accuracy': 0.5, 'test/accuracy': null, test_sealed: true })
  })

  it('leave empty what is not known of imported runs', async () => {
    store.importRuns(batch([importedRun(1e-3, 0, 0.9)]))
    const rows = await read(bytesOf(exportRunsParquet(store, 'theirs')))
    expect(rows).toMatchObject([
      { study: 'theirs', 'val/accuracy': 0.9, batch_size: null, shuffle: null, engine: null },
    ])
  })

  it('of a study without runs have every column and no row', async () => {
    store.importRuns(batch([]))
    const file = bytesOf(exportRunsParquet(store, 'theirs'))
    expect(await read(file)).toEqual([])
    expect(parquetMetadata(file).schema.map(({ name }) => name)).toContain('learning_rate')
  })

  it('are refused for a study that is not there', () => {
    expect(() => bytesOf(exportRunsParquet(store, 'other'))).toThrow('there is no study "other"')
  })
})

describe('the points as Parquet', () => {
  it('are a row each, with NaN, infinity and moments', async () => {
    ids().forEach(train)
    const rows = await read(bytesOf(exportPointsParquet(store, 'lr-sweep')))
    expect(rows).toHaveLength(4 * ids().length)
    expect(rows.slice(0, 4)).toEqual(
      [-1e-9, NaN, -Infinity, 0.1].map((value, i) => ({
        run: ids()[0],
        metric: 'train/loss',
        step: BigInt(i + 1),
        value,
        time: new Date(1e12 + 10 * (i + 1)),
      })),
    )
  })

  it('say what the CSV says, over several row groups', async () => {
    const id = ids()[0]!
    store.begin(id, START)
    store.append(id, [losses(1, 150_000)])
    const file = bytesOf(exportPointsParquet(store, 'lr-sweep'))
    expect(parquetMetadata(file).row_groups.map(({ num_rows }) => num_rows)).toEqual([100_000n, 50_000n])
    const rows = await read(file)
    const csv = [...exportPointsCsv(store, 'lr-sweep')].join('').trim().split('\n').slice(1)
    const lines = rows.map((row) => {
      const { run, metric, step, value, time } = row as {
        run: string
        metric: string
        step: bigint
        value: number
        time: Date
      }
      return `${run},${metric},${step},${value},${time.toISOString()}`
    })
    expect(lines).toEqual(csv)
  })
})
