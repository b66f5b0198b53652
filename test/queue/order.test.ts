import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CheckpointShelf } from '../../src-main/queue/checkpoint-shelf'
import { EventStream } from '../../src-main/queue/event-stream'
import { Queue } from '../../src-main/queue/queue'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import type { Plan, PlannedRun } from '../../src-main/study/study'
import { planOf, plannedRun } from './planned-runs'
import { ScriptedWorkers } from './scripted-workers'

let folder: string
let store: Store
let workers: ScriptedWorkers
let queue: Queue

beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fairsweep-order-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  store = openStore(':memory:')
  workers = new ScriptedWorkers()
  queue = openQueue()
})

function openQueue(slots = 1): Queue {
  const checkpoints = new CheckpointShelf(folder)
  return new Queue({
    store,
    events: new EventStream(),
    openWorker: workers.open,
    checkpoints,
    workers: slots,
  })
}

function start(plan: Plan): void {
  store.saveStudy(plan)
  queue.start(plan)
}

const idOf = (run: PlannedRun): string => run.key.slice(0, 12)
/** Runs of one step each that no group joins: their seeds differ. */
const seeds = (from: number, count: number, maxSteps = 1): PlannedRun[] =>
  Array.from({ length: count }, (_, i) => plannedRun({ seed: from + i, maxSteps }))
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function trainAll(): Promise<void> {
  const timer = setInterval(() => workers.step(), 0)
  await queue.idle()
  clearInterval(timer)
}

describe('a study that is put before another', () => {
  it('has its next group trained first, and what is in training goes on', async () => {
    const [first, second] = [seeds(0, 3, 2), seeds(10, 2, 2)]
    start(planOf('first', first))
    start(planOf('second', second))
    await settle()
    queue.order(['second', 'first'])
    await trainAll()
    expect(workers.given).toEqual([first[0]!, ...second, ...first.slice(1)].map(idOf))
  })

  it('is first again in a later session, whichever is resumed first', async () => {
    const plans = [planOf('first', seeds(0, 2)), planOf('second', seeds(10, 2))] as const
    for (const plan of plans) store.saveStudy(plan)
    queue.order(['second', 'first'])
    await queue.close()
    queue = openQueue()
    expect(queue.survey.overview(null).order).toEqual(['second', 'first'])
    store.setState(idOf(plans[0].runs[0]!), 'cancelled')
    for (const plan of plans) queue.start(plan)
    expect(queue.survey.overview(null).studies.map(({ name }) => name)).toEqual(['second', 'first'])
    await trainAll()
    const [held, ...rest] = workers.given
    expect(held).toBe(idOf(plans[0].runs[1]!))
    expect(rest).toEqual(plans[1].runs.map(idOf))
  })

  it('breaks off what trains only when asked, and that goes on from where it was', async () => {
    const [first, second] = [seeds(0, 2, 4), seeds(10, 1, 2)]
    start(planOf('first', first))
    await settle()
    workers.step()
    start(planOf('second', second))
    queue.order(['second', 'first'])
    queue.interruptFor('second')
    await trainAll()
    expect(workers.given).toEqual([first[0]!, ...second, ...first].map(idOf))
    expect([...store.series(idOf(first[0]!), 'train/loss').steps]).toEqual([1, 2, 3, 4])
    expect(workers.objections).toEqual([])
  })

  it('breaks off nothing when nothing of it waits', async () => {
    start(planOf('first', seeds(0, 1, 4)))
    await settle()
    queue.interruptFor('second')
    await trainAll()
    expect(workers.given).toHaveLength(1)
  })
})

describe('a group that is moved', () => {
  it('stands where it was put, before and after a restart', async () => {
    const runs = seeds(0, 5)
    store.saveStudy(planOf('s', runs))
    const order = (): number[] =>
      queue.survey.upcoming(0, 9).groups.flatMap((group) => group.runs.map(({ seed }) => seed))
    queue.start(planOf('s', runs))
    queue.move('s', idOf(runs[4]!), idOf(runs[2]!))
    queue.move('s', idOf(runs[1]!), null)
    expect(order()).toEqual([4, 2, 3, 1])
    await queue.close()
    queue = openQueue()
    queue.start(planOf('s', runs))
    expect(order()).toEqual([4, 2, 3, 1])
  })

  it('finds room however often the same gap is used', () => {
    const runs = seeds(0, 6)
    start(planOf('s', runs))
    for (let i = 0; i < 300; i++) {
      const before = queue.survey.upcoming(1, 1).groups[0]!.runs[0]!.id
      queue.move('s', idOf(runs[1 + (i % 2)]!), before)
    }
    expect(queue.survey.upcoming(0, 9).total).toBe(5)
  })

  it('cannot be one that the study does not hold', () => {
    start(planOf('s', seeds(0, 2)))
    expect(() => queue.move('s', '000000000000', null)).toThrow('no run 000000000000 of s to move')
  })
})

it('cancelling a study leaves what another one waits for', async () => {
  const [own, shared] = [seeds(0, 3, 3), seeds(10, 2, 3)]
  start(planOf('s', [...own, ...shared]))
  start(planOf('t', shared))
  await settle()
  const open = [...own, ...shared].map(idOf)
  expect(queue.cancelAll(open, 's')).toBe(3)
  await trainAll()
  expect(own.map((run) => store.run(idOf(run))?.state)).toEqual(Array(3).fill('cancelled'))
  expect(shared.map((run) => store.run(idOf(run))?.state)).toEqual(Array(2).fill('finished'))
})

describe('time left', () => {
  it('counts what each setting was measured to cost, over all that is open', async () => {
    const runs = seeds(0, 4, 10)
    start(planOf('s', runs))
    expect(queue.survey.secondsLeft('s')).toBeNull()
    await settle()
    workers.step()
    await new Promise((resolve) => setTimeout(resolve, 20))
    workers.step()
    const stepsPerSecond = queue.progress()[0]?.stepsPerSecond ?? NaN
    const left = queue.survey.secondsLeft('s')
    expect(left).toBeCloseTo(38 / stepsPerSecond, 6)
    expect(queue.survey.overview(null)).toMatchObject({
      secondsLeft: left,
      studies: [{ runs: 3, groups: 3 }],
    })
  })
})

it('finding the next run grows no faster than their number', () => {
  const one = plannedRun()
  /** Fastest of many looks among so many runs, in milliseconds: what else the machine does only ever slows one. */
  const lookThrough = (count: number): number => {
    const name = `of ${count}`
    const runs = Array.from({ length: count }, (_, i): PlannedRun => {
      const key = i.toString(16).padStart(12, '0').padEnd(64, 'f')
      return { ...one, key, config: { ...one.config, seed: i } }
    })
    store.saveStudy(planOf(name, []))
    // The store would take seconds to hold them, and is not what is measured: all of them have ended.
    store.runs = () => runs.map((run) => ({ id: idOf(run), state: 'finished' }) as never)
    queue.start(planOf(name, runs))
    const looks = Array.from({ length: 15 }, () => {
      const started = performance.now()
      queue.release()
      return performance.now() - started
    })
    return Math.min(...looks)
  }
  const few = lookThrough(5_000)
  expect(lookThrough(100_000)).toBeLessThan(100 * few + 1)
})

/** What somebody may do to a queue of three studies that share some of their runs. */
const deed = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('step' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('start' as const), study: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pause' as const), study: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('order' as const), seed: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('now' as const), study: fc.nat(2) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      study: fc.nat(2),
      run: fc.nat(6),
      before: fc.option(fc.nat(6)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), run: fc.nat(9) }) },
)

it('whatever is done to it, no run is lost and none is trained twice', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(deed, { minLength: 5, maxLength: 60 }),
      fc.integer({ min: 1, max: 2 }),
      async (deeds, slots) => {
        store = openStore(':memory:')
        workers = new ScriptedWorkers()
        queue = openQueue(slots)
        const all = [1e-4, 1e-3, 1e-2].flatMap((rate) =>
          [0, 1, 2].map((seed) => plannedRun({ rate, seed, maxSteps: 3 })),
        )
        const plans = [
          planOf('a', all.slice(0, 6)),
          planOf('b', all.slice(3, 9)),
          planOf('c', all.slice(6)),
        ] as const
        for (const plan of plans) store.saveStudy(plan)
        const cancelled = new Set<string>()
        for (const one of deeds) {
          await apply(one, plans, all, cancelled)
          await settle()
        }
        for (const plan of plans) queue.start(plan)
        await trainAll()
        expect(workers.objections).toEqual([])
        for (const run of all.slice(0, 9)) {
          const id = idOf(run)
          expect(store.run(id)?.state, id).toBe(cancelled.has(id) ? 'cancelled' : 'finished')
          const { steps } = store.series(id, 'train/loss')
          expect([...steps]).toEqual(Array.from(steps, (_, i) => i + 1))
        }
        store.close()
      },
    ),
    { numRuns: 60 },
  )
})

async function apply(
  one: typeof deed extends fc.Arbitrary<infer Deed> ? Deed : never,
  plans: readonly Plan[],
  all: readonly PlannedRun[],
  cancelled: Set<string>,
): Promise<void> {
  const names = plans.map(({ study }) => study.name)
  switch (one.do) {
    case 'step':
      workers.step()
      return
    case 'start':
      return queue.start(plans[one.study]!)
    case 'pause':
      // Nobody waits for it to be saved: what comes next comes in the middle of it.
      void queue.pause(names[one.study]!)
      return
    case 'order':
      return queue.order([...names.slice(one.seed % 3), ...names.slice(0, one.seed % 3)])
    case 'now':
      return queue.interruptFor(names[one.study]!)
    case 'move': {
      const { runs } = plans[one.study]!
      const [run, before] = [
        runs[one.run % runs.length]!,
        one.before === null ? null : runs[one.before % runs.length]!,
      ]
      try {
        queue.move(names[one.study]!, idOf(run), before && idOf(before))
      } catch (error) {
        // Of a study that is not started.
        expect(String(error)).toContain('the queue has no run')
      }
      return
    }
    case 'cancel': {
      const run = all[one.run % 9]!
      const state = store.run(idOf(run))?.state
      if (state !== 'queued' && state !== 'running' && state !== 'paused') return
      queue.cancel(idOf(run))
      await settle()
      if (store.run(idOf(run))?.state === 'cancelled') cancelled.add(idOf(run))
    }
  }
}
