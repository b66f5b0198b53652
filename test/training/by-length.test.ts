import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import { PARTS, type Part, type TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Task } from '../../src-main/tasks/task'
import type { Scores } from '../../src-main/training/best-step'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup, type GroupMember, type StepScores } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import { batchOrders } from '../../src-main/training/order'
import type { Problem } from '../../src-main/training/problem'
import { EagerStepper, type GraphShapes, type Stepper } from '../../src-main/training/stepper'
import { FROZEN, KINDS, random, setting } from '../models/small-networks'
import { newFolder, ToyStore, trainToys, type ToyJob } from './toy-job'
import { wordsTask } from './words-by-length'
import { evaluateAll } from './evaluate-all'

/** Batches by length: what is trained is the same as when the same examples are padded to the longest. */

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const BATCH = 4
const training: TrainingOptions = { ...DEFAULTS.training, batch_size: BATCH, max_steps: 100, dropout: 0 }
type Make = (problem: Problem, options: TrainingOptions, shapes: GraphShapes) => Stepper
const compiled: Make = (problem, options, shapes) =>
  new CompiledStepper(problem, options, shapes, { xla: false })
const xla: Make = (problem, options, shapes) => new CompiledStepper(problem, options, shapes, { xla: true })
const eager: Make = (problem, options) => new EagerStepper(problem, options)

const member = (seed: number, learningRate = 1e-3): GroupMember => ({ seed, learningRate, from: null })

async function problemOf(kind: string, task: Task, parts: readonly Part[]): Promise<Problem> {
  const network = buildNetwork(await random(kind), task, setting('random', ...parts))
  return { input: task.input, network, objective: objectiveOf(task.output) }
}

interface Trained {
  readonly scores: StepScores[][]
  readonly evaluated: readonly Scores[]
  /** What the batches were padded to. */
  readonly tokens: number[]
}

interface How {
  readonly steps?: number
  readonly make?: Make
  readonly options?: TrainingOptions
  readonly parts?: readonly Part[]
  /** The batches by length are taken as they are, or padded to the longest. */
  readonly pad?: 'by-length' | 'mixed'
}

/** Trains runs together on the batches by length. */
async function train(
  kind: string,
  members: readonly GroupMember[],
  { steps = 20, make = compiled, options = training, pad = 'by-length', parts = FROZEN }: How = {},
): Promise<Trained> {
  const ordered = await wordsTask('by-length')
  const task = await wordsTask(pad)
  const problem = await problemOf(kind, task, parts)
  const orderOf = await batchOrders(ordered.input, ordered.train)
  const orders = members.map(({ seed }) => orderOf({ seed, training: options }))
  const sizes = { trainExamples: BATCH, scoreExamples: 2 }
  const group = await FusedGroup.create(problem, members, sizes, (shapes) => make(problem, options, shapes))
  const tokens: number[] = []
  const scores: StepScores[][] = members.map(() => [])
  for (let step = 1; step <= steps; step++) {
    const indices = new Uint32Array(members.length * BATCH)
    orders.forEach((order, k) => order.fill(step, indices.subarray(k * BATCH, (k + 1) * BATCH)))
    const length = pad === 'mixed' ? task.input.tokens : (orders[0]?.tokensAt(step) ?? NaN)
    tokens.push(length)
    group
      .step(
        task.train.batch(indices, length),
        members.map(() => step),
        members.map(() => true),
      )
      .forEach((score, k) => scores[k]?.push(score))
  }
  // XLA would have to compile every length once more.
  const evaluated = make === xla ? [] : await evaluateAll(group, task.test)
  group.dispose()
  return { scores, evaluated, tokens }
}

function expectAlike(
  found: readonly StepScores[] = [],
  wanted: readonly StepScores[] = [],
  tolerance: number,
): void {
  expect(found).toHaveLength(wanted.length)
  wanted.forEach(({ loss, gradNorm }, i) => {
    expect(Math.abs((found[i]?.loss ?? NaN) - loss) / loss, `loss of step ${i + 1}`).toBeLessThan(tolerance)
    const distance = Math.abs((found[i]?.gradNorm ?? NaN) - gradNorm) / gradNorm
    expect(distance, `norm of step ${i + 1}`).toBeLessThan(10 * tolerance)
  })
}

describe.each(KINDS)('with batches by length, %s', (kind) => {
  it('trains as operation by operation on the same examples padded to the longest, and scores alike', async () => {
    const members = [member(1), member(2, 1e-2)]
    const found = await train(kind, members, { parts: PARTS })
    const wanted = await train(kind, members, { parts: PARTS, pad: 'mixed', make: eager })
    expect(new Set(found.tokens)).toEqual(new Set([3, 6]))
    expect(new Set(wanted.tokens)).toEqual(new Set([6]))
    members.forEach((_, k) => expectAlike(found.scores[k], wanted.scores[k], 1e-4))
    wanted.evaluated.forEach(({ loss, accuracy }, k) => {
      expect(found.evaluated[k]?.loss).toBeCloseTo(loss, 4)
      expect(found.evaluated[k]?.accuracy).toBeCloseTo(accuracy ?? NaN, 6)
    })
  })

  it('trains a run in a group as alone, whatever seeds are beside it', async () => {
    const options = { ...training, dropout: 0.1 }
    const fused = await train(kind, [member(7), member(1, 1e-2), member(3)], { options })
    const alone = await train(kind, [member(1, 1e-2)], { options })
    expectAlike(fused.scores[1], alone.scores[0], 1e-5)
  })
})

describe('batches by length', () => {
  it('give the same steps padded or not, compiled, by XLA, and operation by operation', async () => {
    const steps = 8
    const options = { ...training, dropout: 0.1 }
    const eagerly = await train('gpt2', [member(1)], { make: eager, options, steps })
    expectAlike((await train('gpt2', [member(1)], { options, steps })).scores[0], eagerly.scores[0], 1e-5)
    const [short, long] = [
      await train('gpt2', [member(1)], { steps }),
      await train('gpt2', [member(1)], { steps, pad: 'mixed' }),
    ]
    expectAlike(short.scores[0], long.scores[0], 1e-5)
    expectAlike((await train('gpt2', [member(1)], { make: xla, steps })).scores[0], long.scores[0], 1e-4)
  })

  it('are taken in parts, all of one length', async () => {
    const options = { ...training, accumulate_steps: 2 }
    const [found, wanted] = [await train('gpt2', [member(1)], { options }), await train('gpt2', [member(1)])]
    expect(found.tokens).toEqual(wanted.tokens)
    expectAlike(found.scores[0], wanted.scores[0], 1e-5)
  })

  it('leak no tensor', async () => {
    await train('bert', [member(1)], { steps: 3 })
    const before = tf.memory().numTensors
    await train('bert', [member(1), member(2)], { steps: 3 })
    expect(tf.memory().numTensors).toBe(before)
  })
})

const STEPS = 12
const everyStep = { checkpointEveryMs: 0, mostCheckpointShare: Infinity }

async function jobOf(
  kind: string,
  runs: ToyJob['runs'],
  batches: 'by-length' | 'mixed' = 'by-length',
): Promise<ToyJob> {
  const task = await wordsTask(batches)
  return {
    runs,
    task,
    network: buildNetwork(await random(kind), task, setting('random', ...FROZEN)),
    training: { batch_size: BATCH, max_steps: STEPS, dropout: 0.2 },
    validation: { every: 5 },
    pace: everyStep,
  }
}
const killedAt =
  (step: number, run: string) => (message: { type: string; run?: unknown; step?: unknown }) => {
    if (message.type === 'checkpoint' && message.step === step && message.run === run)
      throw new Error('killed')
  }

describe('a run with batches by length', () => {
  it.each(['gpt2', 'fpt_lnlstm'])(
    'of %s that is killed within the schedule goes on to the same bits',
    async (kind) => {
      const job = await jobOf(kind, [{ id: 'a', seed: 4 }])
      const undisturbed = await newFolder()
      const whole = await trainToys({ ...job, checkpoints: undisturbed })
      const store = new ToyStore()
      const checkpoints = await newFolder()
      await expect(trainToys({ ...job, store, checkpoints, on: killedAt(7, 'a') })).rejects.toThrow('killed')
      await trainToys({ ...job, store, checkpoints })
      expect(store.messages.filter(({ type }) => type === 'begun').at(-1)).toMatchObject({ fromStep: 7 })
      // A checkpoint's name holds the hash of all weights and moments.
      const names = async (folder: string): Promise<string[]> => (await readdir(join(folder, 'a'))).sort()
      expect(await names(checkpoints)).toEqual(await names(undisturbed))
      expect(store.log('a')).toEqual(whole.log('a'))
      expect(store.outcomes.get('a')).toEqual(whole.outcomes.get('a'))
    },
  )

  it('in a group whose runs are resumed at different steps is the run trained undisturbed', async () => {
    const runs = [
      { id: 'a', seed: 4 },
      { id: 'b', seed: 4, learningRate: 0.003 },
    ]
    const job = await jobOf('gpt2', runs)
    const whole = await trainToys(job)
    const store = new ToyStore()
    const checkpoints = await newFolder()
    // The first run's checkpoint of step 6 is written, the second's is not; and a third begins beside them.
    await expect(trainToys({ ...job, store, checkpoints, on: killedAt(6, 'a') })).rejects.toThrow('killed')
    const third = { id: 'c', seed: 4, learningRate: 0.02 }
    await trainToys({ ...job, runs: [...runs, third], store, checkpoints })
    const begun = store.messages.flatMap((each) => (each.type === 'begun' ? [[each.run, each.fromStep]] : []))
    expect(begun.slice(-3)).toEqual([
      ['a', 6],
      ['b', 5],
      ['c', 0],
    ])
    const alone = await trainToys({ ...job, runs: [third] })
    for (const [id, wanted] of [
      ['a', whole],
      ['b', whole],
      ['c', alone],
    ] as const) {
      expect(store.steps(id, 'train/loss')).toEqual(wanted.steps(id, 'train/loss'))
      expect(store.steps(id, 'val/loss')).toEqual(wanted.steps(id, 'val/loss'))
      const losses = wanted.series(id, 'train/loss')
      store.series(id, 'train/loss').forEach(([, loss], i) => {
        expect(Math.abs(loss / (losses[i]?.[1] ?? NaN) - 1)).toBeLessThan(1e-5)
      })
    }
  })

  it('is offered to no place that another has left', async () => {
    const runs = [
      { id: 'a', seed: 4 },
      { id: 'b', seed: 4, learningRate: 1e20 },
    ]
    const waiting = [[], [{ id: 'c', seed: 4, learningRate: 0.003 }]]
    const free = async (batches: 'by-length' | 'mixed'): Promise<ToyStore> =>
      trainToys({ ...(await jobOf('gpt2', runs, batches)), waiting })
    expect((await free('mixed')).messages.some(({ type }) => type === 'free')).toBe(true)
    const store = await free('by-length')
    expect(store.messages.some(({ type }) => type === 'free')).toBe(false)
    expect(store.outcomes.get('a')?.state).toBe('finished')
  })
})
