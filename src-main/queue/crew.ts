import type { TrainingWay } from '../run'
import type { OpenChannel } from './channel'
import type { Entry } from './entry'
import type { Batch } from './schedule'
import { Slot } from './slot'
import { WORKER_LIMITS } from './training-worker'
import type { WorkerLimits } from './training-worker'

/** Shares of the machine are added up in floating point. */
const TINY = 1e-9

export interface CrewOptions {
  readonly openWorker: OpenChannel
  readonly limits?: WorkerLimits
  /** How many workers that compute on all cores train at a time. One fills the processor. */
  readonly workers?: number
}

/** All places where workers train, and how the machine's cores are shared out among them. */
export class Crew {
  readonly slots: Slot[]

  constructor(private readonly options: CrewOptions) {
    this.slots = Array.from({ length: options.workers ?? 1 }, () => this.newSlot())
  }

  get isIdle(): boolean {
    return this.slots.every(({ job }) => job === null)
  }

  /** How many groups are trained at a time, as things are now. */
  get lanes(): number {
    return Math.max(1, this.slots.filter(({ job }) => job !== null).length)
  }

  /** No core is free. */
  get isFull(): boolean {
    return this.taken >= this.places - TINY
  }

  /** One more worker of this way leaves the others their cores. */
  hasPlaceFor({ workers }: TrainingWay): boolean {
    return this.taken + 1 / workers <= this.places + TINY
  }

  /** A free place, where there is one for this way. */
  placeFor(way: TrainingWay): Slot | undefined {
    if (!this.hasPlaceFor(way)) return undefined
    const free = this.slots.find(({ job }) => job === null)
    if (free !== undefined) return free
    const another = this.newSlot()
    this.slots.push(another)
    return another
  }

  slotOf(run: string): Slot | undefined {
    return this.slots.find((slot) => slot.holds(run))
  }

  /** Runs of a group to be trained now. One of a job that failed is tried alone, lest it takes the others along again. */
  waitingIn({ entries }: Batch): readonly Entry[] {
    if (!entries.some(({ state }) => state === 'queued')) return []
    const waiting = entries.filter(({ id, state }) => state === 'queued' && !this.slotOf(id))
    const unhurt = waiting.filter(({ faults }) => faults === 0)
    return unhurt.length > 0 ? unhurt : waiting.slice(0, 1)
  }

  hasWaiting(batch: Batch): boolean {
    return this.waitingIn(batch).length > 0
  }

  /** Ends the workers that have nothing to do. */
  dismissIdle(): void {
    for (const slot of this.slots) if (slot.job === null) slot.dismiss()
  }

  async close(): Promise<void> {
    await Promise.all(this.slots.map((slot) => slot.close()))
  }

  private get places(): number {
    return this.options.workers ?? 1
  }

  /** Shares of the machine that are in use, of `places`. */
  private get taken(): number {
    return this.slots.reduce((sum, { job }) => sum + (job === null ? 0 : 1 / job.way.workers), 0)
  }

  private newSlot(): Slot {
    return new Slot(this.options.openWorker, this.options.limits ?? WORKER_LIMITS)
  }
}
