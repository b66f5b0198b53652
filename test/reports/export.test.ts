import { beforeEach, describe, expect, it } from 'vitest'
import { exportJson, exportStudy } from '../../src-main/reports/export'
import { exportDocument, fromExportNumber, type ExportRun } from '../../src-main/reports/export-schema'
import { openWritable } from '../../src-main/store/database'
import { writableStore } from '../../src-main/store/open'
import type { Store } from '../../src-main/store/store'
import { ENVIRONMENT, losses, outcome, plan, START, study } from '../store/plans'

let store: Store
let damage: () => void
beforeEach(() => {
  const db = openWritable(':memory:')
  store = writableStore(db)
  damage = () => void db.exec('UPDATE chunks SET data = zeroblob(20) WHERE first_step = 1')
  store.saveStudy(plan())
})

const ids = (): string[] => store.runs({ study: 'lr-sweep', order: 'plan' }).map(({ id }) => id)
const SCORES = { 'val/accuracy': 0.5, 'val/loss': 1.25, 'test/accuracy': 0.4 }

function train(id: string, summary = outcome(SCORES)): void {
  store.begin(id, START)
  store.append(id, [
    { ...losses(1, 4), values: Float64Array.of(0.5, NaN, Infinity, -Infinity) },
    { ...losses(2, 2), metric: 'val/loss', values: Float64Array.of(-0.25) },
    { ...losses(2, 2), metric: 'test/accuracy' },
  ])
  store.end(id, summary)
}

/** As a script would read it. */
const reread = (metrics = false): ReturnType<typeof exportDocument.parse> =>
  exportDocument.parse(JSON.parse([...exportJson(store, 'lr-sweep', { metrics })].join('')))

describe('the JSON export', () => {
  it('has the promised shape, and reading it gives the same document', () => {
    ids().forEach((id) => train(id))
    for (const metrics of [false, true])
      expect(reread(metrics)).toEqual(exportStudy(store, 'lr-sweep', { metrics }))
  })

  it('says what was asked for and what came of it', () => {
    ids().forEach((id) => train(id))
    const { training, validation, test, selection } = study()
    const document = reread()
    expect(document).toMatchObject({
      study: 'lr-sweep',
      protocol: { training, validation, test, selection },
      test_sealed: false,
      changed_after_test: [],
    })
    const record = store.run(ids()[0]!)!
    expect(document.runs[0]).toEqual({
      id: record.id,
      key: record.key,
      task: 'mnist',
      model: 'minilm-l6',
      setting: 'frozen-pretrained',
      learning_rate: 1e-4,
      seed: 0,
      state: 'finished',
      in_plan: true,
      reason: null,
      steps: 100,
      best_step: 90,
      parameters_trained: 10,
      parameters_total: 100,
      step_flops: 6000,
      metrics: SCORES,
      environment: ENVIRONMENT,
      started_at: record.startedAt,
      finished_at: record.finishedAt,
      config: record.config,
    } satisfies ExportRun)
  })

  it('holds every logged point, non-finite numbers as strings that read back', () => {
    ids().forEach((id) => train(id))
    const { series } = reread(true).runs[0]!
    expect(series).toEqual({
      'train/loss': [
        [1, 0.5],
        [2, 'NaN'],
        [3, 'Infinity'],
        [4, '-Infinity'],
      ],
      'val/loss': [[2, -0.25]],
      'test/accuracy': [[2, Math.fround(1 / 3)]],
    })
    expect(series!['train/loss']!.map(([, value]) => fromExportNumber(value))).toEqual([
      0.5,
      NaN,
      Infinity,
      -Infinity,
    ])
  })

  it('writes a diverged score as a string too', () => {
    train(ids()[0]!, outcome({ 'val/loss': NaN }))
    expect(reread().runs[0]!.metrics).toEqual({ 'val/loss': 'NaN' })
  })

  it('withholds test scores and test points while the study is sealed, and says so', () => {
    train(ids()[0]!)
    const document = reread(true)
    expect(document.test_sealed).toBe(true)
    expect(document.runs[0]!.metrics).toEqual({ ...SCORES, 'test/accuracy': null })
    expect(Object.keys(document.runs[0]!.series!)).toEqual(['train/loss', 'val/loss'])
    expect(document.runs[1]!.metrics).toEqual({})
    expect([...exportJson(store, 'lr-sweep', { metrics: true })].join('')).not.toMatch(
      /"test\/accuracy":[^n]/,
    )
  })

  it('says what changed after the test was seen, and which runs are no longer planned', () => {
    ids().forEach((id) => train(id))
    store.saveStudy(plan({ seeds: [0] }))
    expect(reread().changed_after_test).toEqual(['seeds'])
    expect(reread().runs.map(({ in_plan }) => in_plan)).toEqual([true, true, false, false])
  })

  it('lists points that can no longer be read, instead of leaving them out in silence', () => {
    ids().forEach((id) => train(id))
    damage()
    expect(reread(true).runs[0]).toMatchObject({
      series: { 'train/loss': [] },
      damaged: { 'train/loss': [[1, 4]] },
    })
  })

  it('of a study of many pages holds each run once, in the order of the plan', () => {
    store.saveStudy(
      plan({ name: 'wide', seeds: Array.from({ length: 700 }, (_, i) => i), learning_rates: [1e-5, 2e-5] }),
    )
    const runs = exportStudy(store, 'wide').runs.map(({ learning_rate, seed }) => [learning_rate, seed])
    expect(runs).toEqual(
      [1e-5, 2e-5].flatMap((rate) => Array.from({ length: 700 }, (_, seed) => [rate, seed])),
    )
  })

  it('of a study without runs is a document all the same', () => {
    store.saveStudy(plan({ name: 'lr-sweep-2', seeds: [] }))
    expect(JSON.parse([...exportJson(store, 'lr-sweep-2')].join(''))).toMatchObject({
      study: 'lr-sweep-2',
      runs: [],
    })
  })

  it('of a study that is not there is refused by name', () => {
    expect(() => exportStudy(store, 'nope')).toThrow('no study "nope"')
    expect(() => exportJson(store, 'nope').next()).toThrow('no study "nope"')
  })
})

describe('the schema of the export', () => {
  it('refuses keys and values that were not promised', () => {
    const document = exportStudy(store, 'lr-sweep')
    expect(exportDocument.safeParse(document).success).toBe(true)
    expect(exportDocument.safeParse({ ...document, extra: 1 }).success).toBe(false)
    const [run] = document.runs
    for (const wrong of [
      { ...run, state: 'done' },
      { ...run, metrics: { 'val/f1': 1 } },
      { ...run, steps: -1 },
    ]) {
      expect(exportDocument.safeParse({ ...document, runs: [wrong] }).success).toBe(false)
    }
  })
})
