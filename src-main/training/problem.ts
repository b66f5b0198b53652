import { tf, type Tensor } from '../engine'
import type { Network } from '../models/network'
import type { Batch, TaskInput } from '../tasks/task'
import type { Objective } from './objective'

/** What is learned by what: a task's input, a network for it, and the measure of its answers. */
export interface Problem {
  readonly input: TaskInput
  readonly network: Network
  readonly objective: Objective
}

/** The examples of K runs, laid end to end, as x [K, B, T, F] (tokens: [K, B, T]) and y [K, B, n]. */
export function toTensors(
  { input, objective }: Problem,
  batch: Batch,
  runs: number,
): { x: Tensor; y: Tensor } {
  const perRun = [runs, batch.size / runs]
  return {
    x:
      input.kind === 'vectors'
        ? tf.tensor(batch.x, [...perRun, input.tokens, input.width], 'float32')
        : tf.tensor(batch.x, [...perRun, input.tokens], 'int32'),
    y: tf.tensor(batch.y, [...perRun, objective.targets], objective.targetType),
  }
}
