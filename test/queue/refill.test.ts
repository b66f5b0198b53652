import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CheckpointShelf } from '../../src-main/queue/checkpoint-shelf'
import { EventStream } from '../../src-main/queue/event-stream'
import { Queue } from '../../src-main/queue/queue'
import { idOf } from '../../src-main/run'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import type { PlannedRun } from '../../src-main/study/study'
import { planOf, plannedRun } from './planned-runs'
import { ScriptedWorkers } from './scripted-workers'

/** Places of a group in training go to the runs that wait for them. */

let folder: string
let store: Store
let workers: ScriptedWorkers
let queue: Queue

beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fairsweep-refill-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(open)

function open(): void {
  store = openStore(':memory:')
  workers = new ScriptedWorkers()
  const checkpoints = new CheckpointShelf(folder)
  queue = new Queue({ store, events: new EventStream(), openWorker: workers.open, checkpoints })
}

function start(name: string, runs: readonly PlannedRun[]): void {
  const plan = planOf(name, runs)
  store.saveStudy(plan)
  queue.start(plan)
}

/** Runs of one program; they take their steps together in groups of four. */
const rates = (count: number, wish: Parameters<typeof plannedRun>[0] = {}): PlannedRun[] =>
  Array.from({ length: count }, (_, i) => plannedRun({ maxSteps: 3, ...wish, rate: (i + 1) / 1000 }))
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const ids = (runs: readonly PlannedRun[]): string[] => runs.map(({ key }) => idOf(key))
const running = (): string[] =>
  queue.survey.overview(null).running.flatMap(({ runs }) => runs.map(({ id }) => id))

async function trainAll(): Promise<void> {
  const timer = setInterval(() => workers.step(), 0)
  await queue.idle()
  clearInterval(timer)
}

describe('a place whose run has ended', () => {
  it('goes to the run that has this place in the next group', async () => {
    const runs = rates(8)
    start('s', runs)
    await settle()
    queue.cancel(ids(runs)[2]!)
    const [a, b, , d] = ids(runs)
    expect(running()).toEqual([a, b, d, ids(runs)[6]])
    await trainAll()
    expect(workers.given).toEqual([...ids(runs).slice(0, 4), ...[6, 4, 5, 7].map((i) => ids(runs)[i])])
    expect(workers.objections).toEqual([])
  })

  it('goes to one of a smaller group only where the size does not count', async () => {
    for (const anySize of [false, true]) {
      open()
      workers.anySize = anySize
      const runs = rates(5)
      start('s', runs)
      await settle()
      queue.cancel(ids(runs)[0]!)
      expect(running().includes(ids(runs)[4]!)).toBe(anySize)
      await trainAll()
      expect(store.run(ids(runs)[4]!)?.state).toBe('finished')
    }
  })

  it('stays empty where another study, or another program, is next', async () => {
    const runs = rates(8)
    start('first', runs)
    await settle()
    start('second', rates(1, { seed: 9 }))
    queue.order(['second', 'first'])
    queue.cancel(ids(runs)[1]!)
    expect(running()).toHaveLength(3)
    await trainAll()
    expect(workers.given[4]).toBe(ids(rates(1, { seed: 9 }))[0])
  })

  it('is not offered to anyone while the study is paused, and its last run goes on later', async () => {
    const runs = rates(8)
    start('s', runs)
    await settle()
    workers.step()
    queue.cancel(ids(runs)[0]!)
    expect(running()).toContain(ids(runs)[4])
    await queue.pause('s')
    const states = (): (string | undefined)[] => ids(runs).map((id) => store.run(id)?.state)
    expect(states()).toEqual([
      'cancelled',
      'paused',
      'paused',
      'paused',
      'paused',
      'queued',
      'queued',
      'queued',
    ])
    start('s', runs)
    await trainAll()
    // Starting a study again asks for its cancelled runs too.
    expect(states()).toEqual(new Array<string>(8).fill('finished'))
    expect(workers.objections).toEqual([])
  })
})

it('whatever is cancelled, paused or moved at whatever moment, every other run ends once', async () => {
  const actions = fc.array(fc.tuple(fc.constantFrom('step', 'cancel', 'pause', 'move'), fc.nat(12)), {
    maxLength: 25,
  })
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 13 }),
      fc.boolean(),
      actions,
      async (count, anySize, actions) => {
        open()
        workers.anySize = anySize
        const runs = Array.from({ length: count }, (_, i) =>
          plannedRun({ maxSteps: 4, rate: (i + 1) / 1000, seed: i % 2 }),
        )
        start('s', runs)
        await settle()
        for (const [action, at] of actions) {
          const id = ids(runs)[at % count]!
          if (action === 'step') workers.step()
          if (action === 'cancel' && ['queued', 'running'].includes(store.run(id)?.state ?? ''))
            queue.cancel(id)
          if (action === 'move') queue.move('s', id, null)
          if (action === 'pause') {
            await queue.pause('s')
            start('s', runs)
          }
          await settle()
        }
        await trainAll()
        const states = new Set(ids(runs).map((id) => store.run(id)?.state))
        expect([...states].every((state) => state === 'finished' || state === 'cancelled')).toBe(true)
        expect(workers.objections).toEqual([])
        store.close()
      },
    ),
    { numRuns: 40 },
  )
})
