import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { channelsTo } from '../../src-main/queue/channel'
import { CheckpointShelf } from '../../src-main/queue/checkpoint-shelf'
import { EventStream } from '../../src-main/queue/event-stream'
import { Queue } from '../../src-main/queue/queue'
import type { Ways } from '../../src-main/queue/ways'
import { idOf } from '../../src-main/run'
import type { TrainingWay } from '../../src-main/run'
import type { PlannedRun } from '../../src-main/study/study'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import { planOf, plannedRun } from './planned-runs'

let folder: string
let store: Store
let queue: Queue

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-ways-'))
  store = openStore(':memory:')
})
afterEach(async () => {
  await queue.close()
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function train(runs: readonly PlannedRun[], ways: Ways): void {
  const openWorker = channelsTo(join(import.meta.dirname, 'fake-worker.mjs'))
  const checkpoints = new CheckpointShelf(join(folder, 'checkpoints'))
  queue = new Queue({ store, events: new EventStream(), openWorker, checkpoints, ways })
  const plan = planOf('s', runs)
  store.saveStudy(plan)
  queue.start(plan)
}

const SIDE_BY_SIDE: TrainingWay = {
  path: 'graph',
  groupSize: 2,
  workers: 2,
  threads: 1,
  why: 'two are better',
}
const ONE: TrainingWay = { path: 'graph', groupSize: 1, workers: 1, threads: null, why: '' }
const rates = (count: number, wish: Parameters<typeof plannedRun>[0] = {}): PlannedRun[] =>
  Array.from({ length: count }, (_, i) => plannedRun({ ...wish, rate: (i + 1) / 1000 }))
const environments = (runs: readonly PlannedRun[]): unknown[] =>
  runs.map(({ key }) => store.run(idOf(key))?.environment)
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

it('a way is measured once, while nothing trains, and what it says is done and recorded', async () => {
  const runs = rates(4, { options: { step_ms: 60 } })
  let way: TrainingWay | null = null
  let measured = 0
  train(runs, {
    of: () => way,
    measure: async () => {
      measured++
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect(queue.progress()).toEqual([])
      way = SIDE_BY_SIDE
    },
  })
  await until(() => queue.survey.overview(null).running.length === 2)
  const { running, workers } = queue.survey.overview(null)
  expect(workers).toBe(2)
  expect(running.map(({ runs, way }) => [runs.length, way])).toEqual([
    [2, 'two are better'],
    [2, 'two are better'],
  ])
  expect(new Set(running.map(({ pid }) => pid)).size).toBe(2)
  await queue.idle()
  expect(measured).toBe(1)
  const environment = { threads: 1, group_size: 2, path: 'graph', workers: 2 }
  expect(environments(runs)).toEqual(Array(4).fill(expect.objectContaining(environment)))
})

it('a worker that wants all cores waits until they are free, and others of the study go first meanwhile', async () => {
  const small = rates(3, { options: { step_ms: 30 } })
  const large = plannedRun({ rate: 0.5, options: { step_ms: 30 } })
  const order = [small[0], large, small[1], small[2]] as PlannedRun[]
  train(order, {
    of: (_, run) => (run.config.learning_rate === 0.5 ? ONE : { ...SIDE_BY_SIDE, groupSize: 1 }),
    measure: () => Promise.reject(new Error('nothing is to be measured')),
  })
  const together: string[][] = []
  while (order.some(({ key }) => store.run(idOf(key))?.state !== 'finished')) {
    together.push(queue.progress().map(({ run }) => run))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const id = idOf(large.key)
  expect(together.some((running) => running.length === 2)).toBe(true)
  expect(together.filter((running) => running.includes(id)).every((running) => running.length === 1)).toBe(
    true,
  )
})

it('a study that is paused while it is measured trains nothing, and is measured again when it is resumed', async () => {
  let measured = 0
  const runs = rates(1)
  train(runs, {
    of: () => (measured > 1 ? ONE : null),
    measure: (_plan, _run, signal) =>
      new Promise((resolve) => {
        measured++
        if (measured > 1) resolve()
        else signal.addEventListener('abort', () => resolve())
      }),
  })
  await queue.pause('s')
  expect(environments(runs)).toEqual([null])
  queue.start(planOf('s', runs))
  await queue.idle()
  expect(store.run(idOf(runs[0]?.key ?? ''))?.state).toBe('finished')
})

it('closing breaks off a measurement and waits until nothing of it is left', async () => {
  let isLeft = true
  train(rates(1), {
    of: () => null,
    measure: (_plan, _run, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () =>
          setTimeout(() => {
            isLeft = false
            resolve()
          }, 30),
        )
      }),
  })
  expect(queue.entrance.measured).toBe('s')
  await queue.close()
  expect(isLeft).toBe(false)
  expect(queue.entrance.measured).toBeNull()
})

it('a way that cannot be kept holds the queue, which says why, until the study is resumed', async () => {
  const runs = rates(1)
  let isFull = true
  train(runs, {
    of: () => (isFull ? null : ONE),
    measure: () => Promise.reject(new Error('the disk is full')),
  })
  await until(() => queue.held !== null)
  expect(queue.held?.because).toBe('the disk is full')
  expect(queue.entrance.measured).toBeNull()
  isFull = false
  queue.start(planOf('s', runs))
  await queue.idle()
  expect(store.run(idOf(runs[0]?.key ?? ''))?.state).toBe('finished')
})
