import type { Split } from '../../src-main/tasks/task'
import type { Scores } from '../../src-main/training/best-step'
import type { FusedGroup } from '../../src-main/training/group'

/** Scores of all runs of a group, in the order of their places. */
export async function evaluateAll(group: FusedGroup, split: Split): Promise<Scores[]> {
  const all: Scores[] = []
  for (let run = 0; run < group.size; run++) {
    const scores = await group.evaluate(run, split, () => false)
    if (scores !== null) all.push(scores)
  }
  return all
}
