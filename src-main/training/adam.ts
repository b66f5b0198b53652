import { tf, type InPlaceUpdate, type Tensor } from '../engine'

/** As the engine's kernels hold them: in float32, where 1 - 0.999 is 0.00099998713. */
const BETA_1 = Math.fround(0.9)
const BETA_2 = Math.fround(0.999)
const EPSILON = 1e-8

/** One trained parameter of a fused group, all [K, ...shape]: its value and the running means of its gradient and of its square. */
export interface TrainedParameter {
  readonly name: string
  readonly value: Tensor
  readonly firstMoment: Tensor
  readonly secondMoment: Tensor
}

/** What a step of Adam takes beside gradients, [K] each; `step` counts from 1. */
export interface AdamFeeds {
  readonly learningRate: Tensor
  readonly step: Tensor
  /** False leaves a run as it is. Null: all runs train. */
  readonly active: Tensor | null
}

/**
 * PyTorch's rate / correction1 * m / (sqrt(v) / sqrt(correction2) + epsilon) with one division less:
 * rate' * m / (sqrt(v) + epsilon'), [K] each.
 */
function correctedRates({ learningRate, step }: AdamFeeds): { rate: Tensor; epsilon: Tensor } {
  const time = tf.cast(step, 'float32')
  const rootCorrection2 = tf.sqrt(oneMinusPower(BETA_2, time))
  return {
    rate: tf.div(tf.mul(learningRate, rootCorrection2), oneMinusPower(BETA_1, time)),
    epsilon: tf.mul(rootCorrection2, EPSILON),
  }
}

/**
 * One Adam step as PyTorch takes it (no weight decay), for K runs at once, each at its own rate and step count.
 * `gradients` are [K, ...shape], in the order of `parameters`. Where a run is not active its values are selected, not
 * multiplied by zero, for they may be NaN.
 */
export function adam(
  parameters: readonly TrainedParameter[],
  gradients: readonly Tensor[],
  feeds: AdamFeeds,
): TrainedParameter[] {
  const { rate, epsilon } = correctedRates(feeds)
  return parameters.map(({ name, value, firstMoment, secondMoment }, i) => {
    const gradient = gradients[i]
    if (gradient === undefined) throw new Error('a gradient for every parameter')
    const perRun = (x: Tensor): Tensor => tf.reshape(x, [-1, ...value.shape.slice(1).map(() => 1)])
    const m = tf.add(firstMoment, tf.mul(tf.sub(gradient, firstMoment), 1 - BETA_1))
    const v = tf.add(secondMoment, tf.mul(tf.sub(tf.square(gradient), secondMoment), 1 - BETA_2))
    const change = tf.div(tf.mul(m, perRun(rate)), tf.add(tf.sqrt(v), perRun(epsilon)))
    const { active } = feeds
    const choose = (next: Tensor, now: Tensor): Tensor =>
      active === null ? next : tf.where(perRun(active), next, now)
    return {
      name,
      value: choose(tf.sub(value, change), value),
      firstMoment: choose(m, firstMoment),
      secondMoment: choose(v, secondMoment),
    }
  })
}

/**
 * The same step of a run alone (K = 1) as one kernel a parameter that changes weights and moments where they are: a pass
 * over memory instead of twelve. Its own bias correction is turned off, since it suffers from cancellation.
 *
 * @param place where a part of a parameter is held, by name of the parameter
 */
export function adamInPlace(
  names: readonly string[],
  gradients: readonly Tensor[],
  feeds: AdamFeeds,
  place: (part: 'weights' | 'firstMoments' | 'secondMoments', name: string) => string,
): InPlaceUpdate[] {
  const { rate, epsilon } = correctedRates(feeds)
  const zero = tf.scalar(0)
  const [scalarRate, scalarEpsilon] = [tf.reshape(rate, []), tf.reshape(epsilon, [])]
  return names.map((name, i) => {
    const gradient = gradients[i]
    if (gradient === undefined) throw new Error('a gradient for every parameter')
    return {
      operation: 'ResourceApplyAdam',
      variables: [place('weights', name), place('firstMoments', name), place('secondMoments', name)],
      // beta1^t, beta2^t, rate, beta1, beta2, epsilon, gradient
      inputs: [zero, zero, scalarRate, tf.scalar(BETA_1), tf.scalar(BETA_2), scalarEpsilon, gradient],
    }
  })
}

/** 1 - beta^t without the cancellation that float32 suffers at small t. */
const oneMinusPower = (beta: number, time: Tensor): Tensor => tf.neg(tf.expm1(tf.mul(time, Math.log(beta))))
