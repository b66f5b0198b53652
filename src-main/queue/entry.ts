import { SMALL_WEIGHTS_BYTES } from '../run'
import type { ExecutionOptions, KeptWeights, RunState, TrainingWay } from '../run'
import type { PlannedRun } from '../study/study'
import type { JobRun, TrainingJob } from '../training/messages'
import type { Group } from './groups'
import type { TrainedRun } from './recorder'

/** A planned run as the queue keeps it. */
export interface Entry {
  readonly id: string
  run: PlannedRun
  isolation: ExecutionOptions['isolation']
  /** Whether its weights stay when it is complete: the most that one of its studies wants. */
  keptWeights: KeptWeights
  studies: ReadonlySet<string>
  state: RunState
  /** Jobs that failed, or whose worker died, with this run among their runs. */
  faults: number
  isCancelled: boolean
}

/** What a run trains, in the study's words: runs alike in it take their steps at one pace. */
export const programOf = ({ task, model, setting }: PlannedRun): string => `${task}\n${model}\n${setting}`

export const isOf =
  (study: string) =>
  ({ studies }: Entry): boolean =>
    studies.has(study)

export const maxStepsOf = (run: PlannedRun): number => run.config.training.max_steps

export const trained = (
  entry: Entry,
  group: readonly Entry[],
  { runs }: Group,
  { path, workers }: TrainingWay,
): TrainedRun => ({
  id: entry.id,
  maxSteps: maxStepsOf(entry.run),
  group: group.filter((other) => other === entry || other.state === 'running').map(({ id }) => id),
  trainedBy: { group_size: runs.length, path, workers, precision: entry.run.config.precision },
})

/** Folders, absolute. */
export interface JobFolders {
  readonly checkpoints: string
  /** Null: no weights are kept. */
  readonly weights: string | null
  /** Of frozen trunks. Null: none are kept. */
  readonly features: string | null
}

const MOST_BYTES: Record<KeptWeights, number | null> = {
  all: Infinity,
  small: SMALL_WEIGHTS_BYTES,
  none: null,
}

/** A run as a worker is given it for a place of a group. */
export function jobRunOf(
  { id, keptWeights, run: { config } }: Entry,
  slot: number,
  weights: string | null,
): JobRun {
  const mostBytes = MOST_BYTES[keptWeights]
  const isKept = weights !== null && mostBytes !== null
  return { id, slot, config, ...(isKept ? { keep: { folder: weights, mostBytes } } : {}) }
}

/** What a worker is given to train these runs, each at its place in the group. */
export function jobOf(
  entries: readonly Entry[],
  { runs }: Group,
  { path }: TrainingWay,
  { checkpoints, weights, features }: JobFolders,
): TrainingJob {
  const first = entries[0]?.run
  if (first === undefined) throw new Error('a job without runs')
  const { taskSource: task, modelSource: model, startFrom } = first
  return {
    runs: entries.map((entry) => {
      const slot = runs.findIndex(({ key }) => key === entry.run.key)
      return jobRunOf(entry, slot, weights)
    }),
    slots: runs.length,
    path,
    task,
    model,
    startFrom,
    checkpoints,
    ...(features === null ? {} : { features }),
  }
}
