import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import type { PublishedCell } from '../../src-main/run'
import { openStore, type Store } from '../../src-main/store/store'
import { batch, importedRun, points } from './imports'
import { plan } from './plans'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
})
afterEach(() => {
  store.close()
})

const cell: PublishedCell = {
  source: 'Rothermel et al. 2021',
  task: 'mnist',
  model: 'gpt2',
  setting: 'frozen-pretrained',
  metric: 'accuracy',
  mean: 0.985,
  sem: 0.001,
  n: 3,
}

describe('importing runs', () => {
  it('makes a study of them, with scores, points and what their tracker recorded', () => {
    const outcome = store.importRuns(batch([importedRun(1e-3, 0, 0.9), importedRun(1e-4, 1, 0.8)]))
    expect(outcome).toEqual({
      added: 2,
      known: 0,
      replaced: 0,
      points: 20,
      damaged: 0,
      published: { added: 0, known: 0, changed: 0 },
    })
    expect(store.study('theirs')).toMatchObject({
      importedFrom: 'csv',
      testSealed: false,
      ruleFrozenAt: null,
      testOpenedAt: null,
      runsByState: { finished: 2 },
      text: 'format: runs\n',
    })
    const [run] = store.runs({ study: 'theirs', order: 'plan' })
    expect(run).toMatchObject({
      learningRate: 1e-3,
      seed: 0,
      model: 'resnet',
      bestStep: 8,
      steps: 10,
      summary: { 'val/accuracy': 0.9, 'test/accuracy': 0.89 },
      config: { imported: { from: 'csv', run: 'lr0.001-s0' }, options: { optimizer: 'sgd' } },
      environment: null,
    })
    expect(Array.from(store.series(run!.id, 'val/accuracy').values).slice(0, 3)).toEqual([0, 0.1, 0.2])
  })

  it('adds nothing the second time', () => {
    const runs = [importedRun(1e-3, 0, 0.9), importedRun(1e-3, 1, 0.8)]
    store.importRuns(batch(runs))
    const events = store.events()
    expect(store.importRuns(batch(runs))).toMatchObject({ added: 0, known: 2, replaced: 0, points: 0 })
    expect(store.countRuns()).toBe(2)
    expect(store.countRuns({ study: 'theirs' })).toBe(2)
    expect(store.events()).toEqual(events)
  })

  it('keeps what a run was before its tracker wrote on, out of plan and last', () => {
    store.importRuns(batch([importedRun(1e-3, 0, 0.9), importedRun(1e-3, 1, 0.8)]))
    expect(store.importRuns(batch([importedRun(1e-3, 0, 0.95)]))).toMatchObject({ added: 1, replaced: 1 })
    const runs = store.runs({ study: 'theirs', order: 'plan' })
    expect(runs.map(({ summary, inPlan }) => [summary['val/accuracy'], inPlan])).toEqual([
      [0.8, true],
      [0.95, true],
      [0.9, false],
    ])
  })

  it('keeps two runs of one name apart, also when they come again', () => {
    const twins = [0.9, 0.8].map((score) => importedRun(1e-3, 0, score))
    store.importRuns(batch(twins))
    expect(store.importRuns(batch(twins))).toMatchObject({ added: 0, known: 2, replaced: 0 })
    expect(store.runs({ study: 'theirs' }).map(({ inPlan }) => inPlan)).toEqual([true, true])
  })

  it('shares a run between two studies that import it', () => {
    store.importRuns(batch([importedRun(1e-3, 0, 0.9)]))
    const other = batch([importedRun(1e-3, 0, 0.9)])
    expect(store.importRuns({ ...other, study: { ...other.study, name: 'again' } })).toMatchObject({
      added: 0,
      known: 1,
    })
    expect(store.studiesOf(store.runs()[0]!.id)).toEqual(['theirs', 'again'])
  })

  it('writes down that nobody kept watch over their test scores', () => {
    store.importRuns(batch([importedRun(1e-3, 0, 0.9)]))
    expect(store.events({ study: 'theirs' })).toMatchObject([
      {
        kind: 'imported',
        detail: expect.stringMatching(/^theirs\.csv \(csv\): 1 new.*cannot be vouched for/) as string,
      },
    ])
  })

  it('imports all of it or nothing', () => {
    const broken = { ...importedRun(1e-4, 0, 0.5), points: [points('val/loss', 5), points('val/loss', 5)] }
    expect(() => store.importRuns(batch([importedRun(1e-3, 0, 0.9), broken]))).toThrow(
      'each step is logged once',
    )
    expect(store.studies()).toEqual([])
    expect(store.countRuns()).toBe(0)
  })

  it('packs long series in chunks that read back whole', () => {
    store.importRuns(batch([{ ...importedRun(1e-3, 0, 0.9), points: [points('train/loss', 10_001)] }]))
    const { steps, damaged } = store.series(store.runs()[0]!.id, 'train/loss')
    expect([steps.length, steps.at(-1), damaged]).toEqual([10_001, 10_001, []])
  })

  it('keeps apart what is trained here and what is not', () => {
    store.saveStudy(plan())
    const mixed = batch([importedRun(1e-3, 0, 0.9)])
    expect(() => store.importRuns({ ...mixed, study: { ...mixed.study, name: 'lr-sweep' } })).toThrow(
      InputError,
    )
    store.importRuns(mixed)
    expect(() => store.saveStudy(plan({ name: 'theirs' }))).toThrow('was imported')
  })
})

describe('published cells', () => {
  it('stand beside a study that is trained here', () => {
    store.saveStudy(plan())
    const given = batch([], { published: [cell, { ...cell, setting: 'frozen-random', sem: null, n: null }] })
    const outcome = store.importRuns({ ...given, study: { ...given.study, name: 'lr-sweep' } })
    expect(outcome.published).toEqual({ added: 2, known: 0, changed: 0 })
    expect(store.published('lr-sweep')).toEqual([
      cell,
      { ...cell, setting: 'frozen-random', sem: null, n: null },
    ])
    expect(store.study('lr-sweep')).toMatchObject({
      importedFrom: null,
      study: { training: { batch_size: 8 } },
    })
  })

  it('are known the second time, and changed where the number is another', () => {
    store.importRuns(batch([], { published: [cell] }))
    expect(store.importRuns(batch([], { published: [cell] })).published).toMatchObject({ added: 0, known: 1 })
    const outcome = store.importRuns(batch([], { published: [{ ...cell, mean: 0.99 }] }))
    expect(outcome.published).toMatchObject({ added: 0, changed: 1 })
    expect(store.published('theirs')).toEqual([{ ...cell, mean: 0.99 }])
  })
})
