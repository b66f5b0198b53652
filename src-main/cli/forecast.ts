import type { CellFacts } from '../library/describe-cells'
import { isComplete, isImported, isSettled } from '../run'
import type { RunRecord } from '../run'
import type { Plan, PlannedRun } from '../study/study'

/**
 * What training would take, before any of it: counted operations and bytes of one run, and speed from runs that this
 * workspace has already. Early stopping is not foreseen, so times are upper ends.
 */

/** Share of a large matrix product's speed that whole training steps reach. */
const EFFICIENCY = 0.4
/** Adam reads and writes a weight, its gradient and two moments. */
const BYTES_PER_UPDATE = 28
const MEMORY_BYTES_PER_SECOND = 8e9
/** TensorFlow itself, its threads and Node. */
const ENGINE_BYTES = 0.6e9
const FLOAT_BYTES = 4

/** Seconds that one run needs at this speed (GFLOP/s of large products), evaluations and the reading of test included. */
export function secondsOf(cell: CellFacts, { config }: PlannedRun, gflops: number): number {
  const { training, validation, test } = config
  const { sizes } = cell.taskFacts
  const held = sizes.validation ?? Math.round(sizes.train * validation.fraction)
  const validated = countOf(validation.examples, held)
  const evaluations = validated === 0 ? 0 : Math.ceil(training.max_steps / validation.every)
  const forward = forwardFlops(cell)
  // Gradients pass down through the whole trunk to the input layer; those of weights only where weights train.
  const stepFlops = training.batch_size * forward * (2 + cell.parameters.trained / cell.parameters.total)
  const updateSeconds = (cell.parameters.trained * BYTES_PER_UPDATE) / MEMORY_BYTES_PER_SECOND
  const evaluated = evaluations * validated + countOf(test.examples, sizes.test)
  const flops = training.max_steps * stepFlops + evaluated * forward
  return flops / (gflops * 1e9 * EFFICIENCY) + training.max_steps * updateSeconds
}

/** Bytes that training one run takes, roughly: engine, weights, optimizer state, activations kept for the gradients. */
export function memoryOf({ parameters, taskFacts, modelFacts }: CellFacts, { config }: PlannedRun): number {
  const { layers, width, heads } = modelFacts
  const { tokens } = taskFacts.input
  // Weights and best weights; gradients and two moments where they train.
  const values = parameters.total + 4 * parameters.trained
  const perToken = layers * (16 * width + 3 * heads * tokens)
  const activations = config.training.batch_size * tokens * perToken
  return ENGINE_BYTES + FLOAT_BYTES * (values + activations)
}

/** Floating point operations of one example's way through the network. */
function forwardFlops({ taskFacts, modelFacts, parameters }: CellFacts): number {
  const { input } = taskFacts
  const { layers, width } = modelFacts
  const inLayers = parameters.parts
    .filter(({ part }) => part === 'attention' || part === 'feed_forward')
    .reduce((sum, { total }) => sum + total, 0)
  const perToken = 2 * inLayers + 4 * layers * width * input.tokens
  const entering = input.kind === 'vectors' ? 2 * input.width * width : 0
  return input.tokens * (perToken + entering)
}

const countOf = (examples: number | 'all', size: number): number =>
  examples === 'all' ? size : Math.min(examples, size)

/**
 * Seconds a step takes by the clock (evaluations included) in runs of the same cell and batch size: the median, since a
 * run that was interrupted counts the time in between.
 */
export function measuredSecondsPerStep(planned: PlannedRun, history: readonly RunRecord[]): number | null {
  const cell = cellOf(planned.config)
  const measured = history
    .filter(({ state, config }) => isComplete(state) && !isImported(config) && cellOf(config) === cell)
    .flatMap(({ startedAt, finishedAt, steps }) =>
      startedAt !== null && finishedAt !== null && steps > 0
        ? [(Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 / steps]
        : [],
    )
    .sort((a, b) => a - b)
  return measured[Math.floor(measured.length / 2)] ?? null
}

const cellOf = ({ task, model, setting, training, validation, precision }: PlannedRun['config']): string =>
  JSON.stringify([
    task,
    model,
    setting,
    training.batch_size,
    validation.every,
    validation.examples,
    precision,
  ])

/** The runs of a plan that have no result yet, with the steps they still lack. */
export function lacking(plan: Plan, history: readonly RunRecord[]): { run: PlannedRun; steps: number }[] {
  const known = new Map(history.map((run) => [run.key, run]))
  return plan.runs.flatMap((run) => {
    const record = known.get(run.key)
    if (record && isSettled(record.state)) return []
    return [{ run, steps: run.config.training.max_steps - (record?.steps ?? 0) }]
  })
}
