import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import type { TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Batch } from '../../src-main/tasks/task'
import { FusedGroup, type GroupMember, type StepScores } from '../../src-main/training/group'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { EagerStepper, type GraphShapes } from '../../src-main/training/stepper'
import { toyProblem } from './toy-network'
import { toyReference } from './toy-reference'

const BATCH = 6
const problem = toyProblem({ tokens: 2, width: 3, hidden: 5, output: { kind: 'classes', count: 3 } })
const training: TrainingOptions = {
  ...DEFAULTS.training,
  batch_size: BATCH,
  max_steps: 100,
  grad_clip: 1,
  dropout: 0,
  shuffle: true,
}
const STEPPERS = {
  eager: (training: TrainingOptions) => new EagerStepper(problem, training),
  compiled: (training: TrainingOptions, shapes: GraphShapes) =>
    new CompiledStepper(problem, training, shapes, { xla: false }),
}
const member = (seed: number, learningRate = 0.01): GroupMember => ({ seed, learningRate, from: null })

/** Examples that follow from their number. */
function examples(step: number, run = 0): Batch {
  const x = Float32Array.from({ length: BATCH * 6 }, (_, i) => Math.sin(i * 1.7 + step * 3.1 + run * 11))
  return { size: BATCH, x, lengths: null, y: Int32Array.from({ length: BATCH }, (_, i) => (i + step) % 3) }
}
const together = (batches: readonly Batch[]): Batch => ({
  size: batches.length * BATCH,
  x: Float32Array.from(batches.flatMap(({ x }) => [...x])),
  lengths: null,
  y: Int32Array.from(batches.flatMap(({ y }) => [...y])),
})

/** Trains members, each on its own examples (numbered by its seed), and returns the scores of all steps. */
function train(group: FusedGroup, seeds: readonly number[], steps: number): StepScores[][] {
  return Array.from({ length: steps }, (_, i) =>
    group.step(
      together(seeds.map((seed) => examples(i + 1, seed))),
      seeds.map(() => i + 1),
      seeds.map(() => true),
    ),
  )
}
const weightsOf = (group: FusedGroup, run: number): number[] =>
  [...group.read(run).weights.values()].flatMap((w) => [...w])

async function frozenWeights(): Promise<number[]> {
  const initial = await problem.network.initialise([3])
  const middle = [...(initial.get('middle.weight')?.dataSync() ?? [])]
  tf.dispose([...initial.values()])
  return middle
}

beforeAll(() => loadEngine())

describe.each(['eager', 'compiled'] as const)('a training step, %s', (kind) => {
  const createGroup = (options: TrainingOptions, members: readonly GroupMember[]): Promise<FusedGroup> =>
    FusedGroup.create(problem, members, { trainExamples: BATCH, scoreExamples: BATCH }, (shapes) =>
      STEPPERS[kind](options, shapes),
    )

  it('is Adam as PyTorch defines it, after clipping to the global norm', async () => {
    const group = await createGroup({ ...training, grad_clip: 0.05 }, [member(3)])
    const middle = await frozenWeights()
    const weights = new Map(Array.from(group.read(0).weights, ([name, values]) => [name, [...values]]))
    const m = new Map(Array.from(weights, ([name, values]) => [name, values.map(() => 0)]))
    const v = new Map(Array.from(weights, ([name, values]) => [name, values.map(() => 0)]))
    for (let t = 1; t <= 5; t++) {
      const { loss, gradient, norm } = toyReference(middle, weights, examples(t))
      const [scores] = group.step(examples(t), [t], [true])
      expect(scores?.loss).toBeCloseTo(loss, 5)
      expect(scores?.gradNorm).toBeCloseTo(norm, 3)
      expect(norm).toBeGreaterThan(0.05)
      const scale = Math.min(1, 0.05 / (norm + 1e-6))
      for (const [name, values] of weights) {
        values.forEach((value, i) => {
          const g = (gradient.get(name)?.[i] ?? NaN) * scale
          const mean = (m.get(name)?.[i] ?? NaN) * 0.9 + g * 0.1
          const square = (v.get(name)?.[i] ?? NaN) * 0.999 + g * g * 0.001
          ;(m.get(name) ?? [])[i] = mean
          ;(v.get(name) ?? [])[i] = square
          values[i] = value - ((0.01 / (1 - 0.9 ** t)) * mean) / (Math.sqrt(square / (1 - 0.999 ** t)) + 1e-8)
        })
      }
    }
    const trained = group.read(0).weights
    for (const [name, values] of weights) {
      values.forEach((value, i) => expect(trained.get(name)?.[i], `${name}[${i}]`).toBeCloseTo(value, 3))
    }
    group.dispose()
  })

  it('learns', async () => {
    const group = await createGroup(training, [member(1, 0.03)])
    const losses = Array.from({ length: 60 }, (_, i) => group.step(examples(1), [i + 1], [true])[0])
    expect(losses.at(-1)?.loss).toBeLessThan(0.2)
    expect(losses.at(-1)?.accuracy).toBe(1)
    group.dispose()
  })

  it('gives the same bits for the same seed, dropout included, and others for another', async () => {
    const run = async (seed: number): Promise<StepScores[][]> => {
      const group = await createGroup({ ...training, dropout: 0.3 }, [member(seed)])
      const scores = train(group, [1], 10)
      group.dispose()
      return scores
    }
    const first = await run(1)
    expect(await run(1)).toEqual(first)
    expect(await run(2)).not.toEqual(first)
  })

  it('draws other units at every step', async () => {
    const group = await createGroup({ ...training, dropout: 0.5 }, [member(1, 0)])
    const losses = Array.from({ length: 5 }, (_, i) => group.step(examples(1), [i + 1], [true])[0]?.loss)
    expect(new Set(losses).size).toBe(5)
    group.dispose()
  })

  it('trains a run in a group as it trains it alone, each at its own rate', async () => {
    const members = [member(1, 0.01), member(2, 0.001), member(3, 0.1)]
    const options = { ...training, dropout: 0.2 }
    const group = await createGroup(options, members)
    const fused = train(group, [1, 2, 3], 8)
    for (const [k, single] of members.entries()) {
      const alone = await createGroup(options, [single])
      const scores = train(alone, [single.seed], 8)
      scores.forEach(([score], i) => expect(fused[i]?.[k]?.loss).toBeCloseTo(score?.loss ?? NaN, 5))
      const weights = weightsOf(alone, 0)
      weightsOf(group, k).forEach((weight, i) => expect(weight).toBeCloseTo(weights[i] ?? NaN, 4))
      alone.dispose()
    }
    group.dispose()
  })

  it('keeps a NaN in its run', async () => {
    const healthy = await createGroup(training, [member(1), member(2), member(3)])
    train(healthy, [1, 2, 3], 5)
    const sick = await createGroup(training, [member(1), member(2, NaN), member(3)])
    const scores = train(sick, [1, 2, 3], 5)
    expect(scores.at(-1)?.map(({ loss }) => Number.isNaN(loss))).toEqual([false, true, false])
    expect(weightsOf(sick, 0)).toEqual(weightsOf(healthy, 0))
    expect(weightsOf(sick, 2)).toEqual(weightsOf(healthy, 2))
    expect(weightsOf(sick, 1).every(Number.isNaN)).toBe(true)
    healthy.dispose()
    sick.dispose()
  })

  it('leaves a run that is over as it is, even where its numbers are not finite', async () => {
    const group = await createGroup(training, [member(1), member(2)])
    const frozen = weightsOf(group, 0)
    const poisoned = { ...examples(1, 1), x: new Float32Array(BATCH * 6).fill(NaN) }
    group.step(together([poisoned, examples(1, 2)]), [1, 1], [false, true])
    expect(weightsOf(group, 0)).toEqual(frozen)
    expect(weightsOf(group, 1).every(Number.isFinite)).toBe(true)
    group.dispose()
  })

  it('leaks no tensor, over steps and after the group', async () => {
    const before = tf.memory().numTensors
    const group = await createGroup({ ...training, dropout: 0.1 }, [member(1), member(2)])
    train(group, [1, 2], 1)
    const during = tf.memory().numTensors
    train(group, [1, 2], 10)
    group.read(1)
    expect(tf.memory().numTensors).toBe(during)
    group.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
