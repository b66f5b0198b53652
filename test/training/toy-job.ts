import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { MetricName, RunConfig, TrainingOptions, ValidationOptions } from '../../src-main/run'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { Network } from '../../src-main/models/network'
import type { Split, Task } from '../../src-main/tasks/task'
import { runJob, type Materials } from '../../src-main/training/job'
import { JobControl } from '../../src-main/training/job-control'
import type { LoopPace } from '../../src-main/training/loop'
import type { FromWorker, JobRun, RunOutcome, TrainingJob } from '../../src-main/training/messages'
import { CompiledStepper } from '../../src-main/training/compiled-stepper'
import { EagerStepper } from '../../src-main/training/stepper'
import { toyProblem } from './toy-network'

const TOKENS = 2
const WIDTH = 3

/** Noisy examples of three classes that follow from their number; `reads` counts the batches that each was asked for in. */
class ToySplit implements Split {
  readonly reads = new Map<number, number>()

  constructor(
    readonly size: number,
    private readonly salt: number,
  ) {}

  batch(indices: ArrayLike<number>): ReturnType<Split['batch']> {
    const x = new Float32Array(indices.length * TOKENS * WIDTH)
    const y = new Int32Array(indices.length)
    for (const index of new Set(Array.from(indices))) this.reads.set(index, (this.reads.get(index) ?? 0) + 1)
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] ?? 0
      y[i] = (index * 5 + this.salt) % 3
      for (let j = 0; j < TOKENS * WIDTH; j++) {
        x[i * TOKENS * WIDTH + j] =
          2 * Math.sin((index + this.salt) * 12.9898 + j * 78.233) + (j === y[i] ? 1 : 0)
      }
    }
    return { size: indices.length, x, lengths: null, y }
  }
}

export interface ToyTask extends Task {
  readonly train: ToySplit
  readonly test: ToySplit
}

export const toyTask = (): ToyTask => ({
  input: { kind: 'vectors', tokens: TOKENS, width: WIDTH },
  output: { kind: 'classes', count: 3 },
  readTokens: 1,
  train: new ToySplit(120, 1),
  validation: null,
  test: new ToySplit(45, 1000),
})

export interface ToyRun {
  readonly id: string
  readonly seed?: number
  readonly learningRate?: number
}

export interface ToyOptions {
  readonly training?: Partial<TrainingOptions>
  readonly validation?: Partial<ValidationOptions>
}

export function toyConfig({ seed = 0, learningRate = 0.01 }: ToyRun, options: ToyOptions): RunConfig {
  return {
    task: { kind: 'toy', options: {}, data: {} },
    model: { source: 'random', type: 'toy', shape: {} },
    setting: { name: 'toy', init: 'random', train: ['input', 'output'] },
    learning_rate: learningRate,
    seed,
    training: {
      ...DEFAULTS.training,
      batch_size: 5,
      max_steps: 40,
      grad_clip: 1,
      dropout: 0.1,
      shuffle: true,
      ...options.training,
    },
    validation: {
      fraction: 0.25,
      seed: 0,
      examples: 'all',
      every: 10,
      patience: 100,
      metric: 'accuracy',
      ...options.validation,
    },
    test: { examples: 'all' },
    start_from: null,
    precision: 'float32',
  }
}

/** The far side of a worker: keeps what it is told as the store would, and acknowledges it. */
export class ToyStore {
  readonly messages: FromWorker[] = []
  readonly outcomes = new Map<string, RunOutcome>()
  readonly points = new Map<string, Map<MetricName, [step: number, value: number][]>>()

  take(message: FromWorker): void {
    this.messages.push(message)
    if (message.type === 'begun') {
      for (const [metric, series] of this.points.get(message.run) ?? []) {
        const last = metric.startsWith('val/') ? message.evaluatedStep : message.fromStep
        const kept = series.filter(([step]) => step <= last && !metric.startsWith('test/'))
        series.splice(0, Infinity, ...kept)
      }
    }
    if (message.type === 'points') {
      const run = this.points.get(message.run) ?? new Map<MetricName, [number, number][]>()
      this.points.set(message.run, run)
      for (const { metric, steps, values } of message.chunks) {
        const series = run.get(metric) ?? []
        run.set(metric, series)
        const [last = -1] = series.at(-1) ?? []
        if ((steps[0] ?? 0) <= last) throw new Error(`${metric}: step ${steps[0]} after step ${last}`)
        steps.forEach((step, i) => series.push([step, values[i] ?? NaN]))
      }
    }
    if (message.type === 'ended') this.outcomes.set(message.run, message.outcome)
  }

  series(run: string, metric: MetricName): [step: number, value: number][] {
    return this.points.get(run)?.get(metric) ?? []
  }

  steps(run: string, metric: MetricName): number[] {
    return this.series(run, metric).map(([step]) => step)
  }

  /** Every metric of a run but the time that steps took. */
  log(run: string): [MetricName, [number, number][]][] {
    return [...(this.points.get(run) ?? [])].filter(([metric]) => metric !== 'time/step_ms')
  }
}

export interface ToyJob extends ToyOptions {
  readonly runs: readonly ToyRun[]
  readonly task?: Task
  /** What learns, by compiled steps; not given: a toy, by single operations. */
  readonly network?: Network
  readonly store?: ToyStore
  readonly checkpoints?: string
  /** Where and up to which size weights are kept. */
  readonly keep?: JobRun['keep']
  readonly pace?: Partial<LoopPace>
  /** Of the group; as many as there are runs, where nothing is said. */
  readonly slots?: number
  readonly sizesAreAlike?: boolean
  /** Runs that wait for each place, to take it when it is free. */
  readonly waiting?: readonly (readonly ToyRun[])[]
  /** Hears every message before it is acknowledged, and may ask for something. */
  readonly on?: (message: FromWorker, control: JobControl) => void
}

/** Never by itself: tests say when to save. */
const NO_CHECKPOINTS: LoopPace = { sendEveryMs: 0, checkpointEveryMs: Infinity, mostCheckpointShare: 1 }

/** A folder that is gone after the test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairsweep-training-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Trains toy runs the way a worker does and returns what the store would hold. */
export async function trainToys({
  runs,
  task = toyTask(),
  store = new ToyStore(),
  slots = runs.length,
  sizesAreAlike = false,
  waiting = [],
  on,
  keep,
  network,
  ...rest
}: ToyJob): Promise<ToyStore> {
  const job: TrainingJob = {
    runs: runs.map((run, slot) => ({
      ...{ id: run.id, slot, config: toyConfig(run, rest) },
      ...(keep === undefined ? {} : { keep }),
    })),
    slots,
    path: 'graph',
    task: { kind: 'toy', options: {}, files: {} },
    model: { source: 'random', type: 'toy', shape: {} },
    startFrom: null,
    checkpoints: rest.checkpoints ?? (await newFolder()),
  }
  const problem = toyProblem({ tokens: TOKENS, width: WIDTH, hidden: 8, output: task.output })
  const materials: Materials = {
    task: () => Promise.resolve(task),
    network: () => Promise.resolve(network ?? problem.network),
    stepper: (problem, _, { training }, shapes) =>
      network === undefined
        ? new EagerStepper(problem, training)
        : new CompiledStepper(problem, training, shapes, { xla: false }),
    sizesAreAlike: () => sizesAreAlike,
  }
  const queues = waiting.map((runs) => [...runs])
  const nextOf = (slot: number): ToyRun | undefined => queues[slot]?.shift()
  const control = new JobControl((message) => {
    on?.(message, control)
    store.take(message)
    if (message.type === 'free') {
      const { slot } = message
      const next = control.pausing ? undefined : nextOf(slot)
      const run = next === undefined ? null : { id: next.id, slot, config: toyConfig(next, rest) }
      setImmediate(() => control.answer(run))
    }
    if (message.type !== 'points') return
    const last = Math.max(0, ...message.chunks.map(({ steps }) => steps.at(-1) ?? 0))
    setImmediate(() => control.acknowledge(message.run, last))
  })
  await runJob(job, materials, control, { ...NO_CHECKPOINTS, ...rest.pace })
  return store
}
