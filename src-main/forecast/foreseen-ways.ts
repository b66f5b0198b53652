import type { CellFacts } from '../library/describe-cells'
import { usualWay } from '../queue/groups'
import type { TrainingWay } from '../run'
import type { ChosenWay } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import { wayByMemory, type BytesOf } from './fitting-ways'
import { cellOf } from './forecast'
import { countedWay, keptWay, wordsOf } from './kept-ways'
import { countedBytes } from './operations'
import { areTried, machineCores, wayRule } from './way-candidates'

/** How a plan's runs are trained, or would be. */
export interface ForeseenWays {
  readonly wayOf: (run: PlannedRun) => TrainingWay
  /** How many cells, of those that were asked for, train in smaller groups than usual for want of memory. */
  readonly smaller: () => number
}

/**
 * What was chosen before, or else what would be by the memory that there is.
 * @param chosen ways that the workspace remembers
 * @param memory bytes that training may plan with
 */
export function foreseenWays(
  plan: Plan,
  facts: readonly CellFacts[],
  chosen: readonly ChosenWay[],
  memory: number,
): ForeseenWays {
  const [cores, rule] = [machineCores(), wayRule()]
  const [ways, smaller] = [new Map<string, TrainingWay>(), new Set<string>()]
  let cells: ReadonlyMap<string, readonly PlannedRun[]> | null = null
  const choose = (run: PlannedRun): TrainingWay => {
    const measured = keptWay(chosen, plan, run)?.way
    if (measured !== undefined || rule === 'usual') return measured ?? usualWay(run)
    cells ??= byCell(plan)
    const runs = cells.get(wordsOf(run)) ?? [run]
    const counted = areTried(runs, cores, rule) ? undefined : countedWay(chosen, plan, run)?.way
    const way = counted ?? wayByMemory(runs, { cores, rule }, bytesByCount(facts, run), memory)
    if (way.groupSize < usualWay(run).groupSize) smaller.add(wordsOf(run))
    return way
  }
  return {
    smaller: () => smaller.size,
    wayOf: (run) => {
      const words = wordsOf(run)
      const way = ways.get(words) ?? choose(run)
      ways.set(words, way)
      return way
    },
  }
}

/** Counts the memory of workers with runs of this one's kind. */
export const bytesByCount =
  (facts: readonly CellFacts[], run: PlannedRun): BytesOf =>
  (slots) =>
    countedBytes(cellOf(facts, run), run.config, slots)

function byCell({ runs }: Plan): Map<string, PlannedRun[]> {
  const cells = new Map<string, PlannedRun[]>()
  for (const run of runs) {
    const known = cells.get(wordsOf(run))
    if (known === undefined) cells.set(wordsOf(run), [run])
    else known.push(run)
  }
  return cells
}
