import { tf, type Tensor } from '../engine'
import type { TaskOutput } from '../tasks/task'

/** What is minimised and what is counted right, for one kind of output. Everything is per run and example: [K, B]. */
export interface Objective {
  /** Targets per example: 1 class, n bits or n values. */
  readonly targets: number
  readonly targetType: 'int32' | 'float32'
  /** From logits [K, B, R * C] and targets [K, B, n]. */
  loss(logits: Tensor, y: Tensor): Tensor
  /** Share of right answers; null where nothing is right or wrong. */
  readonly accuracy: ((logits: Tensor, y: Tensor) => Tensor) | null
}

/** Classes: cross-entropy. Bits: cross-entropy of two logits a bit, averaged over bits. Values: mean squared error. */
export function objectiveOf(output: TaskOutput): Objective {
  switch (output.kind) {
    case 'classes':
      return choices(1, output.count)
    case 'bits':
      return choices(output.count, 2)
    case 'values':
      return {
        targets: output.count,
        targetType: 'float32',
        loss: (logits, y) => tf.mean(tf.square(tf.sub(logits, y)), -1),
        accuracy: null,
      }
  }
}

/** n choices per example, each among c options. */
function choices(n: number, c: number): Objective {
  const perChoice = (logits: Tensor): Tensor =>
    tf.reshape(logits, [logits.shape[0], logits.shape[1] ?? 0, n, c])
  return {
    targets: n,
    targetType: 'int32',
    loss: (logits, y) => {
      const logProbability = tf.logSoftmax(perChoice(logits)) // [K, B, n, c]
      const chosen = tf.sum(tf.mul(logProbability, tf.oneHot(y, c)), -1)
      return tf.neg(tf.mean(chosen, -1))
    },
    accuracy: (logits, y) => tf.mean(tf.cast(tf.equal(tf.argMax(perChoice(logits), -1), y), 'float32'), -1),
  }
}
