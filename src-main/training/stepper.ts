import { gatherRows, tf, type Tensor, type Tensor1D } from '../engine'
import type { Weights } from '../models/network'
import type { TrainingOptions } from '../run'
import { optimizerOf, type Optimizer, type TrainedPart, type TrainedTensors } from './optimizer'
import { evaluatedBy, type Examples, type Problem } from './problem'
import {
  clipByNorm,
  lossAndGradients,
  partOfStep,
  scoresOfParts,
  trainStep,
  type StepDefinition,
  type StepFeeds,
  type StepResult,
} from './step'

/** What a fused group's steps read and change: frozen weights, and of what trains its weights and the optimizer's state. */
export type StatePart = 'frozen' | TrainedPart

/** Tensors by part and parameter name; trained ones are [K, ...shape]. */
export type GroupState = Readonly<{ frozen: ReadonlyMap<string, Tensor> }> & TrainedTensors

type Shape = readonly number[]

/** All that is fixed in a compiled graph. Two groups with equal shapes share a graph, whatever their numbers. */
export interface GraphShapes {
  readonly runs: number
  /** Examples of each run in a training step, and of one run in a pass of its evaluation (of the longest, where lengths differ). */
  readonly trainExamples: number
  readonly scoreExamples: number
  /** By parameter name; trained ones are [K, ...shape]. */
  readonly frozen: ReadonlyMap<string, Shape>
  readonly trained: ReadonlyMap<string, Shape>
}

/**
 * Takes the steps of a fused group and holds its tensors. Two ways of doing the same arithmetic: operation by operation
 * (eager, the reference), or as one compiled graph.
 */
export interface Stepper {
  /** What its steps change: weights, and what the optimizer remembers. */
  readonly parts: readonly TrainedPart[]
  /** Its frozen tensors are those of these runs already, from a group before. */
  readonly hasFrozen: boolean
  /** One training step: its scores, as in `StepResult`. */
  train(feeds: StepFeeds): Tensor
  /**
   * Loss and accuracy of a run for every example, [2, 1, B]; [4, 1, B] where bits are hidden: how many of them are
   * answered rightly, and how many there are. A run is evaluated by itself, so that no bit depends on its neighbours.
   * @param examples of one run
   */
  score(run: number, examples: Examples): Tensor
  /** The tensors of a part by name; the caller disposes of them. */
  read(part: StatePart): Map<string, Tensor>
  /** Sets the tensors of a part; they stay the caller's. */
  write(part: StatePart, values: ReadonlyMap<string, Tensor>): void
  /** Sets what the optimizer remembers to zero, where it is. */
  clear(): void
  dispose(): void
}

/** Runs every operation of a step as tfjs comes to it. */
export class EagerStepper implements Stepper {
  readonly parts: readonly TrainedPart[]
  readonly hasFrozen = false
  private readonly state = { frozen: new Map(), weights: new Map() } as {
    frozen: Map<string, Tensor>
    weights: Map<string, Tensor>
  } & Partial<Record<TrainedPart, Map<string, Tensor>>>
  private readonly optimizer: Optimizer

  constructor(
    private readonly problem: Problem,
    private readonly training: TrainingOptions,
  ) {
    this.optimizer = optimizerOf(training)
    this.parts = trainedParts(this.optimizer)
  }

  train(feeds: StepFeeds): Tensor {
    return tf.tidy(() => {
      const definition = stepDefinition(this.problem, this.training, this.state.frozen)
      const n = this.training.accumulate_steps
      const { scores, gradients } =
        n === 1
          ? trainStep(definition, this.state.weights, feeds)
          : stepInParts(definition, this.state.weights, feeds, n)
      const next = this.optimizer.step(this.state, gradients, feeds)
      for (const part of this.parts) this.write(part, partOf(next, part))
      return scores
    })
  }

  score(run: number, examples: Examples): Tensor {
    return tf.tidy(() => scoreExamples(this.problem, this.state, tf.tensor1d([run], 'int32'), examples))
  }

  read(part: StatePart): Map<string, Tensor> {
    return new Map(Array.from(partOf(this.state, part), ([name, tensor]) => [name, tf.clone(tensor)]))
  }

  write(part: StatePart, values: ReadonlyMap<string, Tensor>): void {
    const before = this.state[part]
    this.state[part] = new Map(Array.from(values, ([name, tensor]) => [name, tf.keep(tf.clone(tensor))]))
    tf.dispose([...(before ?? []).values()])
  }

  clear(): void {
    for (const part of this.optimizer.parts)
      tf.tidy(() =>
        this.write(
          part,
          new Map(Array.from(this.state.weights, ([name, { shape }]) => [name, tf.fill(shape, 0)])),
        ),
      )
  }

  dispose(): void {
    for (const tensors of Object.values(this.state)) tf.dispose([...tensors.values()])
  }
}

/** A step whose examples are taken in n parts, one after the other. */
function stepInParts(definition: StepDefinition, weights: Weights, feeds: StepFeeds, n: number): StepResult {
  const parts = Array.from({ length: n }, (_, i) =>
    lossAndGradients(definition, weights, partOfStep(feeds, i, n), 1 / n),
  )
  const sums = [...weights.keys()].map((_, place) =>
    parts.map(({ gradients }) => gradients[place] as Tensor).reduce((sum, gradient) => tf.add(sum, gradient)),
  )
  const { norm, clipped } = clipByNorm(sums, definition.gradClip)
  const scores = parts.map(({ loss, answers }) => [loss, ...answers])
  return { scores: scoresOfParts(scores, norm), gradients: clipped }
}

/** A step's fixed parts as `trainStep` takes them. */
export const stepDefinition = (
  problem: Problem,
  { dropout, grad_clip, label_smoothing }: TrainingOptions,
  frozen: Weights,
): StepDefinition => ({ problem, frozen, dropout, gradClip: grad_clip, labelSmoothing: label_smoothing })

/** What a step with this optimizer changes of each parameter. */
export const trainedParts = ({ parts }: Optimizer): TrainedPart[] => ['weights', ...parts]

/** One part of a group's tensors, by parameter name. */
export function partOf<T>(tensors: Readonly<Partial<Record<StatePart, T>>>, part: StatePart): T {
  const values = tensors[part]
  if (values === undefined) throw new Error(`no ${part} in what this optimizer trains`)
  return values
}

/**
 * The scores of every example, as `score` gives them; no dropout.
 * @param run int32 [1]: its place in the group
 */
export function scoreExamples(
  problem: Problem,
  { frozen, weights }: Pick<GroupState, 'frozen' | 'weights'>,
  run: Tensor1D,
  { x, lengths, y }: Examples,
): Tensor {
  const { network, objective } = evaluatedBy(problem)
  const ranks = new Map(problem.network.parameters.map(({ name, shape }) => [name, shape.length]))
  const own = Array.from([...frozen, ...weights], ([name, tensor]): [string, Tensor] => {
    const isShared = tensor.rank === ranks.get(name)
    return [name, isShared ? tensor : rowOf(tensor, run)]
  })
  const logits = network.forward(new Map(own), x, null, lengths)
  const loss = objective.loss(logits, y)
  const hidden = objective.hidden?.(logits, y)
  return tf.stack([
    loss,
    objective.accuracy?.(logits, y) ?? tf.zerosLike(loss),
    ...(hidden ? [hidden.right, hidden.count] : []),
  ])
}

/** One run's row of a tensor [K, ...shape], as [1, ...shape]. */
function rowOf(tensor: Tensor, run: Tensor1D): Tensor {
  const [runs = 1, ...shape] = tensor.shape
  return runs === 1 ? tensor : tf.reshape(gatherRows(tf.reshape(tensor, [runs, -1]), run), [1, ...shape])
}
