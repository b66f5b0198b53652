import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf } from '../../src-main/engine'
import { toyTask, trainToys } from './toy-job'

beforeAll(() => loadEngine())

const upTo = (steps: number): number[] => Array.from({ length: steps }, (_, i) => i + 1)

describe('a run', () => {
  it('logs every step, evaluates every N steps and at the last, and never before the first', async () => {
    const store = await trainToys({ runs: [{ id: 'a' }], training: { max_steps: 25 } })
    for (const metric of ['train/loss', 'train/grad_norm', 'train/accuracy', 'time/step_ms'] as const) {
      expect(store.steps('a', metric)).toEqual(upTo(25))
    }
    expect(store.steps('a', 'val/loss')).toEqual([10, 20, 25])
    expect(store.steps('a', 'val/accuracy')).toEqual([10, 20, 25])
    expect(store.outcomes.get('a')).toMatchObject({ state: 'finished', steps: 25, reason: null })
  })

  it('is told apart from other seeds, and gives the same bits for the same one', async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map((seed) => trainToys({ runs: [{ id: 'a', seed }] }).then((store) => store.log('a'))),
    )
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })

  it('keeps the best step and reads the test split once, with the weights of that step', async () => {
    const runs = [{ id: 'a', learningRate: 0.1 }]
    const task = toyTask()
    const long = await trainToys({ runs, task, training: { max_steps: 100 }, validation: { every: 5 } })
    expect([...task.test.reads.values()]).toEqual(new Array(45).fill(1))

    const accuracies = long.series('a', 'val/accuracy')
    const best = Math.max(...accuracies.map(([, value]) => value))
    const [bestStep = 0] = accuracies.find(([, value]) => value === best) ?? []
    expect(bestStep).toBeLessThan(100)
    const outcome = long.outcomes.get('a')
    expect(outcome).toMatchObject({ bestStep, summary: { 'val/accuracy': best } })
    expect(long.steps('a', 'test/accuracy')).toEqual([bestStep])

    const short = await trainToys({ runs, training: { max_steps: bestStep }, validation: { every: 5 } })
    expect(short.outcomes.get('a')?.summary).toEqual(outcome?.summary)
    const last = await trainToys({
      runs,
      training: { max_steps: 100 },
      validation: { fraction: 0.25, every: 100 },
    })
    expect(last.outcomes.get('a')?.summary['test/loss']).not.toBe(outcome?.summary['test/loss'])
  })

  it('stops early once patience is used up, and keeps the earliest of equal steps', async () => {
    const store = await trainToys({
      runs: [{ id: 'a', learningRate: 0 }],
      training: { max_steps: 1000 },
      validation: { every: 4, patience: 3 },
    })
    expect(store.steps('a', 'val/accuracy')).toEqual([4, 8, 12, 16])
    expect(store.outcomes.get('a')).toMatchObject({ state: 'early-stopped', steps: 16, bestStep: 4 })
  })

  it('without validation goes to the last step, has no best one and reads the test split there', async () => {
    const task = toyTask()
    const store = await trainToys({ runs: [{ id: 'a' }], task, validation: { fraction: 0 } })
    const outcome = store.outcomes.get('a')
    expect(outcome).toMatchObject({ state: 'finished', steps: 40, bestStep: null })
    expect(Object.keys(outcome?.summary ?? {})).toEqual(['test/loss', 'test/accuracy'])
    expect(store.steps('a', 'val/loss')).toEqual([])
    expect(store.steps('a', 'test/loss')).toEqual([40])
    expect([...task.test.reads.values()]).toEqual(new Array(45).fill(1))
  })

  it('ends as diverged with its step and reason; what is not finite is kept, and test is never read', async () => {
    const task = toyTask()
    const store = await trainToys({ runs: [{ id: 'a', learningRate: 1e38 }], task })
    const outcome = store.outcomes.get('a')
    expect(outcome).toMatchObject({ state: 'diverged', bestStep: null, summary: {} })
    expect(outcome?.reason).toMatch(/^(training loss|gradient norm) became (NaN|Infinity) at step \d+$/)
    const losses = store.series('a', 'train/loss')
    expect(losses.length).toBe(outcome?.steps)
    expect(Number.isFinite(losses.at(-1)?.[1])).toBe(false)
    expect(task.test.reads.size).toBe(0)
  })

  it('diverges on validation too: broken by its last step, it is never the best', async () => {
    const training = { max_steps: 1, dropout: 0 }
    const store = await trainToys({ runs: [{ id: 'a', learningRate: 1e39 }], training })
    expect(store.series('a', 'val/loss').map(([step, value]) => [step, Number.isFinite(value)])).toEqual([
      [1, false],
    ])
    expect(store.outcomes.get('a')).toMatchObject({ state: 'diverged', steps: 1, bestStep: null })
    expect(store.outcomes.get('a')?.reason).toContain('validation loss became')
  })

  it('is chosen by lowest loss where that is the metric', async () => {
    const store = await trainToys({
      runs: [{ id: 'a', learningRate: 0.1 }],
      training: { max_steps: 100 },
      validation: { metric: 'loss', every: 5 },
    })
    const losses = store.series('a', 'val/loss')
    const lowest = Math.min(...losses.map(([, value]) => value))
    expect(store.outcomes.get('a')?.summary['val/loss']).toBe(lowest)
    expect(losses.find(([, value]) => value === lowest)?.[0]).toBe(store.outcomes.get('a')?.bestStep)
  })
})

describe('a job', () => {
  it('trains a group to the ends that its runs have alone', async () => {
    const runs = [
      { id: 'fine', seed: 1, learningRate: 0.01 },
      { id: 'sick', seed: 2, learningRate: 1e38 },
      { id: 'idle', seed: 3, learningRate: 0 },
    ]
    const options = { training: { max_steps: 30 }, validation: { every: 5, patience: 2 } }
    const fused = await trainToys({ runs, ...options })
    for (const run of runs) {
      const alone = await trainToys({ runs: [run], ...options })
      const { state, steps, bestStep } = alone.outcomes.get(run.id) ?? {}
      expect(fused.outcomes.get(run.id)).toMatchObject({ state, steps, bestStep })
      const expected = alone.series(run.id, 'val/loss')
      fused.series(run.id, 'val/loss').forEach(([step, value], i) => {
        expect(step).toBe(expected[i]?.[0])
        expect(value).toBeCloseTo(expected[i]?.[1] ?? NaN, 4)
      })
    }
    expect([...fused.outcomes.values()].map(({ state }) => state).sort()).toEqual([
      'diverged',
      'early-stopped',
      'finished',
    ])
  })

  it('ends a cancelled run and goes on with the others', async () => {
    const store = await trainToys({
      runs: [
        { id: 'a', seed: 1 },
        { id: 'b', seed: 2 },
      ],
      on: (message, control) => {
        if (message.type === 'points' && message.run === 'a' && message.chunks[0]?.steps.at(-1) === 7)
          control.cancel('a')
      },
    })
    expect(store.outcomes.get('a')).toMatchObject({ state: 'cancelled', steps: 7, summary: {} })
    expect(store.outcomes.get('b')).toMatchObject({ state: 'finished', steps: 40 })
  })

  it('leaks no tensor, whether its runs finish, diverge, pause or fail', async () => {
    const before = tf.memory().numTensors
    await trainToys({ runs: [{ id: 'a' }, { id: 'b', learningRate: 1e38 }] })
    await trainToys({
      runs: [{ id: 'a' }],
      on: (message, control) => {
        if (message.type === 'points') control.pause()
      },
    })
    const task = toyTask()
    const brokenTest = {
      size: 45,
      batch: (): never => {
        throw new Error('the disk is gone')
      },
    }
    await expect(trainToys({ runs: [{ id: 'a' }], task: { ...task, test: brokenTest } })).rejects.toThrow(
      'the disk is gone',
    )
    expect(tf.memory().numTensors).toBe(before)
  })
})
