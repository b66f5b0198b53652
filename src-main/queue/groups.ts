import { createHash } from 'node:crypto'
import type { Setting, TrainingWay } from '../run'
import type { PlannedRun } from '../study/study'

/** Runs that one worker advances together; a run's place here is its slot in the job, whoever else has ended. */
export interface Group {
  readonly runs: readonly PlannedRun[]
}

/**
 * A frozen trunk's matrices are the same for all runs of a group, so four runs make one larger product. Trunks that
 * train multiply by matrices of their own and gain nothing. For what was not measured: see `ways.ts`.
 */
const FROZEN_GROUP_SIZE = 4

/** How a run is trained where nothing was measured: by one worker with all cores. */
export const usualWay = ({ config }: PlannedRun): TrainingWay => ({
  path: 'graph',
  groupSize: trainsTrunk(config.setting) ? 1 : FROZEN_GROUP_SIZE,
  workers: 1,
  threads: null,
  why: '',
})

/**
 * Divides a plan's runs into groups: same cell, data and shapes, hence one program; and same seed, hence one frozen
 * trunk. What is already trained does not change the division, so a run resumed later computes the same bits.
 */
export function groupsOf(
  runs: readonly PlannedRun[],
  wayOf: (run: PlannedRun) => Pick<TrainingWay, 'groupSize'> = usualWay,
): Group[] {
  return alike(runs).flatMap((runs) => {
    const size = runs[0] === undefined ? 1 : wayOf(runs[0]).groupSize
    return Array.from({ length: Math.ceil(runs.length / size) }, (_, group) => ({
      runs: runs.slice(group * size, (group + 1) * size),
    }))
  })
}

/** Runs that can advance together, in the plan's order. */
export function alike(runs: readonly PlannedRun[]): PlannedRun[][] {
  const byProgram = new Map<string, PlannedRun[]>()
  for (const run of runs) {
    const program = programOf(run)
    const known = byProgram.get(program)
    if (known === undefined) byProgram.set(program, [run])
    else known.push(run)
  }
  return [...byProgram.values()]
}

/** Equal for runs whose training is one program with different rates in it. */
export function programOf({ config, startFrom }: PlannedRun): string {
  const { task, model, setting, seed, training, validation, test, precision } = config
  const shared = [task, model, setting, training, validation, test].map(written).join()
  return `${shared},${seed},${precision},${startFrom}`
}

/** A plan of very many runs has few tasks, models, settings and options, which its runs hold in common. */
const known = new WeakMap<object, string>()

/** A short word, the same for parts that say the same. */
function written(part: object): string {
  const word = known.get(part) ?? createHash('sha256').update(JSON.stringify(part)).digest('base64')
  known.set(part, word)
  return word
}

/** Do the trunk's large matrices train? */
export const trainsTrunk = ({ train }: Setting): boolean =>
  train.some((part) => part === 'attention' || part === 'feed_forward' || typeof part === 'object')
