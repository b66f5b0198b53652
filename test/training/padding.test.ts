import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import { openSafetensors } from '../../src-main/tensor-files/safetensors'
import type { TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Split, TaskInput } from '../../src-main/tasks/task'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup } from '../../src-main/training/group'
import { objectiveOf } from '../../src-main/training/objective'
import type { Problem } from '../../src-main/training/problem'
import { EagerStepper, type GraphShapes, type Stepper } from '../../src-main/training/stepper'
import { openReference, SETTINGS } from '../parity/reference'
import { evaluateAll } from './evaluate-all'

beforeAll(async () => {
  await loadEngine('tensorflow')
})

const training: TrainingOptions = {
  ...DEFAULTS.training,
  batch_size: 4,
  max_steps: 20,
  grad_clip: 1,
  dropout: 0,
  shuffle: false,
}
const STEPPERS: Readonly<
  Record<'eager' | 'compiled' | 'xla', (problem: Problem, shapes: GraphShapes) => Stepper>
> = {
  eager: (problem) => new EagerStepper(problem, training),
  compiled: (problem, shapes) => new CompiledStepper(problem, training, shapes, { xla: false }),
  xla: (problem, shapes) => new CompiledStepper(problem, training, shapes, { xla: true }),
}

/** The examples of PyTorch's reference, padded: example i of batch s is number s * B + i. */
async function paddedReference(name: 'tiny-bert' | 'tiny-gpt2') {
  const reference = await openReference(name)
  const masked = await openSafetensors(join(import.meta.dirname, '../parity', name, 'padded.safetensors'))
  const [x, y] = [await reference.values('x'), await reference.labels()]
  const lengths = (await masked.read('lengths')) as Int32Array
  const size = x.length / y.length
  const split: Split = {
    size: y.length,
    batch: (indices) => ({
      size: indices.length,
      x: Float32Array.from(Array.from(indices).flatMap((i) => [...x.subarray(i * size, (i + 1) * size)])),
      lengths: Int32Array.from(indices, (i) => lengths[i] ?? 0),
      y: Int32Array.from(indices, (i) => y[i] ?? 0),
    }),
  }
  return { reference, masked, split }
}

const CASES = [
  { name: 'tiny-bert', stepper: 'eager', setting: 'unfrozen', runs: 1 },
  { name: 'tiny-bert', stepper: 'compiled', setting: 'unfrozen', runs: 1 },
  { name: 'tiny-bert', stepper: 'compiled', setting: 'frozen', runs: 2 },
  { name: 'tiny-bert', stepper: 'xla', setting: 'frozen', runs: 2 },
  { name: 'tiny-gpt2', stepper: 'eager', setting: 'frozen', runs: 2 },
  { name: 'tiny-gpt2', stepper: 'compiled', setting: 'unfrozen', runs: 1 },
  { name: 'tiny-gpt2', stepper: 'compiled', setting: 'frozen', runs: 2 },
] as const

it.each(CASES)(
  "padded input trains under $name as with PyTorch's attention mask: $stepper, $setting, $runs run(s)",
  async ({ name, ...of }) => {
    const { reference, masked, split } = await paddedReference(name)
    const input: TaskInput = { ...reference.task.input, padded: true }
    const network = buildNetwork(reference.model, { ...reference.task, input }, SETTINGS[of.setting])
    const initialise = async (seeds: readonly number[]) => {
      const values = await network.initialise(seeds)
      for (const layer of ['in.weight', 'in.bias', 'out.weight', 'out.bias']) {
        const given = tf.tensor(await reference.values(layer), values.get(layer)?.shape.slice(1))
        values.set(layer, tf.stack(seeds.map(() => given)))
      }
      return values
    }
    const { output } = reference.task
    const problem: Problem = { input, network: { ...network, initialise }, objective: objectiveOf(output) }
    const learningRate = Number(reference.file.metadata.get(`${of.setting}.learning_rate`))
    const members = Array.from({ length: of.runs }, () => ({ seed: 0, learningRate, from: null }))
    const sizes = { trainExamples: reference.examples, scoreExamples: 3 }
    const group = await FusedGroup.create(problem, members, sizes, (shapes) =>
      STEPPERS[of.stepper](problem, shapes),
    )
    // An evaluation of the first batch, before any step: the loss of PyTorch's masked logits.
    const first = { size: reference.examples, batch: (indices: ArrayLike<number>) => split.batch(indices) }
    const evaluated = await evaluateAll(group, first)
    const expected = crossEntropy(await masked.readFloats('logits'), await reference.labels(), 10)
    for (const { loss } of evaluated) expect(loss).toBeCloseTo(expected, 4)
    expect(evaluated).toHaveLength(of.runs)

    const [losses, norms] = [
      await masked.readFloats(`${of.setting}.loss`),
      await masked.readFloats(`${of.setting}.grad_norm`),
    ]
    expect(losses).toHaveLength(20)
    for (let step = 1; step <= 20; step++) {
      const first = ((step - 1) % reference.batches) * reference.examples
      const batch = Array.from({ length: reference.examples }, (_, i) => first + i)
      const scores = group.step(
        split.batch(members.flatMap(() => batch)),
        members.map(() => step),
        members.map(() => true),
      )
      for (const score of scores) {
        expect(score.loss / (losses[step - 1] ?? NaN)).toBeCloseTo(1, 3)
        expect(score.gradNorm / (norms[step - 1] ?? NaN)).toBeCloseTo(1, 2)
      }
    }
    group.dispose()
  },
)

/** Mean over the examples of `logits`, [B, C]. */
function crossEntropy(logits: Float32Array, labels: Int32Array, classes: number): number {
  const examples = logits.length / classes
  let total = 0
  for (let i = 0; i < examples; i++) {
    const own = logits.subarray(i * classes, (i + 1) * classes)
    total += Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (own[labels[i] ?? 0] ?? NaN)
  }
  return total / examples
}
