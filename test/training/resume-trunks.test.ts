import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import { PARTS } from '../../src-main/run'
import { FROZEN, KINDS, pretrained, setting } from '../models/small-networks'
import { newFolder, toyTask, ToyStore, trainToys, type ToyJob } from './toy-job'

beforeAll(() => loadEngine('tensorflow'))

const STEPS = 8
const everyStep = { checkpointEveryMs: 0, mostCheckpointShare: Infinity }

const CONSTANT = {}
/** The run is killed where the rate falls. */
const SCHEDULE = { warmup_steps: 3, schedule: 'cosine' } as const

describe.each([...KINDS, 'roberta'])('a run of %s that is killed and resumed', (type) => {
  it.each([
    ['frozen, at a constant rate', FROZEN, CONSTANT],
    ['unfrozen, within its schedule', PARTS, SCHEDULE],
  ])('ends with the same bits, %s', async (_, train, schedule) => {
    const task = toyTask()
    const job: ToyJob = {
      runs: [{ id: 'a', seed: 4 }],
      training: { max_steps: STEPS, dropout: 0.2, ...schedule },
      validation: { every: 3 },
      network: buildNetwork(await pretrained(type), task, setting('pretrained', ...train)),
      pace: everyStep,
    }
    // A checkpoint's name holds the hash of all weights and moments.
    const checkpointsOf = async (folder: string): Promise<string[]> =>
      (await readdir(join(folder, 'a'))).sort()
    const undisturbed = await newFolder()
    const whole = await trainToys({ ...job, checkpoints: undisturbed })

    const store = new ToyStore()
    const checkpoints = await newFolder()
    const killed = trainToys({
      ...job,
      store,
      checkpoints,
      on: (message) => {
        if (message.type === 'checkpoint' && message.step === 4) throw new Error('killed')
      },
    })
    await expect(killed).rejects.toThrow('killed')
    await trainToys({ ...job, store, checkpoints })
    expect(store.messages.filter(({ type }) => type === 'begun').at(-1)).toMatchObject({ fromStep: 4 })
    expect((await checkpointsOf(undisturbed)).at(-1)).toContain(`step-00000000${STEPS}.`)
    expect(await checkpointsOf(checkpoints)).toEqual(await checkpointsOf(undisturbed))
    expect(store.log('a')).toEqual(whole.log('a'))
    expect(store.outcomes.get('a')).toEqual(whole.outcomes.get('a'))
  })
})
