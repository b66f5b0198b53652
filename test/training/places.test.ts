import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { newFolder, toyTask, trainToys, type ToyRun, type ToyStore } from './toy-job'

/** Runs take the places of others that have ended, and empty places are closed. */

beforeAll(() => loadEngine())

const options = { training: { max_steps: 40 }, validation: { every: 10, patience: 100 } }
const sick: ToyRun = { id: 'sick', seed: 7, learningRate: 1e38 }
const long: ToyRun = { id: 'long', seed: 7, learningRate: 0.01 }
const next: ToyRun = { id: 'next', seed: 7, learningRate: 0.02 }

/** The messages about the moment at which a run began and another had taken its last step. */
const beganAfter = (store: ToyStore, run: string, other: string): number => {
  const begun = store.messages.findIndex((message) => message.type === 'begun' && message.run === run)
  const before = store.messages.slice(0, begun)
  return Math.max(
    0,
    ...before.flatMap((message) =>
      message.type === 'points' && message.run === other
        ? message.chunks.flatMap(({ steps }) => [...steps])
        : [],
    ),
  )
}

describe('a run that takes the place of another', () => {
  it('has the bits that it has from the start in that place, and disturbs nobody', async () => {
    const refilled = await trainToys({ runs: [sick, long], waiting: [[next]], ...options })
    const fromStart = await trainToys({ runs: [next, long], ...options })
    expect(refilled.outcomes.get('sick')?.state).toBe('diverged')
    for (const { id } of [next, long]) {
      expect(refilled.log(id)).toEqual(fromStart.log(id))
      expect(refilled.outcomes.get(id)).toEqual(fromStart.outcomes.get(id))
    }
  })

  it('comes at once, and is evaluated at steps of its own', async () => {
    const task = toyTask()
    const validation = { fraction: 0.25, ...options.validation }
    const store = await trainToys({ runs: [sick, long], waiting: [[next]], task, ...options, validation })
    const ended = store.outcomes.get('sick')?.steps ?? NaN
    expect(ended).toBeLessThan(10)
    expect(beganAfter(store, 'next', 'long')).toBe(ended)
    for (const run of ['next', 'long']) expect(store.steps(run, 'val/loss')).toEqual([10, 20, 30, 40])
  })

  it('leaves the test split of the one that has ended as it was read: once, at its end', async () => {
    const still = { ...long, id: 'still', learningRate: 0 }
    const validation = { every: 5, patience: 2 }
    const alone = await trainToys({ runs: [still, long], ...options, validation })
    const store = await trainToys({
      runs: [still, long],
      waiting: [[next]],
      ...options,
      validation,
    })
    expect(store.outcomes.get('still')).toEqual(alone.outcomes.get('still'))
    expect(store.series('still', 'test/loss')).toEqual(alone.series('still', 'test/loss'))
    expect(beganAfter(store, 'next', 'long')).toBe(15)
  })

  it('that was paused goes on to the same bits, from a group of its own', async () => {
    const whole = await trainToys({ runs: [next, long], ...options })
    const checkpoints = await newFolder()
    const store = await trainToys({
      runs: [sick, long],
      waiting: [[next]],
      ...options,
      checkpoints,
      on: (message, control) => {
        if (message.type === 'points' && message.run === 'next' && message.chunks[0]?.steps.at(-1) === 17)
          control.pause()
      },
    })
    expect(store.outcomes.get('next')).toMatchObject({ state: 'paused', steps: 17 })
    await trainToys({ runs: [next, long], ...options, checkpoints, store })
    expect(store.log('next')).toEqual(whole.log('next'))
    expect(store.outcomes.get('next')).toEqual(whole.outcomes.get('next'))
  })

  it('and is cancelled on its way ends as cancelled; nobody else does', async () => {
    const store = await trainToys({
      runs: [sick, long],
      waiting: [[next]],
      ...options,
      on: (message, control) => {
        if (message.type === 'free') control.cancel('next')
      },
    })
    expect(store.outcomes.get('next')).toMatchObject({ state: 'cancelled', steps: 0 })
    expect(store.outcomes.get('long')).toMatchObject({ state: 'finished', steps: 40 })
  })

  it('leaks no tensor', async () => {
    const before = tf.memory().numTensors
    await trainToys({ runs: [sick, long], waiting: [[next]], ...options })
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('a group', () => {
  it('offers no place when all its runs end together', async () => {
    const store = await trainToys({ runs: [long, { ...next, seed: 7 }], waiting: [[sick]], ...options })
    expect(store.messages.filter(({ type }) => type === 'free')).toEqual([])
    expect(store.outcomes.has('sick')).toBe(false)
  })

  it('is as large as its last run asks for, where its size does not count', async () => {
    const runs = [long]
    const store = await trainToys({ runs, slots: 4, sizesAreAlike: true, ...options })
    const whole = await trainToys({ runs, ...options })
    expect(store.log('long')).toEqual(whole.log('long'))
  })

  it('closes the places at its end once that pays, says so, and its runs go on to the same numbers', async () => {
    const steps = { training: { max_steps: 300, dropout: 0.1 }, validation: { every: 100, patience: 100 } }
    const runs = [long, sick, { ...sick, id: 'sicker' }, { ...sick, id: 'sickest' }]
    const before = tf.memory().numTensors
    const store = await trainToys({ runs, sizesAreAlike: true, ...steps })
    const logs = store.messages.flatMap((message) => (message.type === 'log' ? [message.message] : []))
    expect(logs).toEqual([
      expect.stringMatching(/^a fused group of 4 goes on with 1 place, for nobody waits/),
    ])
    expect(tf.memory().numTensors).toBe(before)
    const alone = await trainToys({ runs: [long], ...steps })
    const expected = alone.series('long', 'train/loss').slice(0, 50)
    store
      .series('long', 'train/loss')
      .slice(0, 50)
      .forEach(([, loss], i) => {
        expect(Math.abs(loss - (expected[i]?.[1] ?? NaN)) / loss).toBeLessThan(1e-5)
      })
    expect(store.outcomes.get('long')).toMatchObject({ state: 'finished', steps: 300 })
  })
})
