import { isComplete, isImported } from '../run'
import type { RunConfig, RunRecord } from '../run'

/** What this workspace knows from runs that it has already. */

/**
 * Seconds that a step of a fused group of this size takes by the clock (evaluations included) in complete runs of the
 * same cell and batch size: the median, since a run that was interrupted counts the time in between. Null: no such run.
 */
export function earlierStepSeconds(
  config: RunConfig,
  slots: number,
  history: readonly RunRecord[],
): number | null {
  return median(
    history
      .filter((run) => isComplete(run.state) && isLike(run, config, slots))
      .flatMap(({ startedAt, finishedAt, steps }) =>
        startedAt !== null && finishedAt !== null && steps > 0
          ? [(Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 / steps]
          : [],
      ),
  )
}

/** A run of the same cell that has trained some steps, whether or not it has ended: its step times can be asked for. */
export const runUnderway = (
  config: RunConfig,
  slots: number,
  history: readonly RunRecord[],
): RunRecord | undefined => history.find((run) => run.steps >= STEPS_TO_TELL && isLike(run, config, slots))

const STEPS_TO_TELL = 10

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

const isLike = (run: RunRecord, config: RunConfig, slots: number): boolean =>
  run.environment?.group_size === slots &&
  !isImported(run.config) &&
  programOf(run.config) === programOf(config)

/** A history of very many runs is asked for every kind of group. */
const programs = new WeakMap<RunConfig, string>()

/** Equal where a step does the same work. */
function programOf(config: RunConfig): string {
  const { task, model, setting, training, validation, precision } = config
  const { batch_size } = training
  const { every, examples } = validation
  const program =
    programs.get(config) ??
    JSON.stringify([task, model, setting.init, setting.train, batch_size, every, examples, precision])
  programs.set(config, program)
  return program
}
