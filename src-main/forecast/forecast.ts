import type { CellFacts } from '../library/describe-cells'
import type { Group } from '../queue/groups'
import { groupsOf, usualWay } from '../queue/groups'
import { idOf, isSettled } from '../run'
import type { TrainingWay } from '../run'
import type { RunMark } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import { checkpointBytes, historyBytes, weightBytes } from './disk'
import type { GroupKind } from './group-kind'
import { knownOf } from './kind-pace'
import type { KnownPace, PaceSource, Paces } from './kind-pace'
import { groupSeconds } from './pace'
import { batchLengths } from './batch-lengths'
import type { BatchLengths } from './batch-lengths'

/** What the groups of one cell would take. */
export interface CellForecast {
  readonly task: string
  readonly model: string
  readonly setting: string
  readonly parametersTrained: number
  readonly parametersTotal: number
  readonly runs: number
  /** Runs without a result, and the fused groups that they train in. */
  readonly toTrain: number
  readonly groups: number
  /** Runs of the largest group. */
  readonly slots: number
  /** Null: the pace of one of its groups is not known yet. */
  readonly seconds: number | null
  readonly from: readonly PaceSource[]
}

/** What training a study would take on this machine. Early stopping is not foreseen, so times are upper ends. */
export interface Forecast {
  readonly runs: number
  readonly toTrain: number
  readonly groups: number
  readonly cells: readonly CellForecast[]
  /** Null: the pace of some group is not known yet. */
  readonly seconds: number | null
  /** Where the seconds come from; empty when nothing is to be trained. */
  readonly from: readonly PaceSource[]
  /** Of tasks whose examples are of different lengths. */
  readonly batches: readonly BatchLengths[]
  /** Of the groups that train side by side and take most; null when nothing is to be trained. */
  readonly memoryBytes: number | null
  /** How many they are. */
  readonly memoryWorkers: number
  /** The worker's memory was read while it was at its work. */
  readonly isMemoryMeasured: boolean
  /** Added for good as points and as weights of complete runs, and needed for checkpoints at the same time at most. */
  readonly diskBytes: { readonly history: number; readonly weights: number; readonly checkpoints: number }
}

/** What is left of a group: its runs without a result, and the most steps that one of them lacks. */
export interface OpenGroup {
  readonly group: Group
  readonly open: readonly PlannedRun[]
  readonly steps: number
}

/**
 * The groups of a plan that still have something to train.
 * @param marks how far its runs are, as far as they are known
 */
export function openGroups(
  plan: Plan,
  marks: readonly RunMark[],
  wayOf: (run: PlannedRun) => TrainingWay = usualWay,
): OpenGroup[] {
  const known = new Map(marks.map((mark) => [mark.id, mark]))
  return groupsOf(plan.runs, wayOf).flatMap((group) => {
    const lacking = group.runs.flatMap((run) => {
      const mark = known.get(idOf(run.key))
      if (mark && isSettled(mark.state)) return []
      return [{ run, steps: run.config.training.max_steps - (mark?.steps ?? 0) }]
    })
    if (lacking.length === 0) return []
    return [
      { group, open: lacking.map(({ run }) => run), steps: Math.max(...lacking.map(({ steps }) => steps)) },
    ]
  })
}

/**
 * @param open the plan's groups that still have something to train
 * @param wayOf how a run is, or would be, trained
 */
export function forecastPlan(
  plan: Plan,
  facts: readonly CellFacts[],
  open: readonly OpenGroup[],
  paces: Paces,
  wayOf: (run: PlannedRun) => TrainingWay = usualWay,
): Forecast {
  const timed = open.map(timerOf(facts, wayOf, paces))
  const cells = facts.map((cell) => {
    const own = timed.filter((each) => each.cell === cell)
    return {
      task: cell.task,
      model: cell.model,
      setting: cell.setting,
      parametersTrained: cell.parameters.trained,
      parametersTotal: cell.parameters.total,
      runs: plan.runs.filter((run) => isOf(cell, run)).length,
      toTrain: own.reduce((sum, { open: runs }) => sum + runs.length, 0),
      groups: own.length,
      slots: largest(own, ({ slots }) => slots),
      ...timeOf(own),
    }
  })
  const toTrain = open.reduce((sum, { open: runs }) => sum + runs.length, 0)
  const { keep_weights: kept = 'small' } = plan.study.execution
  const together = facts
    .map((cell) =>
      sideBySide(
        timed.filter((each) => each.cell === cell),
        wayOf,
      ),
    )
    .reduce((a, b) => (b.bytes > a.bytes ? b : a), { bytes: 0, workers: 0 })
  return {
    runs: plan.runs.length,
    toTrain,
    groups: open.length,
    cells,
    ...timeOf(timed),
    batches: batchLengths(facts),
    memoryBytes: toTrain === 0 ? null : together.bytes,
    memoryWorkers: together.workers,
    isMemoryMeasured: toTrain > 0 && timed.every(({ known }) => known.isMeasured),
    diskBytes: {
      history: timed.reduce(
        (sum, { open: runs }) => sum + runs.reduce((bytes, { config }) => bytes + historyBytes(config), 0),
        0,
      ),
      weights: timed.reduce((sum, { cell, open: runs }) => sum + runs.length * weightBytes(cell, kept), 0),
      checkpoints: largest(timed, ({ cell, slots }) => checkpointBytes(cell, slots)),
    },
  }
}

/** 0 of none. */
const largest = (groups: readonly TimedGroup[], of: (group: TimedGroup) => number): number =>
  groups.reduce((most, group) => Math.max(most, of(group)), 0)

/** What the groups of one cell take that its way trains at the same time, and how many they are at most. */
function sideBySide(
  groups: readonly TimedGroup[],
  wayOf: (run: PlannedRun) => TrainingWay,
): { readonly bytes: number; readonly workers: number } {
  const run = groups[0]?.open[0]
  const workers = run === undefined ? 0 : Math.min(wayOf(run).workers, groups.length)
  return { bytes: workers * largest(groups, ({ known }) => known.bytes), workers }
}

interface TimedGroup {
  readonly open: readonly PlannedRun[]
  readonly cell: CellFacts
  /** What is known of its kind. */
  readonly known: KnownPace
  readonly slots: number
  readonly seconds: number | null
}

/** Times groups; what is known of a kind is looked up once, for a plan may have very many groups of it. */
function timerOf(
  facts: readonly CellFacts[],
  wayOf: (run: PlannedRun) => TrainingWay,
  paces: Paces,
): (open: OpenGroup) => TimedGroup {
  const kinds = new Map<CellFacts, Map<number, KnownPace>>()
  const lookUp = (kind: GroupKind, run: PlannedRun): KnownPace => {
    const bySize = kinds.get(kind.cell) ?? new Map<number, KnownPace>()
    kinds.set(kind.cell, bySize)
    const known = bySize.get(kind.slots) ?? knownOf(kind, wayOf(run), paces)
    bySize.set(kind.slots, known)
    return known
  }
  return (open) => {
    const [first] = open.open
    if (first === undefined) throw new Error('a group without runs')
    const cell = cellOf(facts, first)
    const slots = open.group.runs.length
    const { config } = first
    const known = lookUp({ cell, config, slots }, first)
    const seconds = known.pace === null ? null : groupSeconds(known.pace, cell, config, open.steps)
    return { open: open.open, cell, known, slots, seconds }
  }
}

/** The start is paid once for groups of one cell and size: the graph is kept for those that follow. */
function timeOf(groups: readonly TimedGroup[]): { seconds: number | null; from: PaceSource[] } {
  const from = [...new Set(groups.flatMap(({ known }) => known.from ?? []))].sort()
  if (groups.some(({ seconds }) => seconds === null)) return { seconds: null, from }
  const starts = new Map<CellFacts, Map<number, number>>()
  for (const { cell, slots, known } of groups) {
    const bySize = starts.get(cell) ?? new Map<number, number>()
    starts.set(cell, bySize.set(slots, known.startSeconds))
  }
  const started = [...starts.values()].flatMap((bySize) => [...bySize.values()])
  const parts = [...groups.map(({ seconds }) => seconds ?? 0), ...started]
  return { seconds: parts.reduce((sum, part) => sum + part, 0), from }
}

const isOf = (cell: CellFacts, run: PlannedRun): boolean =>
  cell.task === run.task && cell.model === run.model && cell.setting === run.setting

export function cellOf(facts: readonly CellFacts[], run: PlannedRun): CellFacts {
  const cell = facts.find((each) => isOf(each, run))
  if (cell === undefined) throw new Error('a run that belongs to no cell of its study')
  return cell
}
