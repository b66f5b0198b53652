import type { TrainingWay } from '../run'
import type { Plan, PlannedRun } from '../study/study'
import { usualWay } from './groups'

/** Who knows, or measures, how the runs of a study are best trained on this machine. */
export interface Ways {
  /** Null: it is to be measured before any of these runs is trained. */
  of(plan: Plan, run: PlannedRun): TrainingWay | null
  /**
   * Measures, and keeps, the way of all runs of the plan that are of this one's kind. Nothing else may train meanwhile.
   * What cannot be measured is trained the usual way.
   * @throws {StoreError} when it cannot be kept
   */
  measure(plan: Plan, run: PlannedRun, signal: AbortSignal): Promise<void>
}

/** Everything the usual way; nothing is measured. */
export const USUAL_WAYS: Ways = {
  of: (_, run) => usualWay(run),
  measure: () => Promise.resolve(),
}
