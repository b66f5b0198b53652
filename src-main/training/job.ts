import { join } from 'node:path'
import { InputError } from '../errors'
import { countParameters } from '../models/freeze'
import type { Network, Parameter } from '../models/network'
import type { RunConfig } from '../run'
import { splitTask, type Splits } from '../tasks/split'
import type { Task } from '../tasks/task'
import { CheckpointFolder } from './checkpoint'
import { examplesPerPass } from './evaluate'
import { FeatureShelf } from './feature-shelf'
import { withFeatures, type Prepared } from './features'
import { FusedGroup, toSnapshot } from './group'
import type { JobControl } from './job-control'
import { rateShareAt } from './learning-schedule'
import { keeperOf } from './keep-weights'
import { LOOP_PACE, trainGroup, type LoopPace } from './loop'
import type { JobRun, TrainingJob } from './messages'
import { objectiveOf } from './objective'
import { batchOrders } from './order'
import { Places, type Recruit, type SavedRun, type Site } from './places'
import type { Problem } from './problem'
import type { GraphShapes, Stepper } from './stepper'
import { TrainingRun } from './training-run'

/** Where a job's task and network come from, and what takes its steps. */
export interface Materials {
  task(job: TrainingJob, config: RunConfig): Promise<Task>
  network(job: TrainingJob, config: RunConfig, task: Task): Promise<Network>
  /** @param warn is told where the steps cannot be run as the job asks */
  stepper(
    problem: Problem,
    job: Pick<TrainingJob, 'path'>,
    config: RunConfig,
    shapes: GraphShapes,
    warn: (message: string) => void,
  ): Stepper
  /** @see sizesAreAlike */
  sizesAreAlike(job: Pick<TrainingJob, 'path'>, config: RunConfig, scoreExamples: number): boolean
}

/**
 * Trains the runs of a job, each from its newest good checkpoint, to their ends or until the job is paused.
 * @throws InputError where the data, the model or the options cannot be used.
 */
export async function runJob(
  job: TrainingJob,
  materials: Materials,
  control: JobControl,
  pace: LoopPace = LOOP_PACE,
): Promise<void> {
  const { config } = job.runs[0] ?? noRuns()
  const task = await materials.task(job, config)
  for (const message of task.notes ?? []) control.send({ type: 'log', level: 'info', run: null, message })
  const objective = objectiveOf(task.output)
  if (objective.accuracy === null && config.validation.metric === 'accuracy') {
    throw new InputError('this task has no accuracy, expected loss', { field: 'validation.metric' })
  }
  if (task.output.kind === 'values' && config.training.label_smoothing > 0) {
    throw new InputError('this task has no classes to spread a target over, expected 0', {
      field: 'training.label_smoothing',
    })
  }
  const network = await materials.network(job, config, task)
  const { problem, splits } = await prepare(
    job,
    { input: task.input, network, objective },
    splitTask(task, config.validation, config.test),
    task,
    control,
  )
  const orderOf = await batchOrders(task.input, splits.train)
  const evaluated = [
    { size: splits.test.size, times: 1 },
    ...(splits.validation === null
      ? []
      : [
          {
            size: splits.validation.size,
            times: Math.ceil(config.training.max_steps / config.validation.every),
          },
        ]),
  ]
  const scoreExamples = examplesPerPass(problem, evaluated)
  const alike = materials.sizesAreAlike(job, config, scoreExamples)
  const site: Site = {
    size: job.slots,
    sizesAreAlike: alike,
    // A run that comes later would have batches of other lengths than the others, who would wait for it.
    isRefilled: task.input.paddedTo === undefined,
    config,
    find: (run) => findStart(run, job, network.parameters, control),
    group: (members) =>
      FusedGroup.create(
        problem,
        members,
        { trainExamples: config.training.batch_size, scoreExamples },
        (shapes) =>
          materials.stepper(problem, job, config, shapes, (message) =>
            control.send({ type: 'log', level: 'warning', run: null, message }),
          ),
        (step) => rateShareAt(step, config.training),
      ),
    begin: ({ run, folder, from }): SavedRun => {
      const start = {
        step: from?.step ?? 0,
        best: from?.best,
        bestWeights: from?.bestWeights ? toSnapshot(from.bestWeights, network.parameters) : null,
      }
      const hasValidation = splits.validation !== null
      const order = orderOf(run.config)
      const begun = new TrainingRun(run.id, run.config, run.slot, order, hasValidation, start, control)
      announce(begun, network, control)
      return { folder, run: begun, keep: keeperOf(run, { network, task }, control) }
    },
  }
  const places = await Places.open(site, job.runs, control)
  try {
    await trainGroup(places, splits, control, pace)
  } finally {
    places.dispose()
  }
}

/** Features stand for examples where that is the same and the job has a place for them. */
async function prepare(
  job: TrainingJob,
  problem: Problem,
  splits: Splits,
  task: Task,
  control: JobControl,
): Promise<Prepared> {
  const { config } = job.runs[0] ?? noRuns()
  if (job.features === undefined) return { problem, splits }
  return withFeatures(problem, splits, {
    config,
    task,
    shelf: new FeatureShelf(job.features),
    say: (level, message) => control.send({ type: 'log', level, run: null, message }),
    interrupted: () => control.pausing,
  })
}

async function findStart(
  run: JobRun,
  job: TrainingJob,
  parameters: readonly Parameter[],
  control: JobControl,
): Promise<Recruit> {
  const folder = new CheckpointFolder(join(job.checkpoints, run.id), run.id, parameters, run.config.training)
  const from = await folder.newest((message) =>
    control.send({ type: 'log', level: 'warning', run: run.id, message }),
  )
  return { run, folder, from }
}

function announce(run: TrainingRun, network: Network, control: JobControl): void {
  const { parameters, trainingFlops } = network
  const { trained, total } = countParameters(parameters)
  // A checkpoint is made only after its points are stored.
  control.acknowledge(run.id, run.step)
  control.send({
    type: 'begun',
    run: run.id,
    fromStep: run.step,
    evaluatedStep: run.bestState.evaluatedStep,
    parametersTrained: trained,
    parametersTotal: total,
    stepFlops: Math.round(run.config.training.batch_size * trainingFlops),
    parameters: parameters.map(({ name, shape, part, trained }) => ({ name, shape, part, trained })),
  })
}

const noRuns = (): never => {
  throw new Error('a job without runs')
}
