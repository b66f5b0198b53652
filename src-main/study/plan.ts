import type { ModelIdentity, TaskIdentity } from '../run'
import { optionsOf, ratesOf } from './arms'
import { keyOf } from './key'
import type { ModelSource, ModelSpec, Plan, PlannedRun, Study, TaskSource, TaskSpec } from './study'

/** What a plan needs to know about data and weights; the library knows it. */
export interface Sources {
  /** @throws {InputError} with the one thing to do when something is missing or cannot be used. */
  task(spec: TaskSpec): Promise<{ readonly identity: TaskIdentity; readonly source: TaskSource }>
  model(spec: ModelSpec): Promise<{ readonly identity: ModelIdentity; readonly source: ModelSource }>
  /** SHA-256 (hex) of a file. */
  hashOf(file: string): Promise<string>
}

/**
 * Expands a study to its runs, in the order in which they are to be trained: by task and model, then by seed, setting
 * and learning rate. Seeds stand before settings because the first question of whoever watches is how the settings
 * rank: after one seed of every arm the whole comparison can be seen, and whether a best rate lies at the edge of the
 * grid; the other seeds then narrow it down.
 */
export async function planStudy(study: Study, text: string, sources: Sources): Promise<Plan> {
  const startFrom = study.start_from
  const startHash = startFrom === null ? null : await sources.hashOf(startFrom)
  const runs: PlannedRun[] = []
  for (const taskSpec of study.tasks) {
    const task = await sources.task(taskSpec)
    for (const modelSpec of study.models) {
      const model = await sources.model(modelSpec)
      const { training, validation } = optionsOf(study, taskSpec, modelSpec)
      for (const seed of study.seeds) {
        for (const setting of study.settings) {
          for (const learning_rate of ratesOf(study, setting.name)) {
            const config = {
              task: task.identity,
              model: model.identity,
              setting,
              learning_rate,
              seed,
              training,
              validation,
              test: study.test,
              start_from: startHash,
              precision: study.execution.precision,
            }
            runs.push({
              key: keyOf(config),
              config,
              task: taskSpec.name,
              model: modelSpec.name,
              setting: setting.name,
              taskSource: task.source,
              modelSource: model.source,
              startFrom,
            })
          }
        }
      }
    }
  }
  return { study, text, runs }
}
