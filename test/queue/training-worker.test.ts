import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { channelsTo } from '../../src-main/queue/channel'
import { TrainingWorker } from '../../src-main/queue/training-worker'
import type { RunMessage } from '../../src-main/queue/training-worker'
import type { TrainingJob } from '../../src-main/training/messages'
import { plannedRun } from './planned-runs'

const openWorker = channelsTo(join(import.meta.dirname, 'fake-worker.mjs'))
/** A worker may take seconds to start where the machine does much else. */
const PATIENT = { tickMs: 100, silenceTicks: 300, pauseTicks: 20 }
/** For workers that are to be given up. */
const IMPATIENT = { ...PATIENT, silenceTicks: 20 }

let folder: string
let worker: TrainingWorker | null = null

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-worker-'))
})
afterEach(async () => {
  await worker?.close()
  delete process.env['FAKE_WORKER_START']
  rmSync(folder, { recursive: true, force: true })
})

function job(behave: string, options: Record<string, number> = {}, id = 'a'): TrainingJob {
  const run = plannedRun({ behave, options, maxSteps: 5 })
  return {
    runs: [{ id, slot: 0, config: run.config }],
    slots: 1,
    path: 'graph',
    task: run.taskSource,
    model: run.modelSource,
    startFrom: null,
    checkpoints: folder,
  }
}

/** Trains as the queue does, which stores points before it says so; `also` hears every message too. */
function trainOn(
  on: TrainingWorker,
  work: TrainingJob,
  also: (message: RunMessage) => void = () => {},
): Promise<void> {
  return on.train(work, (message) => {
    also(message)
    if (message.type !== 'points') return
    on.stored(message.run, message.chunks[0]?.steps.at(-1) ?? 0)
  })
}

async function train(
  isolation: 'thread' | 'process',
  behave: string,
  limits = PATIENT,
): Promise<RunMessage[]> {
  worker = new TrainingWorker(openWorker, isolation, limits)
  const heard: RunMessage[] = []
  await trainOn(worker, job(behave), (message) => heard.push(message))
  return heard
}

describe.each(['thread', 'process'] as const)('a worker in a %s', (isolation) => {
  it('hands on what is said about its runs, in order, arrays intact', async () => {
    const heard = await train(isolation, '')
    expect(heard.map((message) => message.type)).toEqual([
      'begun',
      ...Array<string>(5).fill('points'),
      'ended',
    ])
    const points = heard.flatMap((message) => (message.type === 'points' ? message.chunks : []))
    expect(points.map((chunk) => chunk.steps)).toEqual([1, 2, 3, 4, 5].map((step) => Uint32Array.of(step)))
  })

  it.each([
    ['exit@3', 'exited with code 3'],
    ['throw@3', isolation === 'thread' ? 'boom' : 'Error: boom'],
    ['hang@3', 'no sign of life for 2 seconds'],
    ['spin@3', 'no sign of life for 2 seconds'],
    ['garbage@3', "no message: { type: 'no-such-thing' }"],
    ['stranger@3', 'run stranger, which it was not given'],
    ['early@3', 'left a run without an end'],
  ])('that does %s rejects its job with the reason', async (behave, reason) => {
    const limits = reason.includes('no sign of life') ? IMPATIENT : PATIENT
    await expect(train(isolation, behave, limits)).rejects.toMatchObject({
      kind: 'died',
      wasReady: true,
      message: expect.stringContaining(reason) as string,
    })
    expect(worker?.isDead).toBe(true)
    await expect(trainOn(worker!, job(''))).rejects.toThrow(reason)
  })

  it('that cannot do the job stays alive for the next', async () => {
    await expect(train(isolation, 'fail')).rejects.toMatchObject({ kind: 'failed', message: 'no such trunk' })
    await expect(trainOn(worker!, job(''))).resolves.toBeUndefined()
  })

  it('that does not start says why', async () => {
    process.env['FAKE_WORKER_START'] = 'fail'
    await expect(train(isolation, '')).rejects.toMatchObject({
      kind: 'died',
      wasReady: false,
      message: expect.stringContaining('the engine does not load') as string,
    })
  })

  it('that never gets ready is given up', async () => {
    process.env['FAKE_WORKER_START'] = 'never'
    await expect(train(isolation, '', IMPATIENT)).rejects.toThrow('no sign of life')
  })

  it('that is closed rejects its job as stopped', async () => {
    const training = train(isolation, 'hang@3')
    training.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    await worker?.close()
    await expect(training).rejects.toMatchObject({ kind: 'stopped' })
  })

  it('saves its state when asked to pause, and is killed when it does not', async () => {
    worker = new TrainingWorker(openWorker, isolation, PATIENT)
    const heard: RunMessage[] = []
    await trainOn(worker, job('', { step_ms: 20 }), (message) => {
      heard.push(message)
      if (message.type === 'points') worker?.pause()
    })
    expect(heard.at(-1)).toMatchObject({ type: 'ended', outcome: { state: 'paused' } })

    const stubborn = trainOn(worker, job('spin@1', {}, 'b'), (message) => {
      if (message.type === 'begun') worker?.pause()
    })
    await expect(stubborn).rejects.toMatchObject({ name: 'WorkerFault' })
  })

  it('that is paused before it is ready rejects its job as stopped', async () => {
    const training = train(isolation, '')
    worker?.pause()
    await expect(training).rejects.toMatchObject({ kind: 'stopped' })
  })

  it('hears of a cancellation, also one from before it was ready', async () => {
    worker = new TrainingWorker(openWorker, isolation, PATIENT)
    const heard: RunMessage[] = []
    const training = trainOn(worker, job('', { step_ms: 50 }), (message) => heard.push(message))
    worker.cancel('a')
    await training
    expect(heard.at(-1)).toMatchObject({ type: 'ended', outcome: { state: 'cancelled' } })
  })

  it('ends when what its messages are handed to fails', async () => {
    worker = new TrainingWorker(openWorker, isolation, PATIENT)
    const training = worker.train(job(''), () => {
      throw new Error('disk full')
    })
    await expect(training).rejects.toThrow('disk full')
    expect(worker.isDead).toBe(true)
  })
})

describe('a worker in a process', () => {
  it.each([
    ['abort@3', 'SIGABRT'],
    ['kill@3', 'SIGKILL'],
  ])('that dies of a native %s leaves this process alone', async (behave, signal) => {
    await expect(train('process', behave)).rejects.toThrow(signal)
  })
})
