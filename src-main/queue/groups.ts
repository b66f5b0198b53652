import type { Setting } from '../run'
import type { PlannedRun } from '../study/study'

/** Runs that one worker advances together; a run's place here is its slot in the job, whoever else has ended. */
export interface Group {
  readonly runs: readonly PlannedRun[]
}

/**
 * A frozen trunk's matrices are the same for all runs of a group, so four runs make one larger product. Trunks that
 * train multiply by matrices of their own and gain nothing. Where the size comes from: docs/performance.md.
 */
const FROZEN_GROUP_SIZE = 4

/**
 * Divides a plan's runs into groups: same cell, data and shapes, hence one program; and same seed, hence one frozen
 * trunk. What is already trained does not change the division, so a run resumed later computes the same bits.
 */
export function groupsOf(runs: readonly PlannedRun[]): Group[] {
  const byProgram = new Map<string, PlannedRun[]>()
  for (const run of runs) {
    const program = programOf(run)
    byProgram.set(program, [...(byProgram.get(program) ?? []), run])
  }
  return [...byProgram.values()].flatMap((alike) => {
    const [first] = alike
    const size = first && trainsTrunk(first.config.setting) ? 1 : FROZEN_GROUP_SIZE
    return Array.from({ length: Math.ceil(alike.length / size) }, (_, group) => ({
      runs: alike.slice(group * size, (group + 1) * size),
    }))
  })
}

/** Equal for runs whose training is one program with different rates in it. */
function programOf({ config, startFrom }: PlannedRun): string {
  const { task, model, setting, seed, training, validation, test, precision } = config
  return JSON.stringify({ task, model, setting, seed, training, validation, test, precision, startFrom })
}

/** Do the trunk's large matrices train? */
const trainsTrunk = ({ train }: Setting): boolean =>
  train.some((part) => part === 'attention' || part === 'feed_forward' || typeof part === 'object')
