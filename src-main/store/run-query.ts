import type { Filter } from '../filter/language'
import type { Environment, ImportedConfig, RunConfig, RunRecord, RunState } from '../run'

/** Which runs, and in which order. */
export interface RunQuery {
  readonly study?: string
  readonly states?: readonly RunState[]
  /** `newest` (the default) is the history, latest first; `plan` is the plan's order, runs not in plan last, and needs `study`. */
  readonly order?: 'newest' | 'plan'
  /** Only runs that pass it; scores under seal are not there to be compared. */
  readonly filter?: Filter
  /** Before `order`; runs without a value come last, and scores under seal are none. */
  readonly sort?: readonly SortKey[]
  /** `left out`: without the runs that somebody put away. Conclusions never leave them out. */
  readonly archived?: 'left out'
  /** Keyset paging: the id of the last run of the page before; not with `sort`. */
  readonly after?: string
  readonly offset?: number
  readonly limit?: number
}

export interface SortKey {
  /** A field of the filter language. */
  readonly field: string
  readonly descending: boolean
}

/** A field of a run as a list shows it. */
export type RunValue = string | number | null

/** How far a run is. */
export type RunMark = Pick<RunRecord, 'id' | 'state' | 'steps'>

/** Started runs of one configuration but for learning rate and seed, on one machine. */
export interface SetupRuns {
  readonly config: Omit<RunConfig, 'learning_rate' | 'seed'> | Omit<ImportedConfig, 'learning_rate' | 'seed'>
  readonly environment: Environment
  /** The newest first. */
  readonly runs: readonly Pick<RunRecord, 'id' | 'state' | 'steps' | 'startedAt' | 'finishedAt'>[]
}
