import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import { importBatch, readImport } from '../../src-main/imports/read-import'
import { exportStudy } from '../../src-main/reports/export'
import { exportPointsCsv, exportRunsCsv } from '../../src-main/reports/export-csv'
import { exportDocument } from '../../src-main/reports/export-schema'
import { openStore, type Store } from '../../src-main/store/store'
import { losses, outcome, plan, START } from '../store/plans'
import { scratch } from './files'

const { file } = scratch()

/** A workspace with a trained study of eight runs: two settings, two rates, two seeds. */
function trained(names: readonly [string, string] = ['frozen-pretrained', 'unfrozen-pretrained']): Store {
  const store = openStore(':memory:')
  const settings = names.map((name) => ({
    name,
    init: 'pretrained' as const,
    train: ['input' as const, name === names[0] ? ('output' as const) : ('attention' as const)],
  }))
  store.saveStudy(plan({ settings }))
  store.runs({ study: 'lr-sweep', order: 'plan' }).forEach(({ id }, i) => {
    store.begin(id, START)
    store.append(id, [
      losses(1, 20),
      {
        metric: 'val/accuracy',
        steps: Uint32Array.of(10, 20),
        values: Float64Array.of(0.1, i / 10),
        times: Float64Array.of(1e12, 2e12),
      },
    ])
    store.end(id, { ...outcome({ 'val/accuracy': i / 10, 'test/accuracy': i / 11 }), bestStep: 20 })
  })
  return store
}

const csvOf = (store: Store): string[] => [
  file('lr-sweep.runs.csv', [...exportRunsCsv(store, 'lr-sweep')].join('')),
  file('lr-sweep.points.csv', [...exportPointsCsv(store, 'lr-sweep')].join('')),
]

async function importInto(store: Store, paths: readonly string[]) {
  const read = await readImport(paths)
  const before = store.study('theirs') === null ? [] : store.runs({ study: 'theirs', order: 'plan' })
  return store.importRuns(importBatch(read, 'theirs', before))
}

const compared = (store: Store, name: string) => {
  const { study, testSealed } = store.study(name)!
  return compareStudy({ study, runs: store.runs({ study: name, order: 'plan' }), testSealed })
}

describe('what we export as CSV', () => {
  it('comes back with every score, point and moment, and compares the same', async () => {
    const [ours, theirs] = [trained(), openStore(':memory:')]
    expect(await importInto(theirs, csvOf(ours))).toMatchObject({ added: 8, points: 8 * 22 })
    const runs = theirs.runs({ study: 'theirs', order: 'plan' })
    for (const original of ours.runs({ study: 'lr-sweep', order: 'plan' })) {
      const copy = runs.find(({ config }) => 'imported' in config && config.imported.run === original.id)!
      const { task, model, setting, learningRate, seed, state, steps, bestStep, summary } = original
      expect(copy).toMatchObject({
        task,
        model,
        setting,
        learningRate,
        seed,
        state,
        steps,
        bestStep,
        summary,
      })
      expect([copy.startedAt, copy.finishedAt]).toEqual([original.startedAt, original.finishedAt])
      for (const metric of ['train/loss', 'val/accuracy'] as const) {
        expect(theirs.series(copy.id, metric)).toEqual(ours.series(original.id, metric))
      }
    }
    const [a, b] = [compared(ours, 'lr-sweep'), compared(theirs, 'theirs')]
    expect(b.groups[0]?.best.validation.text).toBe(a.groups[0]?.best.validation.text)
    expect(
      b.groups[0]?.cells.map(({ choice }) => [choice?.rate, choice?.validation.mean, choice?.test?.mean]),
    ).toEqual(
      a.groups[0]?.cells.map(({ choice }) => [choice?.rate, choice?.validation.mean, choice?.test?.mean]),
    )
  })

  it('adds nothing when it is imported again', async () => {
    const [paths, theirs] = [csvOf(trained()), openStore(':memory:')]
    await importInto(theirs, paths)
    const before = theirs.runs({ study: 'theirs', order: 'plan' })
    expect(await importInto(theirs, paths)).toMatchObject({ added: 0, known: 8, replaced: 0, points: 0 })
    expect(theirs.runs({ study: 'theirs', order: 'plan' })).toEqual(before)
  })

  it.each(['=cmd|x', '+1', '-name', '@sum', 'a,b "c"', 'größe', '1e-3'])(
    'brings back a setting called %s',
    async (name) => {
      const [paths, theirs] = [csvOf(trained([name, 'other'])), openStore(':memory:')]
      await importInto(theirs, paths)
      expect(theirs.study('theirs')?.study.settings.map((setting) => setting.name)).toEqual([name, 'other'])
    },
  )

  it('is, once imported, exported like any study', async () => {
    const theirs = openStore(':memory:')
    await importInto(theirs, csvOf(trained()))
    const document = exportStudy(theirs, 'theirs', { metrics: true })
    expect(exportDocument.parse(document)).toMatchObject({
      protocol: { training: null, validation: null, test: null },
      test_sealed: false,
    })
    expect([...exportRunsCsv(theirs, 'theirs')].join('')).toContain('frozen-pretrained')
  })
})
