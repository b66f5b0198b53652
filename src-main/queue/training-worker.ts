import { inspect } from 'node:util'
import type { Environment, ExecutionOptions } from '../run'
import type { FromWorker, JobRun, TrainingJob } from '../training/messages'
import type { Channel, ChannelListener, OpenChannel } from './channel'

/**
 * Why a job ended early. `died`: the worker is gone and another may do better. `failed`: the job itself cannot be done.
 * `stopped`: we ended it, and its runs can go on later from where their checkpoints are.
 */
export class WorkerFault extends Error {
  override readonly name = 'WorkerFault'
  constructor(
    readonly kind: 'died' | 'failed' | 'stopped',
    message: string,
    /** False: the worker died before it could say `ready`, so no run is to blame. */
    readonly wasReady: boolean,
  ) {
    super(message)
  }
}

/** Limits are counted in ticks, not by the clock: when this process itself was stopped, a late tick counts as one. */
export interface WorkerLimits {
  readonly tickMs: number
  /** A worker that says nothing for so long while it is on a job is hung. */
  readonly silenceTicks: number
  /** A worker that was asked to pause has so long to save its state. */
  readonly pauseTicks: number
}

export const WORKER_LIMITS: WorkerLimits = { tickMs: 1_000, silenceTicks: 120, pauseTicks: 60 }

/**
 * One worker and the job it is on. However the worker ends (throws, exits, is killed, goes silent, or talks nonsense),
 * what waits for it is rejected with the reason.
 */
export class TrainingWorker {
  private readonly channel: Channel
  private readonly clock: NodeJS.Timeout
  private environment: Environment | null = null
  private job: Job | null = null
  private fault: WorkerFault | null = null
  private lastSeq = 0
  private silentTicks = 0
  private pausingTicks: number | null = null
  /** Cancelled before the worker was ready to hear it. */
  private cancelled: string[] = []

  constructor(
    open: OpenChannel,
    readonly isolation: ExecutionOptions['isolation'],
    private readonly limits: WorkerLimits = WORKER_LIMITS,
    /** Of the engine; null: as many as there are cores. */
    readonly threads: number | null = null,
  ) {
    this.clock = setInterval(() => this.tick(), limits.tickMs)
    const listener: ChannelListener = {
      message: (message) => this.take(message),
      gone: (reason) => this.end('died', reason),
    }
    this.channel = open(isolation, listener, threads)
  }

  get isDead(): boolean {
    return this.fault !== null
  }

  /** Where it trains; null until it is ready. */
  get device(): string | null {
    return this.environment?.device ?? null
  }

  /** Of its process; null for a thread of this one. */
  get pid(): number | null {
    return this.channel.pid ?? null
  }

  get isPausing(): boolean {
    return this.pausingTicks !== null
  }

  /**
   * Trains a job and hands every message about its runs to `handle`; one that throws ends the worker.
   * @param next the run that is to have a place of the job that is free, and is the worker's from then on
   * @throws {WorkerFault}
   */
  train(
    job: TrainingJob,
    handle: (message: RunMessage, environment: Environment) => void,
    next: (place: FreePlace) => JobRun | null = () => null,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.fault !== null) return reject(this.fault)
      if (this.job !== null) return reject(new Error('this worker is already on a job'))
      this.lastSeq++
      this.silentTicks = 0
      this.pausingTicks = null
      const open = new Set(job.runs.map((run) => run.id))
      this.job = { seq: this.lastSeq, job, known: new Set(open), open, handle, next, resolve, reject }
      if (this.environment !== null) this.channel.send({ type: 'train', seq: this.lastSeq, job })
    })
  }

  /** All points of the run up to this step are in the store. */
  stored(run: string, step: number): void {
    this.channel.send({ type: 'stored', run, step })
  }

  /** Asks for a checkpoint of every run of the job, and to end them as paused. */
  pause(): void {
    if (this.job === null || this.pausingTicks !== null) return
    this.pausingTicks = 0
    if (this.environment === null) this.end('stopped', 'stopped before training began')
    else this.channel.send({ type: 'pause' })
  }

  cancel(run: string): void {
    if (this.environment === null) this.cancelled.push(run)
    else this.channel.send({ type: 'cancel', run })
  }

  /** Ends the worker; a job it was on is rejected as stopped. */
  async close(): Promise<void> {
    this.end('stopped', 'the worker was closed')
    await this.channel.kill()
  }

  private take(message: unknown): void {
    if (this.fault !== null) return
    this.silentTicks = 0
    try {
      if (!isMessage(message))
        throw new Error(`the worker sent something that is no message: ${preview(message)}`)
      this.understand(message)
    } catch (error) {
      this.kill('died', error instanceof Error ? error.message : String(error))
    }
  }

  private understand(message: FromWorker): void {
    const { job } = this
    switch (message.type) {
      case 'alive':
        return
      case 'ready':
        this.environment = message.environment
        if (job !== null) this.channel.send({ type: 'train', seq: job.seq, job: job.job })
        for (const run of this.cancelled) this.channel.send({ type: 'cancel', run })
        return
      case 'free':
        if (job === null) throw new Error('the worker offers a place of no job')
        return this.refill(job, message)
      case 'done':
      case 'failed':
        if (job === null || job.seq !== message.seq) throw new Error(`the worker ended a job it was not on`)
        if (message.type === 'done' && job.open.size > 0)
          throw new Error('the worker left a run without an end')
        this.job = null
        if (message.type === 'done') job.resolve()
        else job.reject(new WorkerFault('failed', message.message, true))
        return
      default:
        if (
          job === null ||
          this.environment === null ||
          (message.run !== null && !job.known.has(message.run))
        ) {
          throw new Error(`the worker spoke of run ${message.run}, which it was not given`)
        }
        job.handle(message, this.environment)
        if (message.type === 'ended') job.open.delete(message.run)
    }
  }

  /** A run that is sent to a worker which is to pause would come back at once. */
  private refill(job: Job, place: FreePlace): void {
    const run = this.isPausing ? null : job.next(place)
    if (run !== null) {
      job.known.add(run.id)
      job.open.add(run.id)
    }
    this.channel.send({ type: 'refill', slot: place.slot, run })
  }

  private tick(): void {
    if (this.job === null) return
    this.silentTicks++
    if (this.pausingTicks !== null) this.pausingTicks++
    if (this.silentTicks > this.limits.silenceTicks) {
      this.kill(
        'died',
        `the worker gave no sign of life for ${this.seconds(this.limits.silenceTicks)} seconds`,
      )
    } else if (this.pausingTicks !== null && this.pausingTicks > this.limits.pauseTicks) {
      this.kill(
        'stopped',
        `the worker did not save its state within ${this.seconds(this.limits.pauseTicks)} seconds`,
      )
    }
  }

  private seconds(ticks: number): number {
    return (ticks * this.limits.tickMs) / 1000
  }

  private kill(kind: WorkerFault['kind'], reason: string): void {
    this.end(kind, reason)
    void this.channel.kill()
  }

  private end(kind: WorkerFault['kind'], reason: string): void {
    if (this.fault !== null) return
    clearInterval(this.clock)
    this.fault = new WorkerFault(kind, reason, this.environment !== null)
    this.job?.reject(this.fault)
    this.job = null
  }
}

/** What a worker says about runs while it is on a job. */
export type RunMessage = Exclude<FromWorker, { type: 'ready' | 'alive' | 'free' | 'done' | 'failed' }>

/** A place of a job whose run has ended. */
export type FreePlace = Extract<FromWorker, { type: 'free' }>

interface Job {
  readonly seq: number
  readonly job: TrainingJob
  readonly known: Set<string>
  /** Runs that have not ended. */
  readonly open: Set<string>
  readonly handle: (message: RunMessage, environment: Environment) => void
  readonly next: (place: FreePlace) => JobRun | null
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

const MESSAGE_TYPES: ReadonlySet<string> = new Set<FromWorker['type']>([
  'ready',
  'begun',
  'points',
  'checkpoint',
  'ended',
  'alive',
  'free',
  'log',
  'done',
  'failed',
])

/** Worker and queue are built together, so only the kind is checked: nonsense is a sign of a broken worker, not of an older one. */
function isMessage(value: unknown): value is FromWorker {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    MESSAGE_TYPES.has(value.type)
  )
}

const preview = (value: unknown): string => inspect(value, { breakLength: Infinity }).slice(0, 80)
