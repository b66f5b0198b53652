import type { ExecutionOptions, TrainingWay } from '../run'
import type { OpenChannel } from './channel'
import type { Entry } from './entry'
import type { Batch } from './schedule'
import { TrainingWorker } from './training-worker'
import type { WorkerLimits } from './training-worker'

export interface SlotJob {
  readonly batch: Batch
  readonly way: TrainingWay
  /** The runs that are trained: of the group, and those that took the places of some that have ended. */
  readonly entries: Entry[]
  /** Unix milliseconds. */
  readonly since: number
}

/** A place where one worker trains; it outlives its workers. */
export class Slot {
  worker: TrainingWorker | null = null
  /** Null: the slot is free. */
  job: SlotJob | null = null
  /** Resolves when the workers that were dismissed are gone. */
  private left: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly open: OpenChannel,
    private readonly limits: WorkerLimits,
  ) {}

  /** The worker that is here, or a new one where it is dead or of another kind. */
  workerFor(isolation: ExecutionOptions['isolation'], threads: number | null): TrainingWorker {
    const fits = this.worker?.isolation === isolation && this.worker.threads === threads
    if (this.worker?.isDead || !fits) this.dismiss()
    this.worker ??= new TrainingWorker(this.open, isolation, this.limits, threads)
    return this.worker
  }

  dismiss(): void {
    this.left = Promise.all([this.left, this.worker?.close()])
    this.worker = null
  }

  /** Resolves when no worker that was ever here is left. */
  async close(): Promise<void> {
    this.dismiss()
    await this.left
  }

  /** Runs of the job that have not ended. */
  get inTraining(): readonly Entry[] {
    return this.job?.entries.filter(({ state }) => state === 'running') ?? []
  }

  /** A run is the job's until the job is over, though it may have ended before. */
  holds(run: string): boolean {
    return this.job?.entries.some(({ id }) => id === run) ?? false
  }
}
