import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RunConfig, Setting } from '../../src-main/run'
import type { ModelSource, TaskSource } from '../../src-main/study/study'
import type { FromWorker, JobRun, ToWorker, TrainingJob } from '../../src-main/training/messages'
import { builtWorker } from '../built'
import { writeTinyImages } from '../tasks/idx-files'
import { newFolder, toyConfig, ToyStore, type ToyOptions, type ToyRun } from './toy-job'

let entry = ''
let data = ''
let task: TaskSource
const workers: TestWorker[] = []

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairsweep-images-'))
  ;[entry, task] = await Promise.all([
    builtWorker(),
    writeTinyImages({ dir: data, train: 80, test: 30, side: 8, classes: 4 }),
  ])
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.end()))
  await rm(data, { recursive: true })
})

const model: ModelSource = { source: 'random', type: 'gpt2', shape: { layers: 2, width: 32, heads: 2 } }
const frozen: Setting = {
  name: 'frozen-random',
  init: 'random',
  train: ['input', 'output', 'layer_norm', 'positions'],
}

/** A worker of either kind, and what it said. */
class TestWorker {
  readonly ended: Promise<number | null>
  readonly #worker: Worker | ChildProcess
  #waiting: {
    readonly wanted: (message: FromWorker) => boolean
    readonly resolve: (message: FromWorker) => void
  }[] = []

  /** @param waiting runs that each take their place when it is free */
  constructor(
    isolation: 'thread' | 'process',
    readonly store = new ToyStore(),
    waiting: readonly JobRun[] = [],
  ) {
    const left = [...waiting]
    workers.push(this)
    const worker = isolation === 'thread' ? new Worker(entry) : fork(entry, [], { serialization: 'advanced' })
    this.#worker = worker
    this.ended = new Promise((resolve) => worker.on('exit', (code: number | null) => resolve(code)))
    worker.on('message', (message: FromWorker) => {
      this.store.take(message)
      if (message.type === 'points') {
        const step = Math.max(0, ...message.chunks.map(({ steps }) => steps.at(-1) ?? 0))
        this.send({ type: 'stored', run: message.run, step })
      }
      if (message.type === 'free') {
        const { slot } = message
        const next = left.findIndex((run) => run.slot === slot)
        const [run = null] = next === -1 ? [] : left.splice(next, 1)
        this.send({ type: 'refill', slot, run })
      }
      const heard = this.#waiting.filter(({ wanted }) => wanted(message))
      this.#waiting = this.#waiting.filter((waiting) => !heard.includes(waiting))
      for (const { resolve } of heard) resolve(message)
    })
  }

  send(message: ToWorker): void {
    if (this.#worker instanceof Worker) this.#worker.postMessage(message)
    else this.#worker.send(message)
  }

  /** The first message of one of these types from now on. */
  hear<T extends FromWorker['type']>(...types: readonly T[]): Promise<Extract<FromWorker, { type: T }>> {
    return this.hearOf(null, ...types)
  }

  /** The first about this run (null: whatever it is about). */
  hearOf<T extends FromWorker['type']>(
    run: string | null,
    ...types: readonly T[]
  ): Promise<Extract<FromWorker, { type: T }>> {
    return new Promise((resolve) => {
      const wanted = (message: FromWorker): boolean =>
        types.some((type) => type === message.type) &&
        (run === null || ('run' in message && message.run === run))
      this.#waiting.push({ wanted, resolve: resolve as (message: FromWorker) => void })
    })
  }

  /** Kills it as it stands. */
  async end(): Promise<void> {
    if (this.#worker instanceof Worker) await this.#worker.terminate()
    else if (this.#worker.exitCode === null) this.#worker.kill('SIGKILL')
    await this.ended
  }
}

interface WorkerJob extends ToyOptions {
  readonly runs: readonly ToyRun[]
  readonly checkpoints: string
  readonly task?: TaskSource
  readonly model?: ModelSource
}

function jobOf({
  runs,
  checkpoints,
  task: source = task,
  model: trunk = model,
  ...options
}: WorkerJob): TrainingJob {
  const config = (run: ToyRun): RunConfig => ({ ...toyConfig(run, options), setting: frozen })
  return {
    runs: runs.map((run, slot) => ({ id: run.id, slot, config: config(run) })),
    slots: runs.length,
    path: 'graph',
    task: source,
    model: trunk,
    startFrom: null,
    checkpoints,
  }
}

/** Trains a job in a worker that is ready and returns how it ended. */
async function train(worker: TestWorker, seq: number, job: WorkerJob): Promise<FromWorker> {
  const over = worker.hear('done', 'failed')
  worker.send({ type: 'train', seq, job: jobOf(job) })
  return over
}

describe.each(['thread', 'process'] as const)('a training worker in a %s', (isolation) => {
  it('tells its environment, trains, says done, takes the next job and leaves when told', async () => {
    const worker = new TestWorker(isolation)
    const { environment } = await worker.hear('ready')
    expect(environment).toMatchObject({ engine: 'tensorflow', group_size: 1 })
    expect(environment.versions).toHaveProperty('fairsweep')
    const checkpoints = await newFolder()
    const done = await train(worker, 1, { runs: [{ id: 'a' }], checkpoints })
    expect(done).toEqual({ type: 'done', seq: 1 })
    expect(worker.store.outcomes.get('a')).toMatchObject({ state: 'finished', steps: 40 })
    expect(worker.store.steps('a', 'train/loss')).toHaveLength(40)
    expect(await train(worker, 2, { runs: [{ id: 'b' }], checkpoints })).toEqual({ type: 'done', seq: 2 })
    // The same configuration, from what the worker kept of the first job.
    expect(worker.store.log('b')).toEqual(worker.store.log('a'))
    worker.send({ type: 'close' })
    expect(await worker.ended).toBe(0)
  })

  it('paused and closed, goes on in a new worker to the same bits', async () => {
    const job = { runs: [{ id: 'a', seed: 3 }], training: { max_steps: 60, dropout: 0.1 } }
    const whole = new TestWorker(isolation)
    await whole.hear('ready')
    await train(whole, 1, { ...job, checkpoints: await newFolder() })

    const checkpoints = await newFolder()
    const first = new TestWorker(isolation)
    await first.hear('ready')
    const begun = first.hear('begun')
    const over = train(first, 1, { ...job, checkpoints })
    await begun
    await new Promise((resolve) => setTimeout(resolve, 100))
    first.send({ type: 'close' })
    expect(await over).toEqual({ type: 'done', seq: 1 })
    expect(await first.ended).toBe(0)
    expect(first.store.outcomes.get('a')?.state).toBe('paused')
    const { steps = 0 } = first.store.outcomes.get('a') ?? {}
    expect(steps).toBeLessThan(60)
    if (steps > 0) expect(await readdir(join(checkpoints, 'a'))).toHaveLength(1)

    const second = new TestWorker(isolation)
    await second.hear('ready')
    await train(second, 1, { ...job, checkpoints })
    const expected = new Map(whole.store.log('a'))
    for (const [metric, points] of second.store.log('a')) {
      expect([...(first.store.points.get('a')?.get(metric) ?? []), ...points]).toEqual(expected.get(metric))
    }
    expect(second.store.outcomes.get('a')).toEqual(whole.store.outcomes.get('a'))
  })
})

describe('a training worker', () => {
  it('killed while a run stands in the place of another, goes on in a new worker to the same bits', async () => {
    const options = { training: { max_steps: 120, dropout: 0.1 }, validation: { every: 20, patience: 100 } }
    const [sick, beside, next] = [
      { id: 'sick', seed: 3, learningRate: 1e38 },
      { id: 'beside', seed: 3 },
      { id: 'next', seed: 3, learningRate: 0.02 },
    ]
    const beginning = async (): Promise<WorkerJob> => ({
      ...options,
      runs: [sick, beside],
      checkpoints: await newFolder(),
    })
    const job = await beginning()
    const waiting = jobOf({ ...job, runs: [next] }).runs
    const whole = new TestWorker('process', new ToyStore(), waiting)
    await whole.hear('ready')
    await train(whole, 1, await beginning())
    expect(whole.store.outcomes.get('sick')?.state).toBe('diverged')

    // Saved where it took the place over, …
    const store = new ToyStore()
    const first = new TestWorker('process', store, waiting)
    await first.hear('ready')
    const begun = first.hearOf('next', 'begun')
    const paused = train(first, 1, job)
    await begun
    await new Promise((resolve) => setTimeout(resolve, 60))
    first.send({ type: 'close' })
    await paused
    expect(store.outcomes.get('next')?.state).toBe('paused')

    // … killed on its further way, …
    const resumed = { ...job, runs: [next, beside] }
    const second = new TestWorker('process', store)
    await second.hear('ready')
    const further = second.hearOf('next', 'points')
    const again = second.hearOf('next', 'begun')
    second.send({ type: 'train', seq: 1, job: jobOf(resumed) })
    const { fromStep } = await again
    expect(fromStep).toBeGreaterThan(0)
    await further
    await second.end()

    // … and begun again from there.
    const third = new TestWorker('process', store)
    await third.hear('ready')
    const last = third.hearOf('next', 'begun')
    expect(await train(third, 1, resumed)).toEqual({ type: 'done', seq: 1 })
    expect(await last).toMatchObject({ fromStep })
    for (const { id } of [next, beside]) {
      expect(store.log(id)).toEqual(whole.store.log(id))
      expect(store.outcomes.get(id)).toEqual(whole.store.outcomes.get(id))
    }
  })

  it('answers a job it cannot do with the reason in one line, and takes the next', async () => {
    const worker = new TestWorker('thread')
    await worker.hear('ready')
    const checkpoints = await newFolder()
    const runs = [{ id: 'a' }]
    const labels = join(data, 'broken-labels')
    await writeFile(labels, 'no labels')
    const broken = { ...task, files: { ...task.files, 'train-labels': labels } }
    expect(await train(worker, 1, { runs, checkpoints, task: broken })).toEqual({
      type: 'failed',
      seq: 1,
      message: `${labels}: at byte 0: found bytes 110, 111, an IDX file starts with 0, 0`,
      stack: null,
    })
    const missing: ModelSource = { source: 'directory', path: join(data, 'no-model') }
    expect(await train(worker, 2, { runs, checkpoints, model: missing })).toMatchObject({
      type: 'failed',
      seq: 2,
      stack: null,
    })
    expect(await train(worker, 3, { runs, checkpoints, validation: { fraction: 0.001 } })).toMatchObject({
      message: expect.stringContaining('validation.fraction') as string,
    })
    expect(await train(worker, 4, { runs, checkpoints })).toEqual({ type: 'done', seq: 4 })
  })

  it('refuses a second job while it is on one', async () => {
    const worker = new TestWorker('thread')
    await worker.hear('ready')
    const checkpoints = await newFolder()
    const over = train(worker, 1, { runs: [{ id: 'a' }], checkpoints })
    const refused = worker.hear('failed')
    worker.send({ type: 'train', seq: 2, job: jobOf({ runs: [{ id: 'b' }], checkpoints }) })
    expect(await refused).toMatchObject({ seq: 2, message: 'this worker is already on a job' })
    expect(await over).toMatchObject({ seq: 2 })
  })
})
