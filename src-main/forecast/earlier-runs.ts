import { isComplete, isImported } from '../run'
import { COMPLETE } from '../filter/language'
import type { Filter } from '../filter/language'
import type { RunConfig } from '../run'
import type { ReadableStore, SetupRuns } from '../store/store'
import type { Plan } from '../study/study'

/** What this workspace knows from runs that it has already. */

/**
 * Seconds that a step of a fused group of this size takes by the clock (evaluations included) in complete runs of the
 * same cell and batch size: the median, since a run that was interrupted counts the time in between. Null: no such run.
 */
export function earlierStepSeconds(
  config: RunConfig,
  slots: number,
  history: readonly SetupRuns[],
): number | null {
  return median(
    runsLike(config, slots, history).flatMap(({ state, startedAt, finishedAt, steps }) =>
      isComplete(state) && startedAt !== null && finishedAt !== null && steps > 0
        ? [(Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 / steps]
        : [],
    ),
  )
}

/** A run of the same cell that has trained some steps, whether or not it has ended: its step times can be asked for. */
export const runUnderway = (
  config: RunConfig,
  slots: number,
  history: readonly SetupRuns[],
): SetupRuns['runs'][number] | undefined =>
  runsLike(config, slots, history).find(({ steps }) => steps >= STEPS_TO_TELL)

const STEPS_TO_TELL = 10

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? null
}

const runsLike = (config: RunConfig, slots: number, history: readonly SetupRuns[]): SetupRuns['runs'] =>
  history
    .filter(
      (setup) =>
        setup.environment.group_size === slots &&
        !isImported(setup.config) &&
        programOf(setup.config) === programOf(config),
    )
    .flatMap(({ runs }) => runs)

/** Equal where a step does the same work. */
function programOf({ task, model, setting, training, validation, precision }: Program): string {
  const { batch_size } = training
  const { every, examples } = validation
  return JSON.stringify([task, model, setting.init, setting.train, batch_size, every, examples, precision])
}

type Program = Omit<RunConfig, 'learning_rate' | 'seed'>

/** A validation score of an arm: of the runs that differ in their seeds alone. */
export interface ArmScore {
  readonly arm: string
  readonly score: number
}

/** Scores of the complete runs of a plan's tasks and models, in the metric of its rule. */
export function earlierScores(store: Pick<ReadableStore, 'runValues'>, { study }: Plan): ArmScore[] {
  const oneOf = (field: 'task' | 'model', named: readonly { readonly name: string }[]): Filter => ({
    kind: 'any',
    parts: named.map(({ name }) => ({ kind: 'comparison', field, operator: '=', value: name })),
  })
  const complete: Filter = { kind: 'comparison', field: 'state', operator: '=', value: COMPLETE }
  const filter: Filter = {
    kind: 'all',
    parts: [complete, oneOf('task', study.tasks), oneOf('model', study.models)],
  }
  const rows = store.runValues({ filter }, [
    ...['task', 'model', 'setting', 'lr'],
    `val/${study.selection.metric}`,
  ])
  return rows.flatMap((row) => {
    const score = row.at(-1)
    return typeof score === 'number' ? [{ arm: row.slice(0, -1).join('\n'), score }] : []
  })
}
