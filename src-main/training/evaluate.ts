import { tf, type Tensor } from '../engine'
import type { Weights } from '../models/network'
import type { Split } from '../tasks/task'
import type { Scores } from './best-step'
import { toTensors, type Problem } from './problem'

/** Tokens in one forward pass, over all runs: large enough for full speed, small enough for any machine that trains. */
const TOKENS_PER_PASS = 8192

/**
 * Loss and accuracy of K runs over a whole split, in large batches of one shape (the last is filled up, and what fills
 * it is not counted). Lets the thread's messages in between batches; null when `interrupted` says so on the way.
 */
export async function evaluate(
  problem: Problem,
  weights: Weights,
  runs: number,
  split: Split,
  interrupted: () => boolean,
): Promise<Scores[] | null> {
  const size = Math.min(split.size, Math.max(1, Math.floor(TOKENS_PER_PASS / (problem.input.tokens * runs))))
  const loss = new Float64Array(runs)
  const right = new Float64Array(runs)
  for (let start = 0; start < split.size; start += size) {
    await new Promise((resolve) => setImmediate(resolve))
    if (interrupted()) return null
    const indices = Uint32Array.from({ length: size }, (_, i) => Math.min(start + i, split.size - 1))
    const scores = tf.tidy(() => scoreBatch(problem, weights, runs, split, indices)) // [2, K, B]
    const values = scores.dataSync()
    scores.dispose()
    const counted = Math.min(size, split.size - start)
    for (let k = 0; k < runs; k++) {
      loss[k] = (loss[k] ?? 0) + sum(values.subarray(k * size, k * size + counted))
      right[k] = (right[k] ?? 0) + sum(values.subarray((runs + k) * size, (runs + k) * size + counted))
    }
  }
  return Array.from({ length: runs }, (_, k) => ({
    loss: (loss[k] ?? NaN) / split.size,
    accuracy: problem.objective.accuracy === null ? null : (right[k] ?? NaN) / split.size,
  }))
}

/** Loss and rightness of every example for every run. */
function scoreBatch(
  problem: Problem,
  weights: Weights,
  runs: number,
  split: Split,
  indices: Uint32Array,
): Tensor {
  const one = toTensors(problem, split.batch(indices), 1)
  const forAll = (tensor: Tensor): Tensor =>
    runs === 1 ? tensor : tf.tile(tensor, [runs, ...tensor.shape.slice(1).map(() => 1)])
  const { network, objective } = problem
  const y = forAll(one.y)
  const logits = network.forward(weights, forAll(one.x), null)
  const loss = objective.loss(logits, y)
  return tf.stack([loss, objective.accuracy?.(logits, y) ?? tf.zerosLike(loss)])
}

const sum = (values: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i] ?? 0
  return total
}
