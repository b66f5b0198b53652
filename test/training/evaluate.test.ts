import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import type { TrainingOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import { FusedGroup } from '../../src-main/training/group'
import { EagerStepper } from '../../src-main/training/stepper'
import { toyTask } from './toy-job'
import { toyProblem } from './toy-network'
import { evaluateAll } from './evaluate-all'

beforeAll(() => loadEngine())

const task = toyTask()
const problem = toyProblem({ tokens: 2, width: 3, hidden: 8, output: task.output })
const training: TrainingOptions = {
  ...DEFAULTS.training,
  batch_size: 5,
  max_steps: 1,
  grad_clip: 1,
  dropout: 0.5,
  shuffle: true,
}
const createGroup = (seeds: readonly number[], scoreExamples: number): Promise<FusedGroup> =>
  FusedGroup.create(
    problem,
    seeds.map((seed) => ({ seed, learningRate: 0.01, from: null })),
    { trainExamples: 5, scoreExamples },
    () => new EagerStepper(problem, training),
  )

describe('an evaluation', () => {
  it('counts every example once, whatever the size of a pass, and without dropout', async () => {
    const scores = []
    for (const pass of [45, 1, 7, 44]) {
      const group = await createGroup([1, 2], pass)
      scores.push(await evaluateAll(group, task.test))
      group.dispose()
    }
    const [whole, ...others] = scores
    expect(whole?.[0]).not.toEqual(whole?.[1])
    for (const other of others) {
      other.forEach(({ loss, accuracy }, run) => {
        expect(loss).toBeCloseTo(whole?.[run]?.loss ?? NaN, 6)
        expect(accuracy).toBe(whole?.[run]?.accuracy)
      })
    }
    // Accuracy is a whole number of examples.
    expect((whole?.[0]?.accuracy ?? NaN) * 45).toBeCloseTo(Math.round((whole?.[0]?.accuracy ?? NaN) * 45), 9)
  })

  it('puts a run back to a snapshot, and forth again afterwards', async () => {
    const group = await createGroup([1, 2], 45)
    const batch = task.train.batch([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const first = await evaluateAll(group, task.test)
    const snapshot = group.snapshot(1)
    group.step(batch, [1, 1], [true, true])
    const later = await evaluateAll(group, task.test)
    expect(later[1]).not.toEqual(first[1])
    expect(await group.evaluateAt(1, snapshot, task.test, () => false)).toEqual(first[1])
    expect(await evaluateAll(group, task.test)).toEqual(later)
    tf.dispose([...snapshot.values()])
    group.dispose()
  })

  it('gives nothing when it is interrupted', async () => {
    const group = await createGroup([1], 10)
    let passes = 0
    expect(await group.evaluate(0, task.test, () => ++passes > 3)).toBe(null)
    expect(passes).toBe(4)
    group.dispose()
  })
})
