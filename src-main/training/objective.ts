import { tf, type Tensor } from '../engine'
import type { TaskOutput } from '../tasks/task'

/** What is minimised and what is counted right, for one kind of output. Everything is per run and example: [K, B]. */
export interface Objective {
  /** Targets per example: 1 class, n bits (2n where some are hidden) or n values. */
  readonly targets: number
  readonly targetType: 'int32' | 'float32'
  /**
   * From logits [K, B, R * C] and targets [K, B, n].
   * @param smoothing the share of a right answer that is spread over all answers, as in PyTorch's `cross_entropy`
   */
  loss(logits: Tensor, y: Tensor, smoothing?: number): Tensor
  /** Share of right answers; null where nothing is right or wrong. */
  readonly accuracy: ((logits: Tensor, y: Tensor) => Tensor) | null
  /** Of the bits that the input hides, how many are answered rightly and how many there are; null: none is hidden. */
  readonly hidden: ((logits: Tensor, y: Tensor) => { readonly right: Tensor; readonly count: Tensor }) | null
}

/** Classes: cross-entropy. Bits: cross-entropy of two logits a bit, averaged over bits. Values: mean squared error. */
export function objectiveOf(output: TaskOutput): Objective {
  switch (output.kind) {
    case 'classes':
      return choices(1, output.count)
    case 'bits':
      return output.hidden ? withHidden(output.count) : choices(output.count, 2)
    case 'values':
      return {
        targets: output.count,
        targetType: 'float32',
        loss: (logits, y) => tf.mean(tf.square(tf.sub(logits, y)), -1),
        ...{ accuracy: null, hidden: null },
      }
  }
}

/** n choices per example, each among c options. */
function choices(n: number, c: number): Objective {
  return {
    targets: n,
    targetType: 'int32',
    loss: (logits, y, smoothing = 0) => {
      const logProbability = tf.logSoftmax(perChoice(logits, n, c)) // [K, B, n, c]
      const chosen = tf.sum(tf.mul(logProbability, tf.oneHot(y, c)), -1)
      if (smoothing === 0) return tf.neg(tf.mean(chosen, -1))
      const spread = tf.mul(tf.mean(logProbability, -1), smoothing)
      return tf.neg(tf.mean(tf.add(tf.mul(chosen, 1 - smoothing), spread), -1))
    },
    accuracy: (logits, y) => tf.mean(isRight(logits, y, n, c), -1),
    hidden: null,
  }
}

/** 1 where the largest logit is the target's, [K, B, n]. */
const isRight = (logits: Tensor, y: Tensor, n: number, c: number): Tensor =>
  tf.cast(tf.equal(tf.argMax(perChoice(logits, n, c), -1), y), 'float32')

const perChoice = (logits: Tensor, n: number, c: number): Tensor =>
  tf.reshape(logits, [logits.shape[0], logits.shape[1] ?? 0, n, c])

/** n bits per example; its targets are the bits, then for each 1 where it is hidden. */
function withHidden(n: number): Objective {
  const bits = choices(n, 2)
  const half = (y: Tensor, first: number): Tensor => tf.slice(y, [0, 0, first], [-1, -1, n])
  return {
    targets: 2 * n,
    targetType: 'int32',
    loss: (logits, y, smoothing) => bits.loss(logits, half(y, 0), smoothing),
    accuracy: (logits, y) => tf.mean(isRight(logits, half(y, 0), n, 2), -1),
    hidden: (logits, y) => {
      const mask = tf.cast(half(y, n), 'float32')
      return { right: tf.sum(tf.mul(isRight(logits, half(y, 0), n, 2), mask), -1), count: tf.sum(mask, -1) }
    },
  }
}
