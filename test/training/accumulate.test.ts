import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import type { TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Batch } from '../../src-main/tasks/task'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup, type GroupMember, type StepScores } from '../../src-main/training/group'
import { EagerStepper, type GraphShapes } from '../../src-main/training/stepper'
import { toyProblem } from './toy-network'

const BATCH = 6
const problem = toyProblem({ tokens: 2, width: 3, hidden: 5, output: { kind: 'classes', count: 3 } })
const training: TrainingOptions = { ...DEFAULTS.training, batch_size: BATCH, max_steps: 100, dropout: 0 }
const STEPPERS = {
  eager: (options: TrainingOptions) => new EagerStepper(problem, options),
  compiled: (options: TrainingOptions, shapes: GraphShapes) =>
    new CompiledStepper(problem, options, shapes, { xla: false }),
  xla: (options: TrainingOptions, shapes: GraphShapes) =>
    new CompiledStepper(problem, options, shapes, { xla: true }),
}
const member = (seed: number, learningRate = 0.01): GroupMember => ({ seed, learningRate, from: null })

/** The examples of all runs at a step; `poisoned` of them have no numbers. */
function examples(step: number, runs: number, poisoned = -1): Batch {
  const x = Float32Array.from({ length: runs * BATCH * 6 }, (_, i) => {
    return Math.floor(i / (BATCH * 6)) === poisoned ? NaN : Math.sin(i * 1.7 + step * 3.1)
  })
  const y = Int32Array.from({ length: runs * BATCH }, (_, i) => (i * i + step) % 3)
  return { size: runs * BATCH, x, lengths: null, y }
}

beforeAll(() => loadEngine())

describe.each(['eager', 'compiled', 'xla'] as const)('a batch taken in parts, %s', (kind) => {
  async function train(
    options: TrainingOptions,
    members: readonly GroupMember[],
    batch = (step: number): Batch => examples(step, members.length),
    active = members.map(() => true),
  ): Promise<{ scores: StepScores[][]; weights: number[][] }> {
    const sizes = { trainExamples: BATCH, scoreExamples: BATCH }
    const group = await FusedGroup.create(problem, members, sizes, (shapes) =>
      STEPPERS[kind](options, shapes),
    )
    const scores = Array.from({ length: 20 }, (_, i) =>
      group.step(
        batch(i + 1),
        members.map(() => i + 1),
        active,
      ),
    )
    const weights = members.map((_, run) =>
      [...group.read(run).weights.values()].flatMap((values) => [...values]),
    )
    group.dispose()
    return { scores, weights }
  }

  it.each([
    ['alone', [member(1)]],
    ['beside another', [member(1), member(2, 0.03)]],
  ])('is the step of the whole batch, %s', async (_, members) => {
    const options = { ...training, grad_clip: 0.3 }
    const whole = await train(options, members)
    const parts = await train({ ...options, accumulate_steps: 3 }, members)
    for (const [i, step] of whole.scores.entries()) {
      for (const [run, { loss, gradNorm, accuracy }] of step.entries()) {
        const found = parts.scores[i]?.[run]
        expect(Math.abs((found?.loss ?? NaN) - loss) / loss).toBeLessThan(1e-5)
        expect(Math.abs((found?.gradNorm ?? NaN) - gradNorm) / gradNorm).toBeLessThan(1e-4)
        expect(found?.accuracy).toBeCloseTo(accuracy ?? NaN, 6)
      }
    }
    expect(Math.max(...whole.scores.flat().map(({ gradNorm }) => gradNorm))).toBeGreaterThan(0.3)
  })

  // XLA takes seconds to compile, and the rest is the same graph.
  if (kind === 'xla') return

  it('drops other units in each part', async () => {
    const twice = (step: number): Batch => {
      const { x, y } = examples(step, 1)
      const [half, labels] = [x.slice(0, 18), y.slice(0, 3)]
      return {
        size: BATCH,
        x: Float32Array.from([...half, ...half]),
        lengths: null,
        y: Int32Array.from([...labels, ...labels]),
      }
    }
    const options = { ...training, dropout: 0.5, accumulate_steps: 2 }
    const still = [member(1, 0)]
    const both = await train(options, still, twice)
    const half = (step: number): Batch => ({
      ...twice(step),
      size: 3,
      x: twice(step).x.slice(0, 18),
      y: twice(step).y.slice(0, 3),
    })
    const sizes = { trainExamples: 3, scoreExamples: 3 }
    const group = await FusedGroup.create(problem, still, sizes, (shapes) =>
      STEPPERS[kind]({ ...options, batch_size: 3, accumulate_steps: 1 }, shapes),
    )
    // The two parts of step 1 are what steps 1 and 2 of the half batch draw.
    const [first, second] = [1, 2].map((step) => group.step(half(1), [step], [true])[0]?.loss ?? NaN)
    group.dispose()
    expect(first).not.toBe(second)
    expect(both.scores[0]?.[0]?.loss).toBeCloseTo(((first ?? NaN) + (second ?? NaN)) / 2, 5)
  })

  it('keeps a run that is over as it is, and its numbers out of what comes after', async () => {
    const options = { ...training, accumulate_steps: 2 }
    const members = [member(1), member(2)]
    const healthy = await train(options, members, undefined, [true, true])
    const sick = await train(options, members, (step) => examples(step, 2, 0), [false, true])
    expect(sick.weights[0]?.every(Number.isFinite)).toBe(true)
    expect(sick.weights[1]).toEqual(healthy.weights[1])
  })

  it('leaks no tensor', async () => {
    const before = tf.memory().numTensors
    await train({ ...training, accumulate_steps: 2 }, [member(1), member(2)])
    expect(tf.memory().numTensors).toBe(before)
  })
})
