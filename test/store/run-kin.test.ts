import { beforeEach, describe, expect, it } from 'vitest'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import { losses, plan, START, study } from './plans'

let store: Store
let run: string

beforeEach(() => {
  store = openStore(':memory:')
  store.saveStudy(plan())
  run = store.runs({ study: 'lr-sweep', order: 'plan' })[0]!.id
})

describe('the kin of a run', () => {
  it('are the runs of its study that differ in rate and seed alone, by rate, then seed', () => {
    const kin = store.kinOf(run, 'lr-sweep')
    expect(kin.map(({ learningRate, seed }) => [learningRate, seed])).toEqual([
      [1e-4, 0],
      [1e-4, 1],
      [1e-3, 0],
      [1e-3, 1],
    ])
    expect(new Set(kin.map(({ setting }) => setting)).size).toBe(1)
  })

  it('are the nearest where a study has hundreds of seeds', () => {
    const seeds = Array.from({ length: 300 }, (_, i) => i)
    store.saveStudy(plan({ name: 'wide', seeds, learning_rates: [1e-3] }))
    const runs = store.runs({ study: 'wide', order: 'plan' })
    const seedsAround = (seed: number): number[] =>
      store.kinOf(runs.find((one) => one.seed === seed)!.id, 'wide').map((kin) => kin.seed)
    expect(seedsAround(150)).toEqual([146, 147, 148, 149, 150, 151, 152, 153, 154])
    expect(seedsAround(0)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(seedsAround(299)).toEqual([291, 292, 293, 294, 295, 296, 297, 298, 299])
  })

  it('leave out runs of another protocol in the same study', () => {
    const longer = study().training
    store.saveStudy(plan({ training: { ...longer, max_steps: 2 * longer.max_steps } }))
    const [now] = store.runs({ study: 'lr-sweep', order: 'plan' })
    const steps = store
      .kinOf(now!.id, 'lr-sweep')
      .map(({ config }) => 'training' in config && config.training.max_steps)
    expect(new Set(steps)).toEqual(new Set([2 * longer.max_steps]))
  })

  it('are not to be had from a study that does not hold the run', () => {
    store.saveStudy(plan({ name: 'other', seeds: [7] }))
    expect(() => store.kinOf(run, 'other')).toThrow('does not hold this run')
  })
})

it('every study that holds a run is told, whether it plans it still or not', () => {
  store.saveStudy(plan({ name: 'other' }))
  store.saveStudy(plan({ seeds: [1] }))
  expect(store.holdersOf(run)).toEqual([
    { name: 'lr-sweep', inPlan: false },
    { name: 'other', inPlan: true },
  ])
})

it('what a network is made of is kept once for all runs that share it', () => {
  const parameters = [{ name: 'out.weight', shape: [2, 5], part: 'output', trained: true }] as const
  expect(store.parametersOf(run)).toBeNull()
  store.begin(run, { ...START, parameters })
  const [sibling] = store.kinOf(run, 'lr-sweep').filter(({ id }) => id !== run)
  expect(store.parametersOf(sibling!.id)).toEqual(parameters)
})

describe('points between two steps', () => {
  it('come with their neighbours on either side, so that the line crosses the borders', () => {
    store.begin(run, START)
    store.append(run, [losses(1, 100)])
    const stepsOf = (firstStep: number, lastStep: number): number[] => [
      ...store.series(run, 'train/loss', undefined, undefined, { firstStep, lastStep }).steps,
    ]
    expect(stepsOf(40, 42)).toEqual([39, 40, 41, 42, 43])
    expect(stepsOf(1, 2)).toEqual([1, 2, 3])
    expect(stepsOf(99, 500)).toEqual([98, 99, 100])
  })
})

describe('the order of the queue', () => {
  it('is what somebody gave it, and a new order replaces it', () => {
    store.saveStudy(plan({ name: 'other' }))
    expect(store.queueOrder()).toEqual([])
    store.setQueueOrder(['other', 'lr-sweep'])
    expect(store.queueOrder()).toEqual(['other', 'lr-sweep'])
    store.setQueueOrder(['lr-sweep'])
    expect(store.queueOrder()).toEqual(['lr-sweep'])
  })

  it('takes no study that is not there', () => {
    expect(() => store.setQueueOrder(['lr-sweep', 'nobody'])).toThrow('there is no study "nobody"')
    expect(store.queueOrder()).toEqual([])
  })

  it('within a study is kept for the runs that were moved', () => {
    store.setQueuePlaces('lr-sweep', new Map([[run, 2.5]]))
    store.setQueuePlaces('lr-sweep', new Map([[run, -1]]))
    expect([...store.queuePlaces('lr-sweep')]).toEqual([[run, -1]])
  })
})
