import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { alike, trainsTrunk, usualWay } from '../queue/groups'
import type { TrainingWay } from '../run'
import type { PlannedRun } from '../study/study'

/** A way of training before it was measured. */
export type Candidate = Omit<TrainingWay, 'why'>

export interface Cores {
  readonly cores: number
  readonly isGpu: boolean
}

/** What is measured: what pays (auto), whatever has two ways (measure), nothing (usual). */
export type WayRule = 'auto' | 'measure' | 'usual'

/** Cells that take fewer steps, all runs together, have ended before a measurement has paid. */
const WORTH_MEASURING_STEPS = 1_000

/** Larger groups were never faster on a processor. */
const LARGEST_ON_CPU = 4
const ON_GPU = [1, 4, 16, 64]

/** Ways that may be the fastest for these runs of one cell, the usual one first. */
export function candidatesFor(runs: readonly PlannedRun[], { cores, isGpu }: Cores): Candidate[] {
  const [first] = runs
  if (first === undefined) return []
  const { groupSize: most, ...usual } = usualWay(first)
  const rates = mostRates(runs)
  const alone: Candidate = { ...usual, groupSize: Math.min(most, rates) }
  if (isGpu) return unique(ON_GPU.map((size) => ({ ...alone, groupSize: Math.min(size, rates) })))
  const largest = trainsTrunk(first.config.setting) ? 1 : Math.min(LARGEST_ON_CPU, rates)
  const sideBySide = [2, 4, cores]
    .filter((workers) => workers > 1 && workers <= cores && workers <= runs.length)
    .flatMap((workers) => {
      const threads = Math.floor(cores / workers)
      // Groups so large that every worker has one.
      const shared = Math.max(1, Math.min(largest, Math.floor(runs.length / workers)))
      return [largest, shared].map((groupSize): Candidate => ({ path: 'graph', groupSize, workers, threads }))
    })
  return unique([alone, ...sideBySide])
}

/** How many runs can advance together. A cell of very many runs is asked for it again and again. */
function mostRates(runs: readonly PlannedRun[]): number {
  const most = known.get(runs) ?? Math.max(...alike(runs).map(({ length }) => length))
  known.set(runs, most)
  return most
}
const known = new WeakMap<readonly PlannedRun[], number>()

/** Whether the ways of these runs of one cell are tried out: they differ, and the runs take long enough for it to matter. */
export const areTried = (runs: readonly PlannedRun[], cores: Cores, rule: WayRule): boolean =>
  rule !== 'usual' &&
  candidatesFor(runs, cores).length > 1 &&
  (rule === 'measure' || stepsOf(runs) >= WORTH_MEASURING_STEPS)

export const stepsOf = (runs: readonly PlannedRun[]): number =>
  runs.reduce((sum, { config }) => sum + config.training.max_steps, 0)

/** The machine's processor, or that it has an NVIDIA GPU. */
export const machineCores = (): Cores => ({
  cores: availableParallelism(),
  isGpu: existsSync('/proc/driver/nvidia/gpus'),
})

/** As FAIRSWEEP_WAYS says. */
export function wayRule(): WayRule {
  const named = process.env['FAIRSWEEP_WAYS']
  return named === 'measure' || named === 'usual' ? named : 'auto'
}

/**
 * Seconds that one step of all these runs takes in a way, each run's part: a worker that has no group any more waits for
 * the others.
 * @param stepSeconds of one group, while all workers are at work
 */
export function secondsARun(
  runs: readonly PlannedRun[],
  { groupSize, workers }: Candidate,
  stepSeconds: number,
): number {
  const groups = alike(runs).reduce((sum, { length }) => sum + Math.ceil(length / groupSize), 0)
  return (Math.ceil(groups / workers) * stepSeconds) / runs.length
}

export function wayWords({ path, groupSize, workers, threads }: Candidate, cores: number): string {
  const groups = groupSize === 1 ? 'runs alone' : `groups of ${groupSize}`
  const each = threads ?? cores
  const crew = `${workers} ${workers === 1 ? 'worker' : 'workers'} of ${each} ${each === 1 ? 'thread' : 'threads'}`
  return `${groups} in ${crew}, ${path === 'graph' ? 'plain graph' : 'graph compiled by XLA'}`
}

const unique = (candidates: readonly Candidate[]): Candidate[] => [
  ...new Map(candidates.map((candidate) => [JSON.stringify(candidate), candidate])).values(),
]
