import type { ExecutionOptions, TrainingWay } from '../run'
import type { OpenChannel } from './channel'
import type { Entry } from './entry'
import type { Batch } from './schedule'
import { TrainingWorker } from './training-worker'
import type { WorkerLimits } from './training-worker'

export interface SlotJob {
  readonly batch: Batch
  readonly way: TrainingWay
  /** The runs of the group that are trained. */
  readonly entries: readonly Entry[]
  /** Unix milliseconds. */
  readonly since: number
}

/** A place where one worker trains; it outlives its workers. */
export class Slot {
  worker: TrainingWorker | null = null
  /** Null: the slot is free. */
  job: SlotJob | null = null

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
    void this.worker?.close()
    this.worker = null
  }

  trains(concerned: (entry: Entry) => boolean): boolean {
    return this.job?.entries.some(concerned) ?? false
  }
}
