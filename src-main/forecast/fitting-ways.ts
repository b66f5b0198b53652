import { usualWay } from '../queue/groups'
import type { TrainingWay } from '../run'
import type { PlannedRun } from '../study/study'
import { areTried, candidatesFor } from './way-candidates'
import type { Candidate, Cores, WayRule } from './way-candidates'

/** Bytes that a worker with so many fused runs of one kind takes, by count. */
export type BytesOf = (slots: number) => number

export interface FittingWays {
  readonly fitting: readonly Candidate[]
  /** Those that need more, and how much. */
  readonly left: readonly { readonly candidate: Candidate; readonly bytes: number }[]
}

/**
 * Ways that by count fit into so many bytes: one that does not might take the machine along. Where none does, the first of
 * them in one worker with groups half as large, or half of that, down to a run alone; none where not even that fits.
 */
export function fittingWays(candidates: readonly Candidate[], bytesOf: BytesOf, most: number): FittingWays {
  const counted = candidates.map((candidate) => ({ candidate, bytes: bytesNeeded(candidate, bytesOf) }))
  const fitting = counted.filter(({ bytes }) => bytes <= most).map(({ candidate }) => candidate)
  const left = counted.filter(({ bytes }) => bytes > most)
  const [first] = candidates
  if (fitting.length > 0 || first === undefined) return { fitting, left }
  for (let groupSize = first.groupSize >> 1; groupSize > 0; groupSize >>= 1) {
    const smaller = { ...first, groupSize, workers: 1, threads: null }
    if (bytesNeeded(smaller, bytesOf) <= most) return { fitting: [smaller], left }
  }
  return { fitting, left }
}

const bytesNeeded = ({ workers, groupSize }: Candidate, bytesOf: BytesOf): number =>
  workers * bytesOf(groupSize)

/**
 * How the runs of a cell are trained as far as memory alone decides it: the usual way, or where that does not fit the
 * first that does of those that would be tried, or a run alone. A GPU's memory is not counted.
 * @param runs of one cell
 */
export function wayByMemory(
  runs: readonly PlannedRun[],
  { cores, rule }: { readonly cores: Cores; readonly rule: WayRule },
  bytesOf: BytesOf,
  most: number,
): TrainingWay {
  const usual = usualIn(runs)
  const candidates = candidatesFor(runs, cores)
  const [first] = candidates
  if (cores.isGpu || first === undefined) return usual
  const tried = areTried(runs, cores, rule) ? candidates : [first]
  const [way] = fittingWays(tried, bytesOf, most).fitting
  if (way === first) return usual
  return way === undefined ? { ...usual, groupSize: 1 } : { ...way, why: '' }
}

/** The usual way of a cell's runs. */
export function usualIn([run]: readonly PlannedRun[]): TrainingWay {
  if (run === undefined) throw new Error('a cell without runs')
  return usualWay(run)
}
