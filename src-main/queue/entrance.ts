import type { Store } from '../store/store'
import type { Plan } from '../study/study'
import type { Roster } from './roster'
import type { Batch, Schedule } from './schedule'
import type { Ways } from './ways'

/** How started studies come into the schedule: divided into groups by the ways of training, which may have to be measured. */
export class Entrance {
  private readonly plans = new Map<string, Plan>()
  private measuring: Measurement | null = null

  constructor(
    private readonly store: Store,
    private readonly roster: Roster,
    private readonly schedule: Schedule,
    private readonly ways: Ways,
  ) {}

  /** The study of which a way of training is being measured; nothing may be trained meanwhile. */
  get measured(): string | null {
    return this.measuring?.study ?? null
  }

  enter(plan: Plan): void {
    const { name } = plan.study
    this.plans.set(name, plan)
    this.schedule.enter(name, this.roster.batchesOf(plan, this.store.queuePlaces(name), this.ways))
  }

  /**
   * Measures the way of a group that has none; its study then stands in the schedule in new groups.
   * @throws {StoreError} when the way cannot be kept
   */
  async measure({ study, group }: Batch): Promise<void> {
    const [run] = group.runs
    const plan = this.plans.get(study)
    if (plan === undefined || run === undefined) return
    const stop = new AbortController()
    const ended = this.ways.measure(plan, run, stop.signal)
    this.measuring = { study, stop, ended }
    try {
      await ended
    } finally {
      this.measuring = null
    }
    // It may have left, or come in again with another plan.
    if (this.schedule.has(study)) this.enter(this.plans.get(study) ?? plan)
  }

  /**
   * Breaks off a measurement (for this study): it is made again when its runs are to be trained. Resolves when its workers
   * are gone.
   */
  async stop(study?: string): Promise<void> {
    if (study !== undefined && this.measuring?.study !== study) return
    this.measuring?.stop.abort()
    await this.measuring?.ended.catch(() => {})
  }
}

interface Measurement {
  readonly study: string
  readonly stop: AbortController
  /** Resolves when nothing of it is left. */
  readonly ended: Promise<void>
}
