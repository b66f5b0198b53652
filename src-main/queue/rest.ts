import type { Crew } from './crew'
import { isOf } from './entry'
import type { Schedule } from './schedule'
import type { Slot } from './slot'

/** Tells those who wait for it when nothing (of a study) is in training or about to be. */
export class Rest {
  private waiters: (() => void)[] = []

  constructor(
    private readonly crew: Crew,
    private readonly schedule: Schedule,
    private readonly isHeld: () => boolean,
  ) {}

  async of(study?: string): Promise<void> {
    while (this.isBusy(study)) await new Promise<void>((resolve) => this.waiters.push(resolve))
  }

  /** Something has ended: those who wait may look again. */
  look(): void {
    for (const wake of this.waiters.splice(0)) wake()
  }

  private isBusy(study?: string): boolean {
    // A job that goes on with runs of other studies alone keeps nobody waiting.
    const keeps = ({ job, inTraining }: Slot): boolean =>
      job !== null &&
      (study === undefined || (inTraining.length > 0 ? inTraining : job.entries).some(isOf(study)))
    if (this.crew.slots.some(keeps)) return true
    return !this.isHeld() && this.schedule.hasQueued(study)
  }
}
