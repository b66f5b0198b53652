import type { Entry } from './entry'
import type { WorkerFault } from './training-worker'

/** A run whose worker died is tried again so many times before it counts as failed. */
const RETRIES = 2

/** What becomes of a run that its worker left without an end. */
export type Fate = 'cancelled' | 'paused' | 'queued' | 'tried-again' | 'failed'

export interface Circumstances {
  /** The run was the only one of its job. */
  readonly isAlone: boolean
  /** A started study wants the run. */
  readonly isWanted: boolean
  /** The queue itself is in trouble. */
  readonly isHeld: boolean
}

/** Counts the fault against the run where it may be to blame. */
export function fateOf(entry: Entry, fault: WorkerFault, { isAlone, isWanted, isHeld }: Circumstances): Fate {
  if (entry.isCancelled) return 'cancelled'
  if (fault.kind === 'stopped' || !isWanted) return 'paused'
  if (isHeld || !fault.wasReady) return 'queued'
  entry.faults++
  // A job that cannot be done would fail again, unless another run of the group was the reason.
  const isHopeless = fault.kind === 'failed' && isAlone
  return !isHopeless && entry.faults <= RETRIES ? 'tried-again' : 'failed'
}
