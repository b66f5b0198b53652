import { InputError, InputErrors } from '../errors'
import type {
  ModelIdentity,
  SelectionRule,
  TaskIdentity,
  TestOptions,
  TrainingOptions,
  ValidationOptions,
} from '../run'
import { optionsOf, ratesOf } from './arms'
import { keysOf } from './key'
import type { ModelSource, ModelSpec, Plan, PlannedRun, Study, TaskSource, TaskSpec } from './study'
import { parseYaml } from './yaml'
import type { Path } from './yaml'

/** What a plan needs to know about data and weights; the library knows it. */
export interface Sources {
  /** @throws {InputError} with the one thing to do when something is missing or cannot be used. */
  task(spec: TaskSpec): Promise<{
    readonly identity: TaskIdentity
    readonly source: TaskSource
    readonly facts: {
      readonly input: { readonly tokens: number; readonly positionsBeyond?: 'refused' | 'drawn' }
    }
  }>
  model(spec: ModelSpec): Promise<{
    readonly identity: ModelIdentity
    readonly source: ModelSource
    readonly facts: { readonly positions: number | null; readonly layers: number }
  }>
  /** @throws {InputError} with the field where a task has too few examples, or no such score or classes, for what is asked of it. */
  checkOptions(
    task: TaskSpec,
    options: { readonly training: TrainingOptions; readonly validation: ValidationOptions },
    test: TestOptions,
    selection: SelectionRule,
  ): Promise<void>
  /**
   * SHA-256 (hex) of the file that weights start from.
   * @throws {InputError} when it is no safetensors file, or holds what does not fit a cell of the study
   */
  startFrom(file: string, study: Study): Promise<string>
}

type Found<Key extends 'task' | 'model'> = Awaited<ReturnType<Sources[Key]>>

/**
 * Expands a study to its runs, in the order in which they are to be trained: by task and model, then by seed, setting
 * and learning rate. Seeds stand before settings because the first question of whoever watches is how the settings
 * rank: after one seed of every arm the whole comparison can be seen, and whether a best rate lies at the edge of the
 * grid; the other seeds then narrow it down.
 *
 * @param text the study file's text, and `file` its path, for errors with lines
 * @throws {InputErrors} with every task, model and file that is missing or does not fit
 */
export async function planStudy(study: Study, text: string, sources: Sources, file?: string): Promise<Plan> {
  const problems = new PlanProblems(text, file)
  const tasks = await Promise.all(
    study.tasks.map((spec, i) => problems.collect(['task', i], () => sources.task(spec))),
  )
  const models = await Promise.all(
    study.models.map((spec, i) => problems.collect(['model', i], () => sources.model(spec))),
  )
  checkFit(study, tasks, models, problems)
  await checkOptions(study, tasks, sources, problems)
  problems.throwAny()
  const startFrom = study.start_from
  const startHash =
    startFrom === null
      ? null
      : await problems.collect(['start_from'], () => sources.startFrom(startFrom, study))
  problems.throwAny()

  const runs: PlannedRun[] = []
  for (const [t, taskSpec] of study.tasks.entries()) {
    for (const [m, modelSpec] of study.models.entries()) {
      const [task, model] = [tasks[t], models[m]]
      if (task && model) runs.push(...runsOfPair(study, taskSpec, modelSpec, task, model, startHash))
    }
  }
  return { study, text, runs }
}

function runsOfPair(
  study: Study,
  taskSpec: TaskSpec,
  modelSpec: ModelSpec,
  task: Found<'task'>,
  model: Found<'model'>,
  start_from: string | null,
): PlannedRun[] {
  const { test } = study
  const { precision } = study.execution
  const { training, validation } = optionsOf(study, taskSpec, modelSpec)
  const ofPair = { task: task.identity, model: model.identity }
  const cells = study.settings.map((setting) => {
    const shared = { ...ofPair, setting, training, validation, test, start_from, precision }
    return { setting, keyOf: keysOf(shared), rates: ratesOf(study, setting.name) }
  })
  return study.seeds.flatMap((seed) =>
    cells.flatMap(({ setting, keyOf, rates }) =>
      // Spelled out, for objects that are spread take several times as long.
      rates.map((learning_rate) => ({
        key: keyOf(learning_rate, seed),
        config: {
          task: task.identity,
          model: model.identity,
          setting,
          learning_rate,
          seed,
          training,
          validation,
          test,
          start_from,
          precision,
        },
        task: taskSpec.name,
        model: modelSpec.name,
        setting: setting.name,
        taskSource: task.source,
        modelSource: model.source,
        startFrom: study.start_from,
      })),
    ),
  )
}

/** Sizes that do not fit are found here, before the first step of the first run. */
function checkFit(
  study: Study,
  tasks: readonly (Found<'task'> | null)[],
  models: readonly (Found<'model'> | null)[],
  problems: PlanProblems,
): void {
  for (const [m, model] of models.entries()) {
    if (model === null) continue
    const modelName = study.models[m]?.name
    for (const [t, task] of tasks.entries()) {
      const { tokens = 0, positionsBeyond } = task?.facts.input ?? {}
      const isLongEnough = model.facts.positions === null || tokens <= model.facts.positions
      if (isLongEnough || positionsBeyond === 'drawn') continue
      problems.add(
        ['task', t],
        `${study.tasks[t]?.name} has ${tokens} tokens, expected at most ${model.facts.positions}: the positions of ${modelName}${positionsBeyond === 'refused' ? '; `positions_beyond: drawn` draws the rows that are missing' : ''}`,
      )
    }
    for (const [s, { name, train }] of study.settings.entries()) {
      for (const part of train) {
        if (typeof part === 'string' || part.last_layers <= model.facts.layers) continue
        problems.add(
          ['settings', s],
          `${name} trains the last ${part.last_layers} layers, expected at most ${model.facts.layers}: the layers of ${modelName}`,
        )
      }
    }
  }
}

async function checkOptions(
  study: Study,
  tasks: readonly (Found<'task'> | null)[],
  sources: Sources,
  problems: PlanProblems,
): Promise<void> {
  for (const [t, task] of study.tasks.entries()) {
    if (tasks[t] === null) continue
    for (const model of study.models) {
      const options = optionsOf(study, task, model)
      await problems.collect(['validation'], () =>
        sources.checkOptions(task, options, study.test, study.selection),
      )
    }
  }
}

/** Gathers what is wrong, at the line of the study's text that asked for it. */
class PlanProblems {
  private readonly errors: InputError[] = []

  constructor(
    private readonly text: string,
    private readonly file: string | undefined,
  ) {}

  async collect<T>(path: Path, find: () => Promise<T>): Promise<T | null> {
    try {
      return await find()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      for (const each of error instanceof InputErrors ? error.errors : [error]) {
        const { file, field } = each.place
        const isOption = field !== undefined && /^(training|validation|test)\./.test(field)
        this.add(isOption ? field.split('.') : path, file === undefined ? each.problem : each.message)
      }
      return null
    }
  }

  add(path: Path, problem: string): void {
    const yaml = parseYaml(this.text)
    const step = path[0]
    // `task` and `model` may be written without a list.
    const entry: unknown =
      typeof yaml.value === 'object' && yaml.value !== null && step !== undefined
        ? (yaml.value as Record<PropertyKey, unknown>)[step]
        : undefined
    const written = typeof path[1] === 'number' && !Array.isArray(entry) ? path.slice(0, 1) : path
    // Every model of a study asks the same of a task.
    if (this.errors.some((known) => known.problem === problem && known.place.field === written.join('.')))
      return
    this.errors.push(
      new InputError(problem, { file: this.file, line: yaml.lineOf(written), field: written.join('.') }),
    )
  }

  throwAny(): void {
    const first = this.errors[0]
    if (first === undefined) return
    if (this.errors.length === 1) throw first
    // Tasks and models are looked at side by side: errors stand in the order of the text.
    throw new InputErrors(this.errors.toSorted((a, b) => (a.place.line ?? 0) - (b.place.line ?? 0)))
  }
}
