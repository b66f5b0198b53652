import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine } from '../../src-main/engine'
import { buildNetwork } from '../../src-main/models/build'
import type { TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Batch } from '../../src-main/tasks/task'
import { openSafetensors } from '../../src-main/tensor-files/safetensors'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup, type StepScores } from '../../src-main/training/group'
import { rateShareAt } from '../../src-main/training/learning-schedule'
import { objectiveOf } from '../../src-main/training/objective'
import type { Problem } from '../../src-main/training/problem'
import { EagerStepper, type GraphShapes, type Stepper } from '../../src-main/training/stepper'
import { batchesOf, modelDirectory, openReference, SETTINGS, withFirstValues } from '../parity/reference'

/** Every protocol of `generate.py`, taken by PyTorch and by each of our ways. */

const { file: PROTOCOLS, names } = await open()

async function open() {
  const file = await openSafetensors(join(modelDirectory('tiny-bert'), 'protocols.safetensors'))
  return { file, names: [...file.metadata.keys()] }
}

interface Protocol {
  readonly learning_rate: number
  readonly training: Partial<TrainingOptions>
}

type MakeStepper = (problem: Problem, training: TrainingOptions, shapes: GraphShapes) => Stepper
const compiled: MakeStepper = (problem, training, shapes) =>
  new CompiledStepper(problem, training, shapes, { xla: false })
/** What takes the steps, and at which multiples of the rate runs train side by side; the first is PyTorch's. */
const WAYS: Readonly<Record<string, { stepper: MakeStepper; rates: readonly number[] }>> = {
  'operation by operation': {
    stepper: (problem, training) => new EagerStepper(problem, training),
    rates: [1],
  },
  'alone in a graph, in place': { stepper: compiled, rates: [1] },
  'beside others in a graph': { stepper: compiled, rates: [1, 0.3, 2] },
}

beforeAll(async () => {
  await loadEngine('tensorflow')
})

async function train(
  { learning_rate, training }: Protocol,
  { stepper, rates }: (typeof WAYS)[string],
): Promise<StepScores[]> {
  const reference = await openReference('tiny-bert')
  const { input, output } = reference.task
  const network = withFirstValues(buildNetwork(reference.model, reference.task, SETTINGS.frozen), reference)
  const options: TrainingOptions = {
    ...DEFAULTS.training,
    batch_size: reference.examples,
    max_steps: 20,
    dropout: 0,
    ...training,
  }
  const problem = { input, network, objective: objectiveOf(output) }
  const members = rates.map((factor) => ({ seed: 0, learningRate: factor * learning_rate, from: null }))
  const sizes = { trainExamples: reference.examples, scoreExamples: 1 }
  const group = await FusedGroup.create(
    problem,
    members,
    sizes,
    (shapes) => stepper(problem, options, shapes),
    (step) => rateShareAt(step, options),
  )
  const batch = await batchesOf(reference)
  const scores = Array.from({ length: 20 }, (_, i) => {
    const [first] = group.step(
      forAll(batch(i + 1), rates.length),
      rates.map(() => i + 1),
      rates.map(() => true),
    )
    return first as StepScores
  })
  group.dispose()
  return scores
}

/** The same examples for every run. */
const forAll = ({ size, x, y }: Batch, runs: number): Batch => ({
  size: size * runs,
  lengths: null,
  x: Float32Array.from(Array.from({ length: runs }, () => [...x]).flat()),
  y: Int32Array.from(Array.from({ length: runs }, () => [...y]).flat()),
})

const relative = (found = NaN, expected = NaN): number => Math.abs(found - expected) / Math.abs(expected)

describe.each(names)('%s', (name) => {
  const protocol = JSON.parse(PROTOCOLS.metadata.get(name) ?? '') as Protocol

  it('has the rates that Hugging Face gives every step', async () => {
    const options = { ...DEFAULTS.training, max_steps: 20, ...protocol.training }
    const rates = await PROTOCOLS.readFloats(`${name}.rate`)
    rates.forEach((rate, i) => {
      expect(rateShareAt(i + 1, options) * protocol.learning_rate).toBeCloseTo(rate, 8)
    })
  })

  it.each(Object.keys(WAYS))('trains for 20 steps as PyTorch does, %s', async (way) => {
    const found = await train(protocol, WAYS[way] as (typeof WAYS)[string])
    const losses = await PROTOCOLS.readFloats(`${name}.loss`)
    const norms = await PROTOCOLS.readFloats(`${name}.grad_norm`)
    expect(losses).toHaveLength(20)
    found.forEach(({ loss, gradNorm }, i) => {
      expect(relative(loss, losses[i]), `loss of step ${i + 1}`).toBeLessThan(1e-4)
      expect(relative(gradNorm, norms[i]), `gradient norm of step ${i + 1}`).toBeLessThan(1e-3)
    })
  })
})
