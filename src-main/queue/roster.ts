import { idOf, KEPT_WEIGHTS } from '../run'
import type { KeptWeights, RunState, TrainingWay } from '../run'
import type { Plan, PlannedRun } from '../study/study'
import type { Entry } from './entry'
import { groupsOf, usualWay } from './groups'
import type { Batch } from './schedule'
import type { Ways } from './ways'

/** Of studies that an earlier version saved. */
const DEFAULT_KEPT: KeptWeights = 'small'

/** All runs of started studies. A run is one entry, whichever studies plan it. */
export class Roster {
  private readonly entries = new Map<string, Entry>()

  get(id: string): Entry | undefined {
    return this.entries.get(id)
  }

  /**
   * Takes up the runs of a plan.
   * @param states of the runs by id; one that is not there is queued
   * @param isTrained the run is in a worker's hands and stays as it is
   */
  enlist(plan: Plan, states: ReadonlyMap<string, RunState>, isTrained: (entry: Entry) => boolean): Entry[] {
    const { name, execution } = plan.study
    return plan.runs.map((run) => {
      const id = idOf(run.key)
      const known = this.entries.get(id)
      const studies = new Set([...(known?.studies ?? []), name])
      if (known && isTrained(known)) return Object.assign(known, { studies })
      const state = states.get(id) ?? 'queued'
      const { isolation, keep_weights = DEFAULT_KEPT } = execution
      const others = known && [...known.studies].some((study) => study !== name) ? [known.keptWeights] : []
      const keptWeights =
        KEPT_WEIGHTS.find((each) => [keep_weights, ...others].includes(each)) ?? keep_weights
      const fresh = { run, isolation, keptWeights, studies, state, faults: 0, isCancelled: false }
      // The object stays the same: groups of other studies hold it too.
      const entry = Object.assign(known ?? { id }, fresh)
      this.entries.set(id, entry)
      return entry
    })
  }

  /**
   * A plan's groups, of which every run is enlisted.
   * @param places of runs that somebody moved, by id
   */
  batchesOf(plan: Plan, places: ReadonlyMap<string, number>, ways: Ways): Batch[] {
    const { study, runs } = plan
    const wayOf = (run: PlannedRun): TrainingWay => ways.of(plan, run) ?? usualWay(run)
    return groupsOf(runs, wayOf).map((group, number) => {
      const way = group.runs[0] === undefined ? null : ways.of(plan, group.runs[0])
      const entries = group.runs.flatMap(({ key }) => this.entries.get(idOf(key)) ?? [])
      const moved = entries.flatMap(({ id }) => places.get(id) ?? [])
      return { study: study.name, group, way, entries, place: moved.length > 0 ? Math.min(...moved) : number }
    })
  }
}
