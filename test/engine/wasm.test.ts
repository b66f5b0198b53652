import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { examine, loadEngine, runOperation, statelessUniform, tf, type Tensor } from '../../src-main/engine'
import { philoxUniform } from '../../src-main/engine/philox'
import { InputError } from '../../src-main/errors'
import { buildNetwork } from '../../src-main/models/build'
import { PARTS } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { TaskInput } from '../../src-main/tasks/task'
import { objectiveOf } from '../../src-main/training/objective'
import { optimizerOf } from '../../src-main/training/optimizer'
import { trainStep } from '../../src-main/training/step'
import { KINDS, random } from '../models/small-networks'

const INPUTS: Readonly<Record<string, TaskInput>> = {
  vectors: { kind: 'vectors', tokens: 5, width: 3 },
  tokens: { kind: 'tokens', tokens: 5, vocabulary: 7 },
}

/** Trunk types, by what they are fed with, that the wasm engine can train. */
const TRAINABLE = KINDS.flatMap((type) => Object.keys(INPUTS).map((kind) => ({ type, kind })))

describe('the wasm engine', () => {
  beforeAll(async () => {
    process.env.FAIRSWEEP_ENGINE = 'wasm'
    await loadEngine()
  })
  afterAll(() => {
    delete process.env.FAIRSWEEP_ENGINE
  })

  it('is what auto means where FAIRSWEEP_ENGINE asks for it, and cannot be swapped afterwards', async () => {
    expect(await loadEngine('auto')).toMatchObject({
      name: 'wasm',
      warning: 'Training runs on the wasm engine, 10 to 15 times slower: FAIRSWEEP_ENGINE asks for it.',
    })
    await expect(loadEngine('tensorflow')).rejects.toThrow(
      new InputError('engine tensorflow was asked for, but this process already runs on wasm'),
    )
  })

  it('draws the numbers that TensorFlow draws', () => {
    expect(statelessUniform([2, 3], tf.tensor1d([42, 7], 'int32')).dataSync()).toEqual(
      philoxUniform(6, [42, 7]),
    )
  })

  it("refuses TensorFlow's own operations by name", () => {
    expect(() => runOperation('Einsum', [], {})).toThrow('the wasm engine has no operation Einsum')
  })

  it('tells the doctor that TensorFlow is kept off, and what to do', async () => {
    const { gflops, missing } = await examine()
    expect(gflops).toBeGreaterThan(0)
    expect(missing).toContainEqual({
      what: 'FAIRSWEEP_ENGINE keeps TensorFlow off.',
      todo: 'unset FAIRSWEEP_ENGINE',
    })
  })

  it.each(TRAINABLE)(
    "trains a $type trunk fed with $kind as tfjs's reference backend does",
    async ({ type, kind }) => {
      const onWasm = await oneStep(type, kind)
      await tf.setBackend('cpu')
      try {
        const reference = await oneStep(type, kind)
        onWasm.forEach((value, i) => expect(value).toBeCloseTo(reference[i] ?? NaN, 4))
      } finally {
        await tf.setBackend('wasm')
      }
    },
  )
})

/** Loss, gradient norm and accuracy of one step from fixed first values, and the sum of what it made of them. */
async function oneStep(type: string, kind: string): Promise<number[]> {
  const input = INPUTS[kind] as TaskInput
  const output = { kind: 'classes', count: 4 } as const
  const model = await random(type)
  const network = buildNetwork(
    model,
    { input, output, readTokens: 1 },
    { name: 's', init: 'random', train: PARTS },
  )
  const objective = objectiveOf(output)
  const weights = await network.initialise([1])
  const zeros = new Map(Array.from(weights, ([name, value]) => [name, tf.zerosLike(value)]))
  const count = input.kind === 'vectors' ? 3 * 5 * input.width : 3 * 5
  const values = Array.from({ length: count }, (_, i) => (input.kind === 'vectors' ? Math.sin(i) : i % 7))
  const x: Tensor =
    input.kind === 'vectors'
      ? tf.tensor(values, [1, 3, 5, input.width])
      : tf.tensor(values, [1, 3, 5], 'int32')
  const feeds = {
    x,
    y: tf.tensor([0, 1, 2], [1, 3, objective.targets], objective.targetType),
    learningRate: tf.tensor1d([1e-2]),
    seed: tf.tensor1d([1], 'int32'),
    step: tf.tensor1d([1], 'int32'),
    lengths: null,
    active: null,
  }
  const { scores, gradients } = trainStep(
    {
      problem: { input, network, objective },
      frozen: new Map(),
      dropout: 0.1,
      labelSmoothing: 0,
      gradClip: 1,
    },
    weights,
    feeds,
  )
  const trained = { weights, exp_avg: zeros, exp_avg_sq: zeros }
  const next = optimizerOf(DEFAULTS.training).step(trained, gradients, feeds)
  const sums = [...next.weights.values()].map((value) => tf.sum(value).dataSync()[0] ?? NaN)
  return [...scores.dataSync(), ...sums]
}
