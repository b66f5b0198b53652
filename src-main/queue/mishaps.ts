import type { Entry } from './entry'
import { fateOf } from './fate'
import { heldBy } from './held'
import type { Held } from './overview'
import type { Recorder } from './recorder'
import type { Schedule } from './schedule'
import { WorkerFault } from './training-worker'

/** So many workers in a row that died before they could start: not the runs are at fault, and the queue stops. */
const FAILED_STARTS = 3

/** What goes wrong while runs are trained: what becomes of them, and whether the whole queue has to wait. */
export class Mishaps {
  private failedStarts = 0
  private trouble: Held | null = null

  constructor(
    private readonly recorder: Recorder,
    private readonly schedule: Schedule,
    private readonly setState: (id: string, state: Entry['state'], reason?: string) => void,
  ) {}

  /** Why nothing more is started until a study is started or resumed: the disk is full, the engine does not load. */
  get held(): Held | null {
    return this.trouble
  }

  /** What held the queue was mended. */
  release(): void {
    this.trouble = null
    this.failedStarts = 0
  }

  /** A job was done to its end, so workers do start. */
  done(): void {
    this.failedStarts = 0
  }

  /** Holds the queue where what is to be kept cannot be. */
  orHold(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.hold(error)
      throw error
    }
  }

  /** Starts nothing more until this is mended. */
  hold(error: unknown): void {
    if (this.trouble !== null) return
    this.trouble = heldBy(error)
    this.recorder.cry(`the queue stopped: ${this.trouble.because}`)
  }

  /** Settles what a job left unfinished. */
  settle(group: readonly Entry[], error: unknown): void {
    const fault = error instanceof WorkerFault ? error : new WorkerFault('died', String(error), true)
    if (fault.kind === 'died' && !fault.wasReady && ++this.failedStarts >= FAILED_STARTS) this.hold(fault)
    try {
      for (const entry of group)
        if (entry.state === 'running') this.settleOne(entry, fault, group.length === 1)
    } catch (storeError) {
      // The runs stay `running` in the store until it is opened anew and they are queued again.
      for (const entry of group) if (entry.state === 'running') entry.state = 'queued'
      this.hold(storeError)
    }
  }

  private settleOne(entry: Entry, fault: WorkerFault, isAlone: boolean): void {
    const isHeld = this.trouble !== null
    const fate = fateOf(entry, fault, { isAlone, isWanted: this.schedule.wants(entry), isHeld })
    if (fate === 'failed') {
      this.recorder.fail(entry.id, fault.message)
      return void (entry.state = 'failed')
    }
    if (fate === 'tried-again')
      this.recorder.log('warning', entry.id, `${fault.message}; the run is tried again`)
    const state = fate === 'tried-again' ? 'queued' : fate
    this.setState(entry.id, state, fate === 'paused' ? fault.message : undefined)
  }
}
