import type { TrainingOptions, ValidationOptions } from '../run'
import type { ModelSpec, Study, TaskSpec } from './study'

/** The learning rates of one setting: the study's and the setting's own, ascending. */
export function ratesOf(study: Study, setting: string): number[] {
  const extra = Object.hasOwn(study.extra_learning_rates, setting) ? study.extra_learning_rates[setting] : []
  return [...study.learning_rates, ...(extra ?? [])].sort((a, b) => a - b)
}

/** How many runs the study asks for. */
export function countRuns(study: Study): number {
  const rates = study.settings.reduce((sum, setting) => sum + ratesOf(study, setting.name).length, 0)
  return study.tasks.length * study.models.length * rates * study.seeds.length
}

/** Training and validation options of the cells of one task and model: the study's, then every matching override in order. */
export function optionsOf(
  study: Pick<Study, 'training' | 'validation' | 'overrides'>,
  task: Pick<TaskSpec, 'name'> & Partial<Pick<TaskSpec, 'kind'>>,
  model: Pick<ModelSpec, 'name'>,
): { training: TrainingOptions; validation: ValidationOptions } {
  let { training, validation } = study
  for (const override of study.overrides) {
    if (override.task !== undefined && override.task !== task.name && override.task !== task.kind) continue
    if (override.model !== undefined && override.model !== model.name) continue
    training = { ...training, ...override.training }
    validation = { ...validation, ...override.validation }
  }
  return { training, validation }
}
