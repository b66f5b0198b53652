import type { CellFacts } from '../library/describe-cells'
import type { RunConfig } from '../run'
import type { GroupPace } from './pace'

/**
 * What training would take by counting alone, before anything was measured: operations and bytes of a fused group.
 * A rough guess, for machines and moments where nothing can be measured.
 */

/** Share of a large matrix product's speed that whole training steps reach. */
const EFFICIENCY = 0.4
/** Adam reads and writes a weight, its gradient and two moments. */
const BYTES_PER_UPDATE = 28
const MEMORY_BYTES_PER_SECOND = 8e9
/** TensorFlow itself, its threads and Node. */
const ENGINE_BYTES = 0.6e9
export const FLOAT_BYTES = 4

/** The pace of `slots` fused runs of a cell at this speed (GFLOP/s of large products). */
export function countedPace(cell: CellFacts, config: RunConfig, slots: number, gflops: number): GroupPace {
  const { flops, parameters } = cell
  const perSecond = gflops * 1e9 * EFFICIENCY
  const updateSeconds = (slots * parameters.trained * BYTES_PER_UPDATE) / MEMORY_BYTES_PER_SECOND
  return {
    stepSeconds: (config.training.batch_size * slots * flops.training) / perSecond + updateSeconds,
    scoreSeconds: (slots * flops.forward) / perSecond,
    startSeconds: 0,
    peakBytes: null,
  }
}

/** Bytes that `slots` fused runs take: engine, weights (frozen ones once), optimizer state, activations for the gradients. */
export function countedBytes(
  { parameters, taskFacts, modelFacts }: CellFacts,
  config: RunConfig,
  slots: number,
): number {
  const { layers, width, heads } = modelFacts
  const { tokens } = taskFacts.input
  // Weights, best weights, gradients and what the optimizer remembers where they train.
  const { batch_size, accumulate_steps, optimizer, momentum } = config.training
  const remembered = optimizer === 'sgd' ? Number(momentum > 0) : 2
  const copies = 3 + remembered + Number(accumulate_steps > 1)
  const values = parameters.total - parameters.trained + slots * copies * parameters.trained
  const perToken = layers * (16 * width + 3 * (heads ?? 0) * tokens)
  const activations = slots * (batch_size / accumulate_steps) * tokens * perToken
  return ENGINE_BYTES + FLOAT_BYTES * (values + activations)
}
