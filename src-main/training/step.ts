import { l2Loss, tf, type Tensor } from '../engine'
import type { Weights } from '../models/network'
import { seededDropout } from './dropout'
import type { Objective } from './objective'
import type { Examples, Problem } from './problem'

/** Added to the norm before dividing by it, as PyTorch's `clip_grad_norm_` does. */
const CLIP_EPSILON = 1e-6

/** What a step works on and never changes. */
export interface StepDefinition {
  readonly problem: Problem
  /** Weights that do not train, by name. */
  readonly frozen: Weights
  /** Rate of dropped units; 0: none. */
  readonly dropout: number
  /** Share of the target spread over all classes. */
  readonly labelSmoothing: number
  /** Largest global gradient norm of a run; 0: no clipping. */
  readonly gradClip: number
}

/** Examples, and what their dropout follows from; one row per run. */
export interface PassFeeds extends Examples {
  /** [K] int32: the seed of each run's dropout. */
  readonly seed: Tensor
  /** [K] int32: the number of this step in each run, counted from 1. */
  readonly step: Tensor
}

/** What differs from step to step; one row per run. */
export interface StepFeeds extends PassFeeds {
  /** [K] */
  readonly learningRate: Tensor
  /** [K] bool: false leaves a run untouched. Null: all runs train. */
  readonly active: Tensor | null
}

export interface StepResult {
  /**
   * [3, K]: mean loss, gradient norm before clipping, accuracy (0 where the objective has none); [5, K] where it hides
   * bits: how many of them were answered rightly, and how many there were.
   */
  readonly scores: Tensor
  /** Clipped, [K, ...shape], in the order of the weights. */
  readonly gradients: Tensor[]
}

/**
 * One training step of a fused group up to the optimizer: forward, backward, per-run clipping.
 *
 * Runs share nothing but frozen weights, so a NaN stays in its run. No value is read in JavaScript on the way:
 * the result is a function of `trained` and `feeds` and can be traced into one graph. The caller tidies up.
 */
export function trainStep(definition: StepDefinition, trained: Weights, feeds: StepFeeds): StepResult {
  const { loss, answers, gradients } = lossAndGradients(definition, trained, feeds)
  const { norm, clipped } = clipByNorm(gradients, definition.gradClip)
  return { scores: tf.stack([loss, norm, ...answers]), gradients: clipped }
}

/** What a pass forward and backward gives. */
export interface PassResult {
  /** [K], mean over the examples. */
  readonly loss: Tensor
  /** [K] each: accuracy (0 where the objective has none); the hidden bits that were right, and how many there were. */
  readonly answers: readonly Tensor[]
  /** [K, ...shape], in the order of the weights. */
  readonly gradients: Tensor[]
}

/** @param share of the step that these examples are: the gradients of its parts add up to those of the whole */
export function lossAndGradients(
  { problem, frozen, dropout, labelSmoothing }: StepDefinition,
  trained: Weights,
  feeds: PassFeeds,
  share = 1,
): PassResult {
  const { network, objective } = problem
  const units = seededDropout(dropout, feeds.seed, feeds.step)
  let answers: Tensor[] = [] // [K] each
  const losses = (...values: Tensor[]): Tensor => {
    const weights = new Map(frozen)
    ;[...trained.keys()].forEach((name, i) => weights.set(name, values[i] ?? missing(name)))
    const logits = network.forward(weights, feeds.x, units, feeds.lengths) // [K, B, R * C]
    answers = answersOf(objective, logits, feeds.y).map((answer) => tf.keep(answer))
    return tf.mean(objective.loss(logits, feeds.y, labelSmoothing), -1)
  }
  // The sum of the runs' losses is differentiated: each run's gradient is that of its own loss.
  const { value: loss, grads: gradients } = tf.valueAndGrads(losses)(
    [...trained.values()],
    tf.fill(feeds.seed.shape, share),
  )
  // Kept through the backward pass; what lives on is the caller's to tidy up.
  const given = answers.map((answer) => tf.clone(answer))
  tf.dispose(answers)
  return { loss, answers: given, gradients }
}

/** Each run's gradients scaled down to a global norm of at most `limit` (0: as they are), and their norm before, [K]. */
export function clipByNorm(gradients: Tensor[], limit: number): { norm: Tensor; clipped: Tensor[] } {
  const norm = globalNorm(gradients)
  return { norm, clipped: limit === 0 ? gradients : clip(gradients, norm, limit) }
}

/** The i-th of n parts of a step's examples, with dropout of its own. */
export function partOfStep({ x, y, lengths, seed, step }: PassFeeds, i: number, n: number): PassFeeds {
  if (n === 1) return { x, y, lengths, seed, step }
  const part = <T extends Tensor>(tensor: T): Tensor => {
    const [, examples = 0] = tensor.shape
    const rest = tensor.shape.slice(2)
    const size = examples / n
    return tf.slice(tensor, [0, i * size, ...rest.map(() => 0)], [-1, size, ...rest])
  }
  const passes = tf.mul(tf.sub(step, tf.scalar(1, 'int32')), tf.scalar(n, 'int32'))
  return {
    x: part(x),
    y: part(y),
    lengths: lengths && part(lengths),
    seed,
    step: tf.add(passes, tf.scalar(i + 1, 'int32')),
  }
}

/** The scores of a step from those of its parts (each: loss, then answers, [K] each) and the norm of its gradients. */
export function scoresOfParts(parts: readonly (readonly Tensor[])[], norm: Tensor): Tensor {
  const [loss, accuracy, ...hidden] = (parts[0] ?? []).map((_, row) =>
    tf.addN(parts.map((part) => part[row] as Tensor)),
  )
  if (loss === undefined || accuracy === undefined) throw new Error('a step of no parts')
  return tf.stack([tf.div(loss, parts.length), norm, tf.div(accuracy, parts.length), ...hidden])
}

/** Accuracy of each run, and the hidden bits it got right and had. */
function answersOf(objective: Objective, logits: Tensor, y: Tensor): Tensor[] {
  const accuracy = objective.accuracy?.(logits, y) ?? tf.zeros(y.shape.slice(0, 2)) // [K, B]
  const hidden = objective.hidden?.(logits, y)
  return [tf.mean(accuracy, -1), ...(hidden ? [tf.sum(hidden.right, -1), tf.sum(hidden.count, -1)] : [])]
}

const missing = (name: string): never => {
  throw new Error(`no value for the trained parameter '${name}'`)
}

/** The norm of all of a run's gradients together. A run alone takes one pass over them, and no copy. */
function globalNorm(gradients: readonly Tensor[]): Tensor {
  const squares = gradients.map((gradient) => {
    const [runs = 0] = gradient.shape
    return runs === 1
      ? tf.reshape(tf.mul(l2Loss(gradient), 2), [1])
      : tf.sum(tf.square(tf.reshape(gradient, [runs, -1])), 1)
  })
  return tf.sqrt(tf.addN(squares))
}

function clip(gradients: readonly Tensor[], norm: Tensor, limit: number): Tensor[] {
  const scale = tf.minimum(tf.div(limit, tf.add(norm, CLIP_EPSILON)), 1) // [K]
  return gradients.map((gradient) =>
    tf.mul(gradient, tf.reshape(scale, [-1, ...gradient.shape.slice(1).map(() => 1)])),
  )
}
