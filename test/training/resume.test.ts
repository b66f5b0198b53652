import { readdir, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import type { TrainingOptions } from '../../src-main/run'
import type { FromWorker } from '../../src-main/training/messages'
import { newFolder, ToyStore, trainToys, type ToyJob } from './toy-job'

beforeAll(() => loadEngine())

const MAX_STEPS = 24
const job: ToyJob = {
  runs: [{ id: 'a', seed: 4 }],
  training: { max_steps: MAX_STEPS, dropout: 0.2 },
  validation: { every: 5 },
}
const everyStep = { checkpointEveryMs: 0, mostCheckpointShare: Infinity }

/** Trains as `job` says, but dies when `fatal` says so; what it sent before is in the store. */
async function trainAndDie(options: Partial<ToyJob>, fatal: (message: FromWorker) => boolean): Promise<void> {
  const dying = trainToys({
    ...job,
    ...options,
    on: (message) => {
      if (fatal(message)) throw new Error('killed')
    },
  })
  await expect(dying).rejects.toThrow('killed')
}
const isCheckpoint = (step: number) => (message: FromWorker) =>
  message.type === 'checkpoint' && message.step === step
const isPointsOf = (step: number) => (message: FromWorker) =>
  message.type === 'points' && message.chunks.some(({ steps }) => steps.at(-1) === step)

describe('a run that was interrupted', () => {
  it('by a pause after any step goes on to the same bits', async () => {
    const whole = await trainToys(job)
    for (let step = 1; step < MAX_STEPS; step++) {
      const store = new ToyStore()
      const checkpoints = await newFolder()
      await trainToys({
        ...job,
        store,
        checkpoints,
        on: (message, control) => {
          if (isPointsOf(step)(message)) control.pause()
        },
      })
      expect(store.outcomes.get('a')).toMatchObject({ state: 'paused', steps: step, summary: {} })
      await trainToys({ ...job, store, checkpoints })
      expect(store.log('a')).toEqual(whole.log('a'))
      expect(store.outcomes.get('a')).toEqual(whole.outcomes.get('a'))
    }
  })

  it.each<Partial<TrainingOptions>>([
    { optimizer: 'adamw', weight_decay: 0.1, schedule: 'cosine', warmup_steps: 4 },
    { optimizer: 'sgd', momentum: 0.9, schedule: 'linear', label_smoothing: 0.1 },
    { optimizer: 'sgd', batch_size: 6, accumulate_steps: 3 },
  ])('goes on to the same bits under the protocol %o', async (protocol) => {
    const training = { ...job.training, ...protocol }
    const whole = await trainToys({ ...job, training })
    for (const step of [1, 9, 22]) {
      const store = new ToyStore()
      const checkpoints = await newFolder()
      await trainAndDie({ training, store, checkpoints, pace: everyStep }, isCheckpoint(step))
      await trainToys({ ...job, training, store, checkpoints })
      expect(store.log('a')).toEqual(whole.log('a'))
      expect(store.outcomes.get('a')).toEqual(whole.outcomes.get('a'))
    }
  })

  it('by a kill after any checkpoint goes on to the same bits, and doubles no point', async () => {
    const whole = await trainToys(job)
    for (let step = 1; step < MAX_STEPS; step += 3) {
      const store = new ToyStore()
      const checkpoints = await newFolder()
      await trainAndDie({ store, checkpoints, pace: everyStep }, isCheckpoint(step))
      await trainToys({ ...job, store, checkpoints })
      const begun = store.messages.filter((message) => message.type === 'begun')
      expect(begun.map(({ fromStep }) => fromStep)).toEqual([0, step])
      expect(store.log('a')).toEqual(whole.log('a'))
      expect(store.outcomes.get('a')).toEqual(whole.outcomes.get('a'))
    }
  })

  it('by a kill between a checkpoint and the storing of its points goes on from the one before', async () => {
    const store = new ToyStore()
    const checkpoints = await newFolder()
    await trainAndDie({ store, checkpoints, pace: everyStep }, isPointsOf(13))
    await trainToys({ ...job, store, checkpoints })
    expect(store.messages.filter((message) => message.type === 'begun').at(-1)).toMatchObject({
      fromStep: 12,
    })
    expect(store.log('a')).toEqual((await trainToys(job)).log('a'))
  })

  it('by a kill after an evaluation that its checkpoint does not know makes that evaluation again', async () => {
    const whole = await trainToys(job)
    const store = new ToyStore()
    const checkpoints = await newFolder()
    // Paused at a step that is due for evaluation, then killed once its scores are stored.
    await trainToys({
      ...job,
      store,
      checkpoints,
      on: (message, control) => {
        if (isPointsOf(10)(message)) control.pause()
      },
    })
    await trainAndDie({ store, checkpoints }, isPointsOf(12))
    expect(store.steps('a', 'val/loss')).toEqual([5, 10])
    await trainToys({ ...job, store, checkpoints })
    expect(store.log('a')).toEqual(whole.log('a'))
    expect(store.outcomes.get('a')).toEqual(whole.outcomes.get('a'))
  })

  it('with a damaged newest checkpoint goes on from the one before, and says so', async () => {
    const store = new ToyStore()
    const checkpoints = await newFolder()
    await trainAndDie({ store, checkpoints, pace: everyStep }, isCheckpoint(12))
    const [, newest = ''] = (await readdir(join(checkpoints, 'a'))).sort()
    await truncate(join(checkpoints, 'a', newest), 1000)
    await trainToys({ ...job, store, checkpoints })
    expect(store.messages.filter((message) => message.type === 'begun').at(-1)).toMatchObject({
      fromStep: 11,
    })
    expect(store.messages.find((message) => message.type === 'log')).toMatchObject({
      level: 'warning',
      run: 'a',
    })
    expect(store.log('a')).toEqual((await trainToys(job)).log('a'))
  })

  it('while it was tested reads the test split anew, and is not trained again', async () => {
    const store = new ToyStore()
    const checkpoints = await newFolder()
    await trainAndDie({ store, checkpoints, pace: everyStep }, (message) => message.type === 'ended')
    await trainToys({ ...job, store, checkpoints })
    expect(store.messages.filter((message) => message.type === 'begun').at(-1)).toMatchObject({
      fromStep: MAX_STEPS,
    })
    const whole = await trainToys(job)
    expect(store.outcomes.get('a')).toEqual(whole.outcomes.get('a'))
    expect(store.log('a').map(([metric]) => metric)).toEqual(
      expect.arrayContaining(['test/loss', 'test/accuracy']),
    )
  })

  it('in a group goes on beside one that starts anew', async () => {
    const runs = [
      { id: 'a', seed: 4 },
      { id: 'b', seed: 5 },
    ]
    const store = new ToyStore()
    const checkpoints = await newFolder()
    await trainAndDie({ store, checkpoints, pace: everyStep }, isCheckpoint(7))
    await trainToys({ ...job, runs, store, checkpoints })
    const whole = await trainToys({ ...job, runs })
    for (const { id } of runs) {
      expect(store.steps(id, 'train/loss')).toEqual(whole.steps(id, 'train/loss'))
      expect(store.outcomes.get(id)?.bestStep).toBe(whole.outcomes.get(id)?.bestStep)
      const losses = whole.series(id, 'train/loss')
      store
        .series(id, 'train/loss')
        .forEach(([, value], i) => expect(value).toBeCloseTo(losses[i]?.[1] ?? NaN, 4))
    }
  })
})
