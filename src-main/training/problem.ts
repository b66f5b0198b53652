import { tf, type Tensor } from '../engine'
import type { Network } from '../models/network'
import type { Batch, TaskInput } from '../tasks/task'
import type { Objective } from './objective'

/** What is learned by what: a task's input, a network for it, and the measure of its answers. */
export interface Problem {
  readonly input: TaskInput
  readonly network: Network
  readonly objective: Objective
  /** What evaluations read instead, where the features of the readout are known. */
  readonly evaluated?: Problem
}

/** The problem as evaluations see it. */
export const evaluatedBy = (problem: Problem): Problem => problem.evaluated ?? problem

/** Examples of K runs as the engine takes them. */
export interface Examples {
  /** [K, B, T, F] floats or [K, B, T] tokens. */
  readonly x: Tensor
  /** int32 [K, B]: the real tokens of each example; null where the input is not padded. */
  readonly lengths: Tensor | null
  /** [K, B, n] */
  readonly y: Tensor
}

/** The examples of K runs, laid end to end in `batch`. */
export function toTensors({ input, objective }: Problem, batch: Batch, runs: number): Examples {
  const perRun = [runs, batch.size / runs]
  const values = batch.x.length / batch.size
  return {
    x:
      input.kind === 'vectors'
        ? tf.tensor(batch.x, [...perRun, values / input.width, input.width], 'float32')
        : tf.tensor(batch.x, [...perRun, values], 'int32'),
    lengths: input.padded ? tf.tensor(batch.lengths ?? noLengths(), perRun, 'int32') : null,
    y: tf.tensor(batch.y, [...perRun, objective.targets], objective.targetType),
  }
}

const noLengths = (): never => {
  throw new Error('a batch of a padded input without lengths')
}
