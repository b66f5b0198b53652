import { InputError } from '../errors'
import type { RunState } from '../run'
import type { ReadableStore } from '../store/store'
import { MachineGauge } from './machine'
import type { MachineLoad } from './machine'
import type { QueueOverview, QueuePage } from './overview'
import type { Queue } from './queue'

const OPEN: readonly RunState[] = ['queued', 'running', 'paused']

/** Where people look at the queue and change it. One that belongs to no owner has nothing in it. */
export class QueueDesk {
  private readonly gauge = new MachineGauge()

  constructor(
    private readonly store: ReadableStore,
    /** Null: this process looks on, and another one trains. */
    private readonly queue: Queue | null,
  ) {}

  overview(): QueueOverview {
    if (this.queue !== null) return this.queue.survey.overview(this.queue.held, this.queue.entrance.measured)
    const order = this.store.queueOrder()
    return { held: null, measuring: null, workers: 0, running: [], studies: [], order, secondsLeft: null }
  }

  /** What waits (of a study), in the order in which it will be trained, from the group number `from`. */
  upcoming(from: number, count: number, study?: string): QueuePage {
    return this.queue?.survey.upcoming(from, count, study) ?? { groups: [], total: 0 }
  }

  /** What the machine and the workers are doing. */
  machine(): Promise<MachineLoad> {
    const pids = this.overview().running.flatMap(({ pid }) => pid ?? [])
    return this.gauge.read(pids)
  }

  /** Gives the queue its order of studies; kept for later sessions. What is in training goes on. */
  order(studies: readonly string[]): void {
    for (const name of studies) this.known(name)
    this.mine.order([...new Set(studies)])
  }

  /** Puts a study first, and saves what others have in training: its next group begins at once. */
  trainNow(study: string): void {
    this.known(study)
    this.order([study, ...this.overview().order])
    this.mine.interruptFor(study)
  }

  /** Moves the group of a run before that of another run of the study, or (null) behind all; kept for later sessions. */
  move(study: string, run: string, before: string | null): void {
    this.known(study)
    this.mine.move(study, run, before)
  }

  /** Goes on after what held the queue was mended. */
  release(): void {
    this.mine.release()
  }

  /** Ends every open run of a study as cancelled, except those that another started study waits for. */
  cancelStudy(study: string): { cancelled: number; kept: number } {
    this.known(study)
    const open = this.store.runs({ study, states: OPEN }).filter(({ inPlan }) => inPlan)
    const cancelled = this.mine.cancelAll(
      open.map(({ id }) => id),
      study,
    )
    return { cancelled, kept: open.length - cancelled }
  }

  /** Ends these runs as cancelled, whoever waits for them; those that have ended stay as they are. */
  cancelRuns(ids: readonly string[]): { done: number } {
    const open = ids.filter((id) => {
      const run = this.store.run(id)
      if (run === null) throw new InputError(`no run ${id} in this workspace`)
      return OPEN.includes(run.state)
    })
    return { done: this.mine.cancelAll(open, null) }
  }

  private get mine(): Queue {
    if (this.queue === null) throw new Error('this workbench only looks on')
    return this.queue
  }

  private known(study: string): void {
    if (this.store.study(study) === null) throw new InputError(`no study '${study}' in this workspace`)
  }
}
