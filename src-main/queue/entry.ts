import type { ExecutionOptions, RunState } from '../run'
import type { PlannedRun } from '../study/study'
import type { TrainingJob } from '../training/messages'
import type { TrainedRun } from './recorder'

/** A planned run as the queue keeps it. */
export interface Entry {
  readonly id: string
  readonly run: PlannedRun
  readonly isolation: ExecutionOptions['isolation']
  studies: ReadonlySet<string>
  state: RunState
  /** Workers that died with this run in their hands. */
  deaths: number
  isCancelled: boolean
}

export const idOf = (run: PlannedRun): string => run.key.slice(0, 12)
export const maxStepsOf = (run: PlannedRun): number => run.config.training.max_steps

export const trained = (entry: Entry, group: readonly Entry[]): TrainedRun => ({
  id: entry.id,
  maxSteps: maxStepsOf(entry.run),
  group: group.map(({ id }) => id),
})

/** What a worker is given to train these runs of one group. */
export function jobOf(group: readonly Entry[], checkpoints: string): TrainingJob {
  const first = group[0]?.run
  if (first === undefined) throw new Error('a job without runs')
  const { taskSource: task, modelSource: model, startFrom } = first
  return {
    runs: group.map(({ id, run }) => ({ id, config: run.config })),
    task,
    model,
    startFrom,
    checkpoints,
  }
}
