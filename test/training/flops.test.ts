import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { PARTS, type Setting } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Batch, Split } from '../../src-main/tasks/task'
import { FusedGroup } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import type { Problem } from '../../src-main/training/problem'
import { EagerStepper } from '../../src-main/training/stepper'
import { FROZEN, KINDS, random, setting, vectors, words } from '../models/small-networks'

const EXAMPLES = 2
const training = {
  ...DEFAULTS.training,
  batch_size: EXAMPLES,
  max_steps: 10,
  grad_clip: 1,
  dropout: 0.1,
  shuffle: true,
} as const

beforeAll(() => loadEngine())

interface Counted {
  /** 2 for each multiply-add of every matrix product that is really made. */
  readonly made: number
  readonly said: number
}

async function groupOf(
  type: string,
  task: NetworkTask,
  how: Setting,
  runs: number,
): Promise<{ group: FusedGroup; problem: Problem }> {
  const network = buildNetwork(await random(type), task, how)
  const problem = { input: task.input, network, objective: objectiveOf(task.output) }
  const members = Array.from({ length: runs }, (_, seed) => ({ seed, learningRate: 0.01, from: null }))
  const sizes = { trainExamples: EXAMPLES, scoreExamples: EXAMPLES }
  return {
    problem,
    group: await FusedGroup.create(problem, members, sizes, () => new EagerStepper(problem, training)),
  }
}

function batchOf({ input, objective }: Problem, size: number): Batch {
  const x =
    input.kind === 'vectors'
      ? new Float32Array(size * input.tokens * input.width).fill(0.3)
      : new Int32Array(size * input.tokens).fill(1)
  return { size, x, lengths: null, y: new Int32Array(size * objective.targets) }
}

/** Of the kernels that `work` runs. */
async function productsOf(work: () => Promise<void> | void): Promise<number> {
  const { kernels } = await tf.profile(work)
  const products = kernels.filter(({ name }) => name === 'BatchMatMul')
  return products.reduce((sum, { inputShapes, outputShapes }) => {
    const [a = []] = inputShapes
    const [out = []] = outputShapes
    // a is rows × inner or inner × rows, whichever way it is turned.
    const inner = ((a.at(-2) ?? 0) * (a.at(-1) ?? 0)) / (out.at(-2) ?? 1)
    return sum + 2 * inner * out.reduce((product, extent) => product * extent, 1)
  }, 0)
}

async function productsOfOneStep(
  type: string,
  task: NetworkTask,
  how: Setting,
  runs: number,
): Promise<Counted> {
  const { group, problem } = await groupOf(type, task, how, runs)
  const size = runs * EXAMPLES
  const steps = new Array<number>(runs).fill(1)
  const active = new Array<boolean>(runs).fill(true)
  const made = await productsOf(() => void group.step(batchOf(problem, size), steps, active))
  group.dispose()
  return { made, said: size * problem.network.trainingFlops }
}

async function productsOfAnEvaluation(type: string, task: NetworkTask): Promise<Counted> {
  const { group, problem } = await groupOf(type, task, setting('random', ...FROZEN), 1)
  const split: Split = { size: EXAMPLES, batch: ({ length }) => batchOf(problem, length) }
  const made = await productsOf(async () => void (await group.evaluate(0, split, () => false)))
  group.dispose()
  return { made, said: EXAMPLES * problem.network.forwardFlops }
}

const SETTINGS = [
  setting('random', ...PARTS),
  setting('random', ...FROZEN),
  setting('random', 'output'),
  setting('random', 'output', 'layer_norm'),
  setting('random', 'output', 'positions'),
  setting('random', 'output', 'feed_forward'),
  setting('random', 'output', { last_layers: 1 }),
]

describe.each(KINDS)('the operations counted for %s', (type) => {
  it.each(SETTINGS)('are the products that a step makes where $train train', async (how) => {
    const { made, said } = await productsOfOneStep(type, vectors, how, 1)
    expect(said).toBe(made)
    expect(said).toBeGreaterThan(0)
  })

  it('are those of token tasks too, whose embedding makes no product, and of all tokens read', async () => {
    for (const task of [words, { ...vectors, readTokens: 5, output: { kind: 'bits', count: 5 } } as const]) {
      const { made, said } = await productsOfOneStep(type, task, setting('random', ...FROZEN), 1)
      expect(said).toBe(made)
    }
  })

  it('are those of an evaluation', async () => {
    for (const task of [vectors, words]) {
      const { made, said } = await productsOfAnEvaluation(type, task)
      expect(said).toBe(made)
      expect(said).toBeGreaterThan(0)
    }
  })

  it('are the mean of those that batches by length make', async () => {
    const ofLength = (tokens: number): NetworkTask => ({ ...words, input: { ...words.input, tokens } })
    const paddedTo = [
      { tokens: 2, share: 0.75 },
      { tokens: 5, share: 0.25 },
    ]
    const how = setting('random', ...FROZEN)
    // One after the other: what is profiled is counted wherever it runs.
    const short = await productsOfOneStep(type, ofLength(2), how, 1)
    const long = await productsOfOneStep(type, ofLength(5), how, 1)
    const network = buildNetwork(await random(type), { ...words, input: { ...words.input, paddedTo } }, how)
    expect(EXAMPLES * network.trainingFlops).toBeCloseTo(0.75 * short.made + 0.25 * long.made, 6)
  })

  it('are the same for each run of a fused group', async () => {
    const { made, said } = await productsOfOneStep(type, vectors, setting('random', ...FROZEN), 3)
    expect(said).toBe(made)
  })
})
