import { parse } from 'csv-parse/sync'
import { beforeEach, describe, expect, it } from 'vitest'
import { exportPointsCsv, exportRunsCsv } from '../../src-main/reports/export-csv'
import { openStore, type Store } from '../../src-main/store/store'
import { losses, outcome, plan, START } from '../store/plans'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
  store.saveStudy(plan())
})

const ids = (study = 'lr-sweep'): string[] => store.runs({ study, order: 'plan' }).map(({ id }) => id)
const read = (pieces: Iterable<string>): Record<string, string>[] =>
  parse<Record<string, string>>([...pieces].join(''), { columns: true })

function train(id: string, summary = outcome({ 'val/loss': -1.5, 'test/accuracy': 0.4 })): void {
  store.begin(id, START)
  store.append(id, [
    { ...losses(1, 3), values: Float64Array.of(-1e-9, NaN, -Infinity) },
    { ...losses(2, 2), metric: 'test/loss' },
  ])
  store.end(id, summary)
}

describe('the runs as CSV', () => {
  it('are one row a run, in the order of the plan, and read back', () => {
    ids().forEach((id) => train(id))
    const rows = read(exportRunsCsv(store, 'lr-sweep'))
    expect(rows.map(({ id }) => id)).toEqual(ids())
    expect(rows[0]).toMatchObject({
      study: 'lr-sweep',
      setting: 'frozen-pretrained',
      learning_rate: '0.0001',
      seed: '0',
      state: 'finished',
      in_plan: 'true',
      steps: '100',
      'val/loss': '-1.5',
      'val/accuracy': '',
      'test/accuracy': '0.4',
      test_sealed: 'false',
      max_steps: '100',
      validation_examples: 'all',
      versions: 'node=20.20.2 tensorflow=2.21.0',
      reason: '',
    })
  })

  it('leave test scores empty while the study is sealed', () => {
    train(ids()[0]!)
    expect(read(exportRunsCsv(store, 'lr-sweep'))[0]).toMatchObject({
      'test/accuracy': '',
      test_sealed: 'true',
    })
  })

  it.each(['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\tx', '=HYPERLINK("http://x","y")'])(
    'keep a spreadsheet from computing %j, and the text is still there',
    (name) => {
      const { runs, ...rest } = plan({ name: 'named' })
      store.saveStudy({ ...rest, runs: runs.map((run) => ({ ...run, task: name })) })
      expect(read(exportRunsCsv(store, 'named'))[0]!['task']).toBe(`'${name}`)
    },
  )

  it('keep numbers numbers, negative and non-finite ones too', () => {
    train(ids()[0]!, outcome({ 'val/loss': -0.125, 'val/accuracy': NaN }))
    train(ids()[1]!, outcome({ 'val/loss': -Infinity }))
    const rows = read(exportRunsCsv(store, 'lr-sweep'))
    expect([rows[0]!['val/loss'], rows[0]!['val/accuracy'], rows[1]!['val/loss']]).toEqual([
      '-0.125',
      'NaN',
      '-Infinity',
    ])
  })

  it('survive commas, quotes and line breaks in a reason', () => {
    const reason = 'worker said: "out of memory",\nthen died'
    store.setState(ids()[0]!, 'failed', reason)
    expect(read(exportRunsCsv(store, 'lr-sweep'))[0]).toMatchObject({ state: 'failed', reason })
  })

  it('of many pages are all there', () => {
    store.saveStudy(plan({ name: 'wide', seeds: Array.from({ length: 600 }, (_, i) => i) }))
    expect(read(exportRunsCsv(store, 'wide')).map(({ id }) => id)).toEqual(ids('wide'))
  })
})

describe('the points as CSV', () => {
  it('are one row a point, with numbers and times that read back', () => {
    ids().forEach((id) => train(id))
    const rows = read(exportPointsCsv(store, 'lr-sweep')).filter(({ run }) => run === ids()[2])
    expect(rows.map(({ metric, step, value }) => [metric, step, Number(value)])).toEqual([
      ['train/loss', '1', -1e-9],
      ['train/loss', '2', NaN],
      ['train/loss', '3', -Infinity],
      ['test/loss', '2', Math.fround(1 / 3)],
    ])
    expect(rows.map(({ time }) => Date.parse(time!))).toEqual([1e12 + 10, 1e12 + 20, 1e12 + 30, 1e12 + 20])
  })

  it('hold no test point while the study is sealed', () => {
    train(ids()[0]!)
    expect(new Set(read(exportPointsCsv(store, 'lr-sweep')).map(({ metric }) => metric))).toEqual(
      new Set(['train/loss']),
    )
  })

  it('of a long run are all there', () => {
    store.begin(ids()[0]!, START)
    store.append(ids()[0]!, [losses(1, 12_345)])
    expect(read(exportPointsCsv(store, 'lr-sweep'))).toHaveLength(12_345)
  })

  it('of a study that is not there are refused by name', () => {
    expect(() => exportPointsCsv(store, 'nope').next()).toThrow('no study "nope"')
    expect(() => exportRunsCsv(store, 'nope').next()).toThrow('no study "nope"')
  })
})
