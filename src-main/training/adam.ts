import { tf, type Tensor } from '../engine'

const BETA_1 = 0.9
const BETA_2 = 0.999
const EPSILON = 1e-8

/** One trained parameter of a fused group, all [K, ...shape]: its value and the running means of its gradient and of its square. */
export interface TrainedParameter {
  readonly name: string
  readonly value: Tensor
  readonly firstMoment: Tensor
  readonly secondMoment: Tensor
}

/**
 * One Adam step as PyTorch takes it (no weight decay), for K runs at once: rate [K], and each run's own step count [K],
 * counted from 1. `gradients` are [K, ...shape], in the order of `parameters`. Where `active` [K] is false a run stays
 * as it is: values are selected, not multiplied by zero, for they may be NaN. Null: all are active.
 */
export function adam(
  parameters: readonly TrainedParameter[],
  gradients: readonly Tensor[],
  { learningRate, step, active }: { learningRate: Tensor; step: Tensor; active: Tensor | null },
): TrainedParameter[] {
  const time = tf.cast(step, 'float32')
  const correction1 = oneMinusPower(BETA_1, time) // [K]
  const rootCorrection2 = tf.sqrt(oneMinusPower(BETA_2, time)) // [K]
  // PyTorch's rate / correction1 * m / (sqrt(v) / rootCorrection2 + epsilon), with one division less.
  const rate = tf.div(tf.mul(learningRate, rootCorrection2), correction1)
  const epsilon = tf.mul(rootCorrection2, EPSILON)

  return parameters.map(({ name, value, firstMoment, secondMoment }, i) => {
    const gradient = gradients[i]
    if (gradient === undefined) throw new Error('a gradient for every parameter')
    const perRun = (x: Tensor): Tensor => tf.reshape(x, [-1, ...value.shape.slice(1).map(() => 1)])
    const m = tf.add(tf.mul(firstMoment, BETA_1), tf.mul(gradient, 1 - BETA_1))
    const v = tf.add(tf.mul(secondMoment, BETA_2), tf.mul(tf.square(gradient), 1 - BETA_2))
    const change = tf.div(tf.mul(perRun(rate), m), tf.add(tf.sqrt(v), perRun(epsilon)))
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

/** 1 - beta^t without the cancellation that float32 suffers at small t. */
const oneMinusPower = (beta: number, time: Tensor): Tensor => tf.neg(tf.expm1(tf.mul(time, Math.log(beta))))
