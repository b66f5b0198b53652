import { tf, type InPlaceUpdate, type Tensor } from '../engine'
import type { TrainingOptions } from '../run'

/** What an optimizer remembers of each parameter, by the names of PyTorch's `state_dict`. */
export type OptimizerPart = 'exp_avg' | 'exp_avg_sq' | 'momentum_buffer'
/** What a step changes of each parameter. */
export type TrainedPart = 'weights' | OptimizerPart

/** Tensors by part and parameter name, all [K, ...shape]; the parts are `weights` and the optimizer's. */
export type TrainedTensors = Readonly<
  { weights: ReadonlyMap<string, Tensor> } & Partial<Record<OptimizerPart, ReadonlyMap<string, Tensor>>>
>

/** What an optimizer takes beside gradients, [K] each; `step` counts from 1. */
export interface OptimizerFeeds {
  readonly learningRate: Tensor
  readonly step: Tensor
  /** False leaves a run as it is. Null: all runs train. */
  readonly active: Tensor | null
}

/**
 * How gradients change weights: `adam`, `adamw` and `sgd` as PyTorch defines them, for K runs at once, each at its own
 * rate and step count. Weight decay is on every trained parameter, biases and norms among them, as PyTorch's is on all
 * that it is given.
 */
export interface Optimizer {
  readonly name: TrainingOptions['optimizer']
  /** What it remembers; zero before the first step. */
  readonly parts: readonly OptimizerPart[]
  /**
   * One step. `gradients` are [K, ...shape] in the order of the weights. Where a run is not active its values are
   * selected, not multiplied by zero, for they may be NaN.
   */
  step(trained: TrainedTensors, gradients: readonly Tensor[], feeds: OptimizerFeeds): TrainedTensors
  /**
   * The same step of a run alone (K = 1, always active) as kernels that change weights and state where they are: a pass
   * over memory instead of twelve.
   *
   * @param place where a part of a parameter is held, by name of the parameter
   */
  stepInPlace(
    weights: ReadonlyMap<string, Tensor>,
    gradients: readonly Tensor[],
    feeds: OptimizerFeeds,
    place: (part: TrainedPart, name: string) => string,
  ): InPlaceUpdate[]
}

/** The optimizer that these options name. */
export function optimizerOf(options: TrainingOptions): Optimizer {
  const rule = ruleOf(options)
  return {
    name: options.optimizer,
    parts: rule.parts,
    step(trained, gradients, feeds) {
      const factors = rule.factors(feeds)
      const next = new Map<TrainedPart, Map<string, Tensor>>(
        (['weights', ...rule.parts] as const).map((part) => [part, new Map<string, Tensor>()]),
      )
      for (const [i, [name, value]] of [...trained.weights].entries()) {
        const perRun = (x: Tensor): Tensor => tf.reshape(x, [-1, ...value.shape.slice(1).map(() => 1)])
        const now = [value, ...rule.parts.map((part) => known(trained[part]?.get(name)))]
        const after = rule.next(now, known(gradients[i]), factors.map(perRun))
        for (const [j, part] of (['weights', ...rule.parts] as const).entries()) {
          const [before, then] = [known(now[j]), known(after[j])]
          const chosen = feeds.active === null ? then : tf.where(perRun(feeds.active), then, before)
          next.get(part)?.set(name, chosen)
        }
      }
      return Object.fromEntries(next) as unknown as TrainedTensors
    },
    stepInPlace(weights, gradients, feeds, place) {
      const factors = rule.factors(feeds).map((factor) => tf.reshape(factor, []))
      return [...weights].flatMap(([name, value], i) =>
        rule.inPlace(value, known(gradients[i]), factors, (part) => place(part, name)),
      )
    },
  }
}

/** How one parameter is changed; `values` are its weights and what is remembered, in the order of `parts`. */
interface Rule {
  readonly parts: readonly OptimizerPart[]
  /** What a step is scaled by, of all parameters alike, [K] each. */
  factors(feeds: OptimizerFeeds): Tensor[]
  next(values: readonly Tensor[], gradient: Tensor, factors: readonly Tensor[]): Tensor[]
  inPlace(
    value: Tensor,
    gradient: Tensor,
    factors: readonly Tensor[],
    place: (part: TrainedPart) => string,
  ): InPlaceUpdate[]
}

const ruleOf = (options: TrainingOptions): Rule =>
  options.optimizer === 'sgd' ? sgd(options) : adam(options, options.optimizer === 'adamw')

/** Adam; its decay is added to the gradient, or `decoupled` taken off the weights before the step. */
function adam({ betas, eps, weight_decay }: TrainingOptions, decoupled: boolean): Rule {
  // As the engine's kernels hold them: in float32, where 1 - 0.999 is 0.00099998713.
  const [beta1, beta2] = [Math.fround(betas[0]), Math.fround(betas[1])]
  const added = decoupled ? 0 : weight_decay
  const taken = decoupled ? weight_decay : 0
  return {
    parts: ['exp_avg', 'exp_avg_sq'],
    // PyTorch's rate / correction1 * m / (sqrt(v) / sqrt(correction2) + epsilon) with one division less:
    // rate' * m / (sqrt(v) + epsilon').
    factors({ learningRate, step }) {
      const time = tf.cast(step, 'float32')
      const rootCorrection2 = tf.sqrt(oneMinusPower(beta2, time))
      const rate = tf.div(tf.mul(learningRate, rootCorrection2), oneMinusPower(beta1, time))
      const epsilon = tf.mul(rootCorrection2, eps)
      return taken === 0 ? [rate, epsilon] : [rate, epsilon, tf.mul(learningRate, taken)]
    },
    next([value, firstMoment, secondMoment], gradient, [rate, epsilon, decay]) {
      const weights = known(value)
      const slope = decayed(gradient, weights, added)
      const m = tf.add(known(firstMoment), tf.mul(tf.sub(slope, known(firstMoment)), 1 - beta1))
      const v = tf.add(known(secondMoment), tf.mul(tf.sub(tf.square(slope), known(secondMoment)), 1 - beta2))
      const change = tf.div(tf.mul(m, known(rate)), tf.add(tf.sqrt(v), known(epsilon)))
      const kept = decay === undefined ? weights : tf.sub(weights, tf.mul(weights, decay))
      return [tf.sub(kept, change), m, v]
    },
    inPlace(value, gradient, [rate, epsilon, decay], place) {
      const zero = tf.scalar(0)
      const step: InPlaceUpdate = {
        operation: 'ResourceApplyAdam',
        variables: [place('weights'), place('exp_avg'), place('exp_avg_sq')],
        // beta1^t, beta2^t, rate, beta1, beta2, epsilon, gradient. Its own bias correction, which suffers from
        // cancellation, is turned off by powers of zero.
        inputs: [
          zero,
          zero,
          known(rate),
          tf.scalar(beta1),
          tf.scalar(beta2),
          known(epsilon),
          decayed(gradient, value, added),
        ],
      }
      if (decay === undefined) return [step]
      // Not before the gradient is there: what is still to be read of the weights would be copied.
      const decaying: InPlaceUpdate = {
        operation: 'ResourceApplyGradientDescent',
        variables: [place('weights')],
        inputs: [decay, value],
        after: [gradient],
      }
      return [decaying, step]
    },
  }
}

/** Gradient descent; with `momentum` along a running sum of gradients (no dampening, not Nesterov's). */
function sgd({ momentum, weight_decay }: TrainingOptions): Rule {
  return {
    parts: momentum === 0 ? [] : ['momentum_buffer'],
    factors: ({ learningRate }) => [learningRate],
    next([value, buffer], gradient, [rate]) {
      const weights = known(value)
      const slope = decayed(gradient, weights, weight_decay)
      if (buffer === undefined) return [tf.sub(weights, tf.mul(slope, known(rate)))]
      const direction = tf.add(tf.mul(buffer, momentum), slope)
      return [tf.sub(weights, tf.mul(direction, known(rate))), direction]
    },
    inPlace(value, gradient, [rate], place) {
      const slope = decayed(gradient, value, weight_decay)
      if (momentum === 0) {
        const inputs = [known(rate), slope]
        return [{ operation: 'ResourceApplyGradientDescent', variables: [place('weights')], inputs }]
      }
      return [
        {
          operation: 'ResourceApplyMomentum',
          variables: [place('weights'), place('momentum_buffer')],
          inputs: [known(rate), slope, tf.scalar(momentum)],
        },
      ]
    },
  }
}

/** The gradient with weight decay added to it, as that of a penalty on the squared weights. */
const decayed = (gradient: Tensor, weights: Tensor, decay: number): Tensor =>
  decay === 0 ? gradient : tf.add(gradient, tf.mul(weights, decay))

/** 1 - beta^t without the cancellation that float32 suffers at small t. */
const oneMinusPower = (beta: number, time: Tensor): Tensor => tf.neg(tf.expm1(tf.mul(time, Math.log(beta))))

function known(tensor: Tensor | undefined): Tensor {
  if (tensor === undefined) throw new Error('the optimizer takes a gradient and a state for every parameter')
  return tensor
}
