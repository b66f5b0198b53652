import { beforeAll, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { openBitMemory } from '../../src-main/tasks/bits'
import type { Split, Task } from '../../src-main/tasks/task'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { FusedGroup } from '../../src-main/training/group'
import { EagerStepper } from '../../src-main/training/stepper'
import { toyConfig, toyTask, trainToys } from './toy-job'
import { toyProblem } from './toy-network'
import { evaluateAll } from './evaluate-all'

beforeAll(async () => {
  await loadEngine()
})

const BITS = 3
const SPLIT_SIZE = 40

/** Bit memory as small as the toy network, with few examples. */
async function memory(): Promise<Task> {
  const task = await openBitMemory({
    kind: 'bit-memory',
    options: { n: BITS, patterns: 1, patch: 3 },
    files: {},
  })
  const short = (split: Split): Split => ({ size: SPLIT_SIZE, batch: (indices) => split.batch(indices) })
  return {
    ...task,
    train: short(task.train),
    validation: task.validation && short(task.validation),
    test: short(task.test),
  }
}
const problemOf = ({ output }: Task) => toyProblem({ tokens: 2, width: 3, hidden: 8, output })

/** Shares of all bits and of the hidden ones that a network answers rightly before any step, counted by hand. */
async function counted(task: Task, split: Split, seed: number): Promise<{ all: number; masked: number }> {
  const { network } = problemOf(task)
  const { x, y, size } = split.batch(Array.from({ length: split.size }, (_, i) => i))
  const weights = await network.initialise([seed])
  const logits = Array.from(
    tf.tidy(() => network.forward(weights, tf.tensor(x, [1, size, 2, 3]), null)).dataSync(),
  )
  const rights: number[] = []
  const masked: number[] = []
  for (let i = 0; i < size * BITS; i++) {
    const [zero = 0, one = 0] = logits.slice(2 * i, 2 * i + 2)
    const at = Math.floor(i / BITS) * 2 * BITS + (i % BITS)
    const isRight = (one > zero ? 1 : 0) === y[at] ? 1 : 0
    rights.push(isRight)
    if (y[at + BITS] === 1) masked.push(isRight)
  }
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return { all: mean(rights), masked: mean(masked) }
}

it('accuracy over the masked bits is logged beside that over all, at every step and evaluation', async () => {
  const task = await memory()
  const store = await trainToys({
    ...{ runs: [{ id: 'a', learningRate: 0, seed: 3 }], task },
    training: { max_steps: 4, dropout: 0 },
    validation: { every: 2 },
  })
  const summary = store.outcomes.get('a')?.summary
  for (const [name, split] of [
    ['val', task.validation],
    ['test', task.test],
  ] as const) {
    const { all, masked } = await counted(task, split ?? task.test, 3)
    expect(Math.abs(all - masked)).toBeGreaterThan(0.005)
    expect(summary?.[`${name}/accuracy`]).toBeCloseTo(all, 6)
    expect(summary?.[`${name}/accuracy_masked`]).toBeCloseTo(masked, 6)
  }
  expect(store.steps('a', 'val/accuracy_masked')).toEqual([2, 4])
  expect(store.steps('a', 'test/accuracy_masked')).toEqual([2])
  expect(store.steps('a', 'train/accuracy_masked')).toEqual([1, 2, 3, 4])
})

it('a task that hides nothing logs no accuracy over masked bits', async () => {
  const store = await trainToys({ runs: [{ id: 'a' }], task: toyTask(), training: { max_steps: 2 } })
  expect(store.log('a').map(([metric]) => metric)).not.toContain('train/accuracy_masked')
  expect(store.outcomes.get('a')?.summary).not.toHaveProperty('test/accuracy_masked')
})

it('compiled steps count the masked bits as the eager ones do, in whatever group', async () => {
  const task = await memory()
  const problem = problemOf(task)
  const { training } = toyConfig({ id: 'a' }, { training: { batch_size: 8, dropout: 0 } })
  const members = [1, 2].map((seed) => ({ seed, learningRate: 0.01, from: null }))
  const results = []
  for (const kind of ['eager', 'compiled'] as const) {
    const sizes = { trainExamples: 8, scoreExamples: 16 }
    const group = await FusedGroup.create(problem, members, sizes, (shapes) =>
      kind === 'eager'
        ? new EagerStepper(problem, training)
        : new CompiledStepper(problem, training, shapes, { xla: false }),
    )
    const indices = Array.from({ length: 16 }, (_, i) => i)
    const steps = group.step(task.train.batch(indices), [1, 1], [true, true])
    results.push({ steps, scores: await evaluateAll(group, task.test) })
    group.dispose()
  }
  const [eager, compiled] = results
  eager?.steps.forEach(({ accuracyMasked }, run) => {
    expect(accuracyMasked).toBeGreaterThan(0)
    expect(compiled?.steps[run]?.accuracyMasked).toBe(accuracyMasked)
    expect(compiled?.scores[run]?.accuracyMasked).toBe(eager.scores[run]?.accuracyMasked)
  })
})
