import type { TrainingWay } from '../run'
import type { Crew } from './crew'
import type { Entry } from './entry'
import { programOf } from './groups'
import type { Batch, Schedule } from './schedule'
import type { SlotJob } from './slot'
import type { FreePlace } from './training-worker'

/**
 * The run that is to have a free place of a group in training: the next that waits, as long as it is of the group's kind
 * and study. Nobody is overtaken: where something else is next, the group is left to end.
 */
export function nextFor(
  { batch, entries, way }: SlotJob,
  place: FreePlace,
  schedule: Schedule,
  crew: Crew,
): Entry | undefined {
  const [first] = entries
  // One whose worker died on it is tried alone, and takes nobody along.
  if (first === undefined || entries.some(({ faults }) => faults > 0)) return undefined
  const program = programOf(first.run)
  for (const other of schedule) {
    const waiting = crew.waitingIn(other)
    const [next] = waiting
    if (next === undefined) continue
    const isAlike =
      other.study === batch.study && next.isolation === first.isolation && isSameWay(other.way, way)
    if (!isAlike || programOf(next.run) !== program) return undefined
    const found = waiting.find((entry) => entry.faults === 0 && standsIn(place, entry, other, batch))
    if (found !== undefined) return found
  }
  return undefined
}

/** In its own group it has the place that is free here, and that group is as large where this counts. */
const standsIn = ({ slot, anySize }: FreePlace, { run }: Entry, own: Batch, { group }: Batch): boolean =>
  own.group.runs[slot]?.key === run.key && (anySize || own.group.runs.length === group.runs.length)

const isSameWay = (a: TrainingWay | null, b: TrainingWay): boolean =>
  a !== null &&
  a.path === b.path &&
  a.groupSize === b.groupSize &&
  a.workers === b.workers &&
  a.threads === b.threads
