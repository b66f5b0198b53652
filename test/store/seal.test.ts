import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Study } from '../../src-main/study/study'
import type { EventRecord, Store } from '../../src-main/store/store'
import { openStore } from '../../src-main/store/store'
import { losses, outcome, plan, START } from './plans'

let store: Store
beforeEach(() => {
  store = openStore(':memory:')
})

const TEST_POINT = { ...losses(90, 90), metric: 'test/accuracy' as const }

function train(id: string): void {
  store.begin(id, START)
  store.append(id, [losses(1, 100), TEST_POINT])
  store.end(id, outcome({ 'val/accuracy': 0.5, 'test/accuracy': 0.4 }))
}

const ids = (study = 'lr-sweep'): string[] => store.runs({ study, order: 'plan' }).map(({ id }) => id)
const trainAll = (study = 'lr-sweep'): void =>
  ids(study).forEach((id) => store.run(id)!.state === 'queued' && train(id))
const testScore = (id: string, study?: string): number | null | undefined =>
  store.run(id, study)!.summary['test/accuracy']
const testPoints = (id: string, study?: string): number =>
  store.series(id, 'test/accuracy', undefined, study).steps.length
const kinds = (study = 'lr-sweep'): string[] => store.events({ study }).map(({ kind }) => kind)
const latest = (kind: string): EventRecord | undefined =>
  store.events().findLast((event) => event.kind === kind)

describe('test scores', () => {
  beforeEach(() => {
    store.saveStudy(plan())
  })

  it('are null and their series empty while a planned run is still to end', () => {
    const [first] = ids()
    train(first!)
    expect(store.study('lr-sweep')).toMatchObject({ testSealed: true, testOpenedAt: null })
    for (const study of [undefined, 'lr-sweep']) {
      expect(testScore(first!, study)).toBeNull()
      expect(testPoints(first!, study)).toBe(0)
    }
    expect(store.runs({ study: 'lr-sweep', states: ['finished'] })[0]!.summary).toEqual({
      'val/accuracy': 0.5,
      'test/accuracy': null,
    })
    expect(store.runs({ states: ['finished'] })[0]!.summary['test/accuracy']).toBeNull()
    expect(store.series(first!, 'train/loss').steps.length).toBe(100)
  })

  it.each(['queued', 'running', 'paused'] as const)('stay sealed while one run is %s', (state) => {
    const [last, ...others] = ids()
    others.forEach(train)
    store.setState(last!, state)
    expect(testScore(others[0]!, 'lr-sweep')).toBeNull()
  })

  it.each(['finished', 'early-stopped', 'diverged', 'failed', 'cancelled'] as const)(
    'show with no further step when the last run is %s',
    (state) => {
      const [last, ...others] = ids()
      others.forEach(train)
      store.setState(last!, state)
      expect(testScore(others[0]!, 'lr-sweep')).toBe(0.4)
      expect(testPoints(others[0]!)).toBe(1)
      expect(store.study('lr-sweep')).toMatchObject({
        testSealed: false,
        testOpenedAt: expect.any(String) as string,
      })
      expect(kinds()).toContain('test-opened')
    },
  )

  it('of runs no longer planned show by the state of those that are', () => {
    const [first] = ids()
    train(first!)
    store.saveStudy(plan({ learning_rates: [1e-2] }))
    expect(testScore(first!, 'lr-sweep')).toBeNull()
    expect(testScore(first!)).toBeNull()
    trainAll()
    expect(testScore(first!, 'lr-sweep')).toBe(0.4)
  })

  it('are sealed again when runs are added, but the study remembers that they were seen', () => {
    trainAll()
    const { testOpenedAt } = store.study('lr-sweep')!
    const wider = store.saveStudy(plan({ seeds: [0, 1, 2] }))
    expect(wider).toMatchObject({ testSealed: true, testOpenedAt, changedAfterTest: ['seeds'] })
    expect(testScore(ids()[0]!)).toBeNull()
  })

  it('can be opened early, which is logged, and then stay open', () => {
    const [first] = ids()
    train(first!)
    expect(store.revealTest('lr-sweep')).toMatchObject({
      testSealed: false,
      testRevealedAt: expect.any(String) as string,
    })
    expect(testScore(first!)).toBe(0.4)
    expect(latest('test-revealed')).toMatchObject({
      study: 'lr-sweep',
      detail: expect.stringContaining('3 planned runs') as string,
    })
    store.saveStudy(plan({ seeds: [0, 1, 2] }))
    expect(testScore(first!)).toBe(0.4)
  })

  it('that are open anyway are not logged as opened early', () => {
    trainAll()
    expect(store.revealTest('lr-sweep').testRevealedAt).toBeNull()
    expect(kinds()).not.toContain('test-revealed')
  })

  it('of an unknown study cannot be opened', () => {
    expect(() => store.revealTest('nope')).toThrow('no study "nope"')
  })
})

describe('a run shared by two studies', () => {
  let shared: string
  beforeEach(() => {
    store.saveStudy(plan({ name: 'small', learning_rates: [1e-4] }))
    store.saveStudy(plan({ name: 'large', learning_rates: [1e-4, 1e-3] }))
    trainAll('small')
    shared = ids('small')[0]!
  })

  it('is sealed as seen from each by that study’s own state', () => {
    expect([testScore(shared, 'small'), testScore(shared, 'large')]).toEqual([0.4, null])
    expect([testPoints(shared, 'small'), testPoints(shared, 'large')]).toEqual([1, 0])
    expect(store.runs({ study: 'small' })[0]!.summary['test/accuracy']).toBe(0.4)
    expect(store.runs({ study: 'large', states: ['finished'] })[0]!.summary['test/accuracy']).toBeNull()
  })

  it('is sealed as seen from neither as long as one of them is', () => {
    expect([testScore(shared), testPoints(shared)]).toEqual([null, 0])
    expect(store.runs({ states: ['finished'] }).map(({ summary }) => summary['test/accuracy'])).toEqual([
      null,
      null,
    ])
    trainAll('large')
    expect([testScore(shared), testPoints(shared)]).toEqual([0.4, 1])
  })

  it('is opened early for one and stays sealed for the other', () => {
    store.saveStudy(plan({ name: 'third', learning_rates: [1e-4, 1e-2] }))
    store.revealTest('large')
    expect([testScore(shared, 'large'), testScore(shared, 'third'), testScore(shared)]).toEqual([
      0.4,
      null,
      null,
    ])
  })

  it('cannot be looked at through a study that does not hold it', () => {
    store.saveStudy(plan({ name: 'empty', learning_rates: [] }))
    expect(() => store.series(shared, 'test/accuracy', undefined, 'empty')).toThrow('does not hold this run')
    expect(store.run(shared, 'empty')).toBeNull()
  })

  it('freezes the rule of both when it starts', () => {
    expect(kinds('small')).toContain('rule-frozen')
    expect(kinds('large')).toContain('rule-frozen')
  })
})

describe('the selection rule', () => {
  const changes: [string, Partial<Study>][] = [
    [
      'rule-changed',
      { selection: { metric: 'loss', seeds: 'mean', tie: 'lowest-rate', diverged: 'exclude-arm' } },
    ],
    ['grid-changed', { learning_rates: [1e-4, 1e-3, 1e-2] }],
    ['seeds-changed', { seeds: [0, 1, 2] }],
    ['protocol-changed', { test: { examples: 100 } }],
  ]

  beforeEach(() => {
    store.saveStudy(plan())
  })

  it.each(changes)('and the rest may change without %s until the first run starts', (_, change) => {
    store.saveStudy(plan(change))
    expect(kinds().filter((kind) => kind.endsWith('-changed'))).toEqual([])
  })

  it('is frozen and logged when the first run starts, once', () => {
    expect(store.study('lr-sweep')!.ruleFrozenAt).toBeNull()
    ids().slice(0, 2).forEach(train)
    expect(store.study('lr-sweep')!.ruleFrozenAt).not.toBeNull()
    expect(kinds().filter((kind) => kind === 'rule-frozen')).toHaveLength(1)
    expect(JSON.parse(latest('rule-frozen')!.detail)).toEqual(plan().study.selection)
  })

  it('is frozen at once by a study whose runs have been trained for another', () => {
    trainAll()
    const record = store.saveStudy(plan({ name: 'again' }))
    expect(record).toMatchObject({
      testSealed: false,
      ruleFrozenAt: expect.any(String) as string,
      testOpenedAt: expect.any(String) as string,
    })
  })

  it.each(changes)('change is logged as %s, before the test is open', (kind, change) => {
    train(ids()[0]!)
    expect(store.saveStudy(plan(change)).changedAfterTest).toEqual([])
    expect(latest(kind)!.detail).toContain('test not yet opened')
  })

  it.each(changes)(
    'change after the test was open is logged as %s and carried by the study',
    (kind, change) => {
      trainAll()
      expect(store.saveStudy(plan(change)).changedAfterTest).toEqual([kind.replace('-changed', '')])
      expect(latest(kind)!.detail).toContain('after the test was opened')
    },
  )

  it('changes after the test add up, and going back does not clear them', () => {
    trainAll()
    store.saveStudy(plan({ seeds: [0] }))
    store.saveStudy(plan({ learning_rates: [1e-3] }))
    expect(store.saveStudy(plan()).changedAfterTest).toEqual(['grid', 'seeds'])
    expect(latest('grid-changed')!.detail).toContain('learning_rates: [0.001] to [0.0001,0.001]')
  })
})

it('test scores have one way out: the column and the release are named in one place each', () => {
  const folder = join(import.meta.dirname, '../../src-main/store')
  const naming = (what: RegExp): string[] =>
    readdirSync(folder).filter((file) => what.test(readFileSync(join(folder, file), 'utf8')))
  expect(naming(/readScores\(testScores/)).toEqual(['run-rows.ts'])
  expect(naming(/readSeries\(/)).toEqual(['open.ts', 'points.ts'])
  expect(naming(/releaseTestScores\(/)).toEqual(['open.ts', 'run-rows.ts'])
})
