import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { channelsTo } from '../../src-main/queue/channel'
import { CheckpointShelf } from '../../src-main/queue/checkpoint-shelf'
import { EventStream } from '../../src-main/queue/event-stream'
import { Queue } from '../../src-main/queue/queue'
import type { PlannedRun } from '../../src-main/study/study'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import type { WorkbenchEvent } from '../../src-main/queue/events'
import { planOf, plannedRun } from './planned-runs'

/** A worker may take seconds to start where the machine does much else. */
const PATIENT = { tickMs: 50, silenceTicks: 400, pauseTicks: 20 }
/** For workers that are to be given up. */
const IMPATIENT = { ...PATIENT, silenceTicks: 40 }

let folder: string
let store: Store
let queue: Queue
let heard: WorkbenchEvent[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-queue-'))
  store = openStore(':memory:')
  queue = openQueue()
})
afterEach(async () => {
  await queue.close()
  store.close()
  delete process.env['FAKE_WORKER_START']
  rmSync(folder, { recursive: true, force: true })
})

function openQueue(workers = 1, limits = PATIENT): Queue {
  const events = new EventStream()
  heard = []
  events.subscribe((event) => heard.push(event))
  const openWorker = channelsTo(join(import.meta.dirname, 'fake-worker.mjs'))
  const checkpoints = new CheckpointShelf(join(folder, 'checkpoints'))
  return new Queue({ store, events, openWorker, checkpoints, workers, limits })
}

function start(name: string, runs: readonly PlannedRun[], isolation: 'thread' | 'process' = 'thread'): void {
  const plan = planOf(name, runs, isolation)
  store.saveStudy(plan)
  queue.start(plan)
}

const idOf = (run: PlannedRun): string => run.key.slice(0, 12)
const stateOf = (run: PlannedRun): string | undefined => store.run(idOf(run))?.state
const stepsOf = (run: PlannedRun): number[] => [...store.series(idOf(run), 'train/loss').steps]
const startsOf = (run: PlannedRun): string[] =>
  store
    .events({ run: idOf(run) })
    .flatMap(({ kind }) => (kind === 'started' || kind === 'resumed' ? [kind] : []))

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const seeds = (count: number, wish: Parameters<typeof plannedRun>[0] = {}): PlannedRun[] =>
  Array.from({ length: count }, (_, seed) => plannedRun({ ...wish, seed }))

describe('a study', () => {
  it('is trained run by run in the order of its plan, and every step is in the store', async () => {
    const runs = seeds(3)
    start('s', runs)
    await queue.idle('s')
    expect(runs.map(stateOf)).toEqual(['finished', 'finished', 'finished'])
    expect(runs.map(stepsOf)).toEqual(Array(3).fill([1, 2, 3, 4, 5]))
    const running = heard.flatMap((event) =>
      event.type === 'run-changed' && event.state === 'running' ? [event.run] : [],
    )
    expect([...new Set(running)]).toEqual(runs.map(idOf))
  })

  it('that is started again trains nothing', async () => {
    const runs = seeds(2)
    start('s', runs)
    await queue.idle()
    start('s', runs)
    await queue.idle()
    expect(runs.map(startsOf)).toEqual([['started'], ['started']])
  })

  it('shares a run with another study, and it is trained once', async () => {
    const [shared, other] = seeds(2) as [PlannedRun, PlannedRun]
    start('s', [shared])
    start('t', [shared, other])
    await queue.idle('t')
    expect(stateOf(other)).toBe('finished')
    expect(startsOf(shared)).toEqual(['started'])
  })

  it('is trained by several workers at once when there are several', async () => {
    await queue.close()
    queue = openQueue(2)
    const runs = seeds(2)
    start('s', runs)
    await queue.idle()
    expect(runs.map(stateOf)).toEqual(['finished', 'finished'])
    const changes = heard.filter((event) => event.type === 'run-changed')
    const before = changes.slice(
      0,
      changes.findIndex(({ state }) => state === 'finished'),
    )
    expect(new Set(before.map(({ run }) => run))).toEqual(new Set(runs.map(idOf)))
  })

  it('tells its points and where it is while it runs', async () => {
    const [run] = seeds(1, { options: { step_ms: 20 } }) as [PlannedRun]
    start('s', [run])
    await until(() => stepsOf(run).length >= 3)
    expect(queue.progress()).toMatchObject([{ run: idOf(run), studies: ['s'], of: 5, group: [idOf(run)] }])
    await queue.idle()
    expect(queue.progress()).toEqual([])
    const told = heard.flatMap((event) => (event.type === 'points' ? event.deltas : []))
    expect(told.flatMap(({ steps }) => steps)).toEqual([1, 2, 3, 4, 5])
  })
})

describe('a worker that dies', () => {
  it.each(['thread', 'process'] as const)(
    'in a %s loses nothing: the run goes on in a fresh one from its checkpoint',
    async (isolation) => {
      const runs = [plannedRun({ behave: 'exit-once@4' }), plannedRun({ seed: 1 })]
      start('s', runs, isolation)
      await queue.idle()
      expect(runs.map(stateOf)).toEqual(['finished', 'finished'])
      expect(startsOf(runs[0] as PlannedRun)).toEqual(['started', 'resumed'])
      expect(stepsOf(runs[0] as PlannedRun)).toEqual([1, 2, 3, 4, 5])
      expect(heard).toContainEqual(expect.objectContaining({ type: 'points', replaceAfter: 2 }))
    },
  )

  it('loses no run that it was sent later: that one too goes on from its checkpoint', async () => {
    const runs = Array.from({ length: 8 }, (_, i) =>
      plannedRun({ behave: 'kill-refilled@3', rate: (i + 1) / 1000 }),
    )
    start('s', runs, 'process')
    await queue.idle()
    const sent = runs[4] as PlannedRun
    expect(startsOf(sent)).toEqual(['started', 'resumed'])
    expect(heard).toContainEqual(
      expect.objectContaining({ type: 'points', run: idOf(sent), replaceAfter: 2 }),
    )
    expect(runs.map(stateOf)).toEqual(Array(8).fill('finished'))
    expect(runs.map(stepsOf)).toEqual(Array(8).fill([1, 2, 3, 4, 5]))
  })

  it.each(['exit@1', 'throw@1', 'hang@1', 'garbage@1', 'stranger@1'])(
    'of %s again and again fails its run with the reason, and the next run is trained',
    async (behave) => {
      if (behave === 'hang@1') {
        await queue.close()
        queue = openQueue(1, IMPATIENT)
      }
      const runs = [plannedRun({ behave }), plannedRun({ seed: 1 })]
      start('s', runs)
      await queue.idle()
      expect(runs.map(stateOf)).toEqual(['failed', 'finished'])
      expect(store.run(idOf(runs[0] as PlannedRun))?.reason).toBeTruthy()
      expect(startsOf(runs[0] as PlannedRun)).toHaveLength(3)
    },
    60_000,
  )

  it('before it can start stops the queue after a few tries, its runs still queued', async () => {
    process.env['FAKE_WORKER_START'] = 'fail'
    const runs = seeds(2)
    start('s', runs)
    await queue.idle()
    expect(queue.held?.because).toContain('the engine does not load')
    expect(queue.held?.remedy).toContain('fairsweep doctor')
    expect(runs.map(stateOf)).toEqual(['queued', 'queued'])
    expect(queue.isActive('s')).toBe(false)

    delete process.env['FAKE_WORKER_START']
    start('s', runs)
    await queue.idle()
    expect(runs.map(stateOf)).toEqual(['finished', 'finished'])
  })
})

it('a run that cannot be trained does not take the runs of its group along', async () => {
  const runs = [1e-4, 1e-3, 1e-2].map((rate) => plannedRun({ rate, behave: `fail-rate-0.001` }))
  start('s', runs)
  await queue.idle()
  expect(runs.map(stateOf)).toEqual(['finished', 'failed', 'finished'])
  expect(runs.map(stepsOf)).toEqual([[1, 2, 3, 4, 5], [], [1, 2, 3, 4, 5]])
})

it('a job that cannot be done fails its run at once, and the same worker trains the next', async () => {
  const runs = [plannedRun({ behave: 'fail' }), plannedRun({ seed: 1 })]
  start('s', runs)
  await queue.idle()
  expect(runs.map(stateOf)).toEqual(['failed', 'finished'])
  expect(store.run(idOf(runs[0] as PlannedRun))?.reason).toBe('no such trunk')
  expect(startsOf(runs[0] as PlannedRun)).toEqual(['started'])
})

describe('pausing', () => {
  it('saves what is in training and leaves the rest queued; resuming goes on where it was', async () => {
    const runs = seeds(2, { options: { step_ms: 30 } })
    start('s', runs)
    await until(() => stepsOf(runs[0] as PlannedRun).length >= 2)
    await queue.pause('s')
    expect(runs.map(stateOf)).toEqual(['paused', 'queued'])
    const before = stepsOf(runs[0] as PlannedRun).length
    expect(before).toBeLessThan(5)

    start('s', runs)
    await queue.idle()
    expect(runs.map(stateOf)).toEqual(['finished', 'finished'])
    expect(startsOf(runs[0] as PlannedRun)).toEqual(['started', 'resumed'])
    expect(runs.map(stepsOf)).toEqual(Array(2).fill([1, 2, 3, 4, 5]))
  })

  it('does not stop a run that another study wants too', async () => {
    const [run] = seeds(1, { options: { step_ms: 30 } }) as [PlannedRun]
    start('s', [run])
    start('t', [run])
    await until(() => stepsOf(run).length >= 1)
    await queue.pause('s')
    expect(stateOf(run)).toBe('finished')
  })

  it('and starting again while the worker still saves loses neither', async () => {
    const [run] = seeds(1, { options: { step_ms: 30 } }) as [PlannedRun]
    start('s', [run])
    await until(() => stepsOf(run).length >= 2)
    const paused = queue.pause('s')
    start('s', [run])
    await paused
    await queue.idle('s')
    expect(stateOf(run)).toBe('finished')
    expect(stepsOf(run)).toEqual([1, 2, 3, 4, 5])
  })

  it('ends a worker that does not obey; its run goes on later', async () => {
    const [run] = [plannedRun({ behave: 'spin@3', maxSteps: 5 })]
    start('s', [run])
    await until(() => stepsOf(run).length >= 2)
    await queue.pause('s')
    expect(stateOf(run)).toBe('paused')
  })

  it('by closing the queue saves what is in training', async () => {
    const [run] = seeds(1, { options: { step_ms: 30 } }) as [PlannedRun]
    start('s', [run])
    await until(() => stepsOf(run).length >= 2)
    await queue.close()
    expect(stateOf(run)).toBe('paused')
    queue = openQueue()
    start('s', [run])
    await queue.idle()
    expect(startsOf(run)).toEqual(['started', 'resumed'])
    expect(stepsOf(run)).toEqual([1, 2, 3, 4, 5])
  })
})

describe('cancelling', () => {
  it('ends a running run and takes a queued one out', async () => {
    const runs = seeds(3, { options: { step_ms: 30 } })
    start('s', runs)
    await until(() => stepsOf(runs[0] as PlannedRun).length >= 1)
    queue.cancel(idOf(runs[0] as PlannedRun))
    queue.cancel(idOf(runs[1] as PlannedRun))
    await queue.idle()
    expect(runs.map(stateOf)).toEqual(['cancelled', 'cancelled', 'finished'])
  })

  it('a run whose worker hangs ends as cancelled, not in a retry', async () => {
    await queue.close()
    queue = openQueue(1, IMPATIENT)
    const [run] = [plannedRun({ behave: 'hang@1' })]
    start('s', [run])
    await until(() => stepsOf(run).length >= 1)
    queue.cancel(idOf(run))
    await queue.idle()
    expect(stateOf(run)).toBe('cancelled')
    expect(startsOf(run)).toEqual(['started'])
  })
})

it('a store that can take no more stops the queue instead of losing points', async () => {
  const runs = seeds(2)
  const append = store.append.bind(store)
  let room = 2
  store.append = (run, chunks) => {
    if (room-- <= 0) throw new Error('the disk is full')
    append(run, chunks)
  }
  start('s', runs)
  await queue.idle()
  expect(queue.held?.because).toBe('the disk is full')
  expect(runs.map(stateOf)).toEqual(['queued', 'queued'])
  expect(heard).toContainEqual(expect.objectContaining({ type: 'log', level: 'error' }))

  room = Infinity
  start('s', runs)
  await queue.idle()
  expect(runs.map(stepsOf)).toEqual(Array(2).fill([1, 2, 3, 4, 5]))
})
