import type { CellFacts } from '../library/describe-cells'
import type { Group } from '../queue/groups'
import { groupsOf, usualWay } from '../queue/groups'
import { isSettled } from '../run'
import type { RunConfig, RunRecord, TrainingWay } from '../run'
import type { Plan, PlannedRun } from '../study/study'
import { checkpointBytes, historyBytes, weightBytes } from './disk'
import { earlierStepSeconds } from './earlier-runs'
import { countedBytes, countedPace } from './operations'
import { groupSeconds } from './pace'
import type { GroupPace } from './pace'

/** Where a time comes from, best first. */
export type PaceSource = 'earlier-runs' | 'probe' | 'operations'

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
  /** Of the largest group; null when nothing is to be trained. */
  readonly memoryBytes: number | null
  /** The worker's memory was read while it was at its work. */
  readonly isMemoryMeasured: boolean
  /** Added for good as points and as weights of complete runs, and needed for checkpoints at the same time at most. */
  readonly diskBytes: { readonly history: number; readonly weights: number; readonly checkpoints: number }
}

/** What is known about speed. */
export interface Paces {
  readonly history: readonly RunRecord[]
  /** How a run is, or would be, trained. */
  readonly wayOf?: (run: PlannedRun) => TrainingWay
  /** What was measured of a group of this size, as probe or from the log of a run underway. */
  readonly measured: (config: RunConfig, slots: number) => { pace: GroupPace; from: PaceSource } | null
  /** Speed of large products, for what was not measured; null: not counted. */
  readonly gflops: number | null
}

/** What is left of a group: its runs without a result, and the most steps that one of them lacks. */
export interface OpenGroup {
  readonly group: Group
  readonly open: readonly PlannedRun[]
  readonly steps: number
}

/** The groups of a plan that still have something to train. */
export function openGroups(
  plan: Plan,
  history: readonly RunRecord[],
  wayOf: (run: PlannedRun) => TrainingWay = usualWay,
): OpenGroup[] {
  const known = new Map(history.map((run) => [run.key, run]))
  return groupsOf(plan.runs, wayOf).flatMap((group) => {
    const lacking = group.runs.flatMap((run) => {
      const record = known.get(run.key)
      if (record && isSettled(record.state)) return []
      return [{ run, steps: run.config.training.max_steps - (record?.steps ?? 0) }]
    })
    if (lacking.length === 0) return []
    return [
      { group, open: lacking.map(({ run }) => run), steps: Math.max(...lacking.map(({ steps }) => steps)) },
    ]
  })
}

export function forecastPlan(plan: Plan, facts: readonly CellFacts[], paces: Paces): Forecast {
  const open = openGroups(plan, paces.history, paces.wayOf)
  const timed = open.map((each) => timeGroup(each, cellOf(facts, each.open[0]), paces))
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
      slots: Math.max(0, ...own.map(({ slots }) => slots)),
      ...timeOf(own),
    }
  })
  const toTrain = open.reduce((sum, { open: runs }) => sum + runs.length, 0)
  const { keep_weights: kept = 'small' } = plan.study.execution
  return {
    runs: plan.runs.length,
    toTrain,
    groups: open.length,
    cells,
    ...timeOf(timed),
    memoryBytes: toTrain === 0 ? null : Math.max(...timed.map(({ bytes }) => bytes)),
    isMemoryMeasured: toTrain > 0 && timed.every(({ isMeasured }) => isMeasured),
    diskBytes: {
      history: timed.reduce(
        (sum, { open: runs }) => sum + runs.reduce((bytes, { config }) => bytes + historyBytes(config), 0),
        0,
      ),
      weights: timed.reduce((sum, { cell, open: runs }) => sum + runs.length * weightBytes(cell, kept), 0),
      checkpoints: Math.max(0, ...timed.map(({ cell, slots }) => checkpointBytes(cell, slots))),
    },
  }
}

interface TimedGroup extends OpenGroup {
  readonly cell: CellFacts
  readonly slots: number
  readonly seconds: number | null
  readonly from: PaceSource | null
  readonly startSeconds: number
  readonly bytes: number
  readonly isMeasured: boolean
}

function timeGroup(
  open: OpenGroup,
  cell: CellFacts,
  { history, wayOf = usualWay, measured, gflops }: Paces,
): TimedGroup {
  const slots = open.group.runs.length
  const [first] = open.open
  if (first === undefined) throw new Error('a group without runs')
  const { config } = first
  const probed = measured(config, slots)
  const peakBytes = probed?.pace.peakBytes ?? null
  const common = {
    ...open,
    cell,
    slots,
    startSeconds: probed?.pace.startSeconds ?? 0,
    bytes: peakBytes ?? countedBytes(cell, config, slots),
    isMeasured: peakBytes !== null,
  }
  const earlier = earlierStepSeconds(config, slots, history)
  // Logged times are those of one worker of several.
  const { workers } = wayOf(first)
  if (earlier !== null) return { ...common, seconds: (open.steps * earlier) / workers, from: 'earlier-runs' }
  if (probed !== null) {
    const seconds = groupSeconds(probed.pace, cell, config, open.steps)
    return { ...common, seconds: probed.from === 'probe' ? seconds : seconds / workers, from: probed.from }
  }
  if (gflops === null) return { ...common, seconds: null, from: null }
  const pace = countedPace(cell, config, slots, gflops)
  return { ...common, seconds: groupSeconds(pace, cell, config, open.steps), from: 'operations' }
}

/** The start is paid once for groups of one cell and size: the graph is kept for those that follow. */
function timeOf(groups: readonly TimedGroup[]): { seconds: number | null; from: PaceSource[] } {
  const from = [...new Set(groups.flatMap((group) => group.from ?? []))].sort()
  if (groups.some(({ seconds }) => seconds === null)) return { seconds: null, from }
  const starts = new Map<CellFacts, Map<number, number>>()
  for (const { cell, slots, startSeconds } of groups) {
    starts.set(cell, (starts.get(cell) ?? new Map<number, number>()).set(slots, startSeconds))
  }
  const started = [...starts.values()].flatMap((bySize) => [...bySize.values()])
  const parts = [...groups.map(({ seconds }) => seconds ?? 0), ...started]
  return { seconds: parts.reduce((sum, part) => sum + part, 0), from }
}

const isOf = (cell: CellFacts, run: PlannedRun): boolean =>
  cell.task === run.task && cell.model === run.model && cell.setting === run.setting

function cellOf(facts: readonly CellFacts[], run: PlannedRun | undefined): CellFacts {
  const cell = facts.find((each) => run !== undefined && isOf(each, run))
  if (cell === undefined) throw new Error('a run that belongs to no cell of its study')
  return cell
}
