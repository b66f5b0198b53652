import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { roundToBfloat16 } from '../../src-main/engine/bfloat16'
import { buildNetwork, type NetworkTask } from '../../src-main/models/build'
import { PARTS, type ExecutionOptions, type Setting, type TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup, type GroupMember } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import { EagerStepper } from '../../src-main/training/stepper'
import { FROZEN, pretrained, setting } from '../models/small-networks'

/** What training in bfloat16 changes, and what it must not. */

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const EXAMPLES = 4
const STEPS = 8
const task: NetworkTask = {
  input: { kind: 'vectors', tokens: 6, width: 5 },
  output: { kind: 'classes', count: 3 },
  readTokens: 1,
}
const training: TrainingOptions = {
  ...DEFAULTS.training,
  batch_size: EXAMPLES,
  max_steps: STEPS,
  dropout: 0,
}
const alone: readonly GroupMember[] = [{ seed: 1, learningRate: 1e-3, from: null }]

/** Losses of the first run over the steps, and of its validation after them. */
async function losses(
  type: string,
  trained: Setting,
  precision: ExecutionOptions['precision'],
  { stepper = 'compiled', members = alone }: { stepper?: string; members?: readonly GroupMember[] } = {},
): Promise<number[]> {
  const network = buildNetwork(await pretrained(type), task, trained, null, precision)
  const problem = { input: task.input, network, objective: objectiveOf(task.output) }
  const sizes = { trainExamples: EXAMPLES, scoreExamples: EXAMPLES }
  const group = await FusedGroup.create(problem, members, sizes, (shapes) =>
    stepper === 'eager'
      ? new EagerStepper(problem, training)
      : new CompiledStepper(problem, training, shapes, { xla: false }),
  )
  const batch = (runs: number, step: number) => ({
    size: runs * EXAMPLES,
    x: Float32Array.from({ length: runs * EXAMPLES * 30 }, (_, i) => 2 * Math.sin(step + (i % 120) ** 2)),
    y: Int32Array.from({ length: runs * EXAMPLES }, (_, i) => (step + i) % 3),
    lengths: null,
  })
  const found: number[] = []
  for (let step = 1; step <= STEPS; step++) {
    const scores = group.step(
      batch(members.length, step),
      members.map(() => step),
      members.map(() => true),
    )
    found.push(scores[0]?.loss ?? NaN)
  }
  const split = { size: EXAMPLES, batch: () => batch(1, 0) }
  found.push((await group.evaluate(0, split, () => false))?.loss ?? NaN)
  group.dispose()
  return found
}

const furthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN)) / Math.abs(b[i] ?? NaN)))

describe.each(['bert', 'gpt2', 'vit'])('bf16 on %s', (type) => {
  const frozen = setting('pretrained', ...FROZEN)

  it('trains a frozen trunk to losses within 2 % of those in float32, and not to the same', async () => {
    const distance = furthest(await losses(type, frozen, 'bf16'), await losses(type, frozen, 'float32'))
    expect(distance).toBeGreaterThan(1e-5)
    expect(distance).toBeLessThan(0.02)
  })

  it('rounds in one graph as the reference does number by number', async () => {
    const reference = await losses(type, frozen, 'bf16', { stepper: 'eager' })
    expect(furthest(await losses(type, frozen, 'bf16'), reference)).toBeLessThan(2e-3)
  })

  it('gives a run of a group with trunks of their own the losses that it has alone', async () => {
    const trained = setting('random', ...FROZEN)
    const members = [1, 2].map((seed) => ({ seed, learningRate: 1e-3 / seed, from: null }))
    const together = await losses(type, trained, 'bf16', { members })
    expect(furthest(together, await losses(type, trained, 'bf16'))).toBeLessThan(2e-3)
  })

  it('leaves every number as it is where the whole trunk trains', async () => {
    const network = buildNetwork(await pretrained(type), task, setting('pretrained', ...PARTS), null, 'bf16')
    expect(network.inBfloat16.size).toBe(0)
  })
})

describe('rounding to bfloat16', () => {
  it('goes to the nearest, half to even, and keeps signs, infinities and NaN', () => {
    const tie = 1 + 2 ** -8 // halfway between 1 and the next
    const odd = 1 + 3 * 2 ** -8
    const values = [1, -0, tie, odd, -tie, 3.14159265, Infinity, -Infinity, NaN, 1e-42]
    const rounded = roundToBfloat16(tf.tensor1d(values)).dataSync()
    expect([...rounded]).toEqual([1, -0, 1, 1 + 2 ** -6, -1, 3.140625, Infinity, -Infinity, NaN, 0])
  })
})
