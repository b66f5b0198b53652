import { buildNetwork } from '../models/build'
import { countParameters } from '../models/freeze'
import type { ParameterCount } from '../models/freeze'
import { openModel } from '../models/model'
import type { ModelDescription } from '../models/model'
import type { Study } from '../study/study'
import type { Library, TaskFacts } from './library'

/** What one cell of a study would train. */
export interface CellFacts {
  readonly task: string
  readonly model: string
  readonly setting: string
  readonly parameters: ParameterCount
  /** Floating-point operations for one example: of a training step, and of an evaluation. */
  readonly flops: { readonly training: number; readonly forward: number }
  /** The same as shares of an example's that is padded to the longest: 1 unless batches are made by length. */
  readonly flopsToLongest: { readonly training: number; readonly forward: number }
  readonly taskFacts: TaskFacts
  readonly modelFacts: ModelDescription
}

/**
 * What every cell of a study would train, in the study's order, without training or loading weights.
 * @throws {InputError} for the first cell whose task, model and setting do not fit together.
 */
export async function describeCells(study: Study, library: Library): Promise<CellFacts[]> {
  const cells: CellFacts[] = []
  for (const taskSpec of study.tasks) {
    const { facts: taskFacts } = await library.task(taskSpec)
    for (const modelSpec of study.models) {
      const { source, facts: modelFacts } = await library.model(modelSpec)
      const model = await openModel(source)
      for (const setting of study.settings) {
        const network = buildNetwork(model, taskFacts, setting)
        const parameters = countParameters(network.parameters)
        const flops = { training: network.trainingFlops, forward: network.forwardFlops }
        const longest = buildNetwork(model, paddedToLongest(taskFacts), setting)
        const flopsToLongest = {
          training: flops.training / longest.trainingFlops,
          forward: flops.forward / longest.forwardFlops,
        }
        const names = { task: taskSpec.name, model: modelSpec.name, setting: setting.name }
        cells.push({ ...names, parameters, flops, flopsToLongest, taskFacts, modelFacts })
      }
    }
  }
  return cells
}

function paddedToLongest({ input, ...facts }: TaskFacts): TaskFacts {
  const { paddedTo: _, ...longest } = input
  return { ...facts, input: longest }
}
