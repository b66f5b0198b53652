import { tf, type Tensor } from '../engine'
import type { Parameter, Weights } from '../models/network'
import type { TrainingOptions } from '../run'
import type { Batch, Split } from '../tasks/task'
import type { TrainedParameter } from './adam'
import type { Scores } from './best-step'
import { evaluate } from './evaluate'
import { toTensors, type Problem } from './problem'
import { trainStep } from './step'

/** Values of one run's trained parameters by name, each [1, ...shape]. Owned by whoever holds it. */
export type Snapshot = ReadonlyMap<string, Tensor>

/** All that a step changes in one run, by parameter name, each of the parameter's own shape. */
export interface RunTensors {
  readonly weights: ReadonlyMap<string, Float32Array>
  readonly firstMoments: ReadonlyMap<string, Float32Array>
  readonly secondMoments: ReadonlyMap<string, Float32Array>
}

/** One run of a group: its seed and rate, and where it goes on from (null: from its first values). */
export interface GroupMember {
  readonly seed: number
  readonly learningRate: number
  readonly from: RunTensors | null
}

export interface StepScores {
  readonly loss: number
  readonly gradNorm: number
  readonly accuracy: number | null
}

/** K runs that take their steps together, and all the tensors they own. */
export class FusedGroup {
  private constructor(
    private readonly problem: Problem,
    private readonly training: TrainingOptions,
    readonly size: number,
    private readonly frozen: Weights,
    private parameters: readonly TrainedParameter[],
    private readonly learningRate: Tensor,
    private readonly seed: Tensor,
  ) {}

  static async create(
    problem: Problem,
    training: TrainingOptions,
    members: readonly GroupMember[],
  ): Promise<FusedGroup> {
    const { network } = problem
    const initial = await network.initialise(members.map(({ seed }) => seed))
    const take = (name: string): Tensor => {
      const tensor = initial.get(name)
      if (tensor === undefined) throw new Error(`the network has no first value for its parameter '${name}'`)
      initial.delete(name)
      return tensor
    }
    const parameters = network.parameters
      .filter(({ trained }) => trained)
      .map((p) => trainedParameter(p, take(p.name), members))
    const frozen = new Map(
      network.parameters.filter(({ trained }) => !trained).map(({ name }) => [name, take(name)]),
    )
    tf.dispose([...initial.values()])
    return new FusedGroup(
      problem,
      training,
      members.length,
      frozen,
      parameters,
      tf.tensor1d(
        members.map(({ learningRate }) => learningRate),
        'float32',
      ),
      tf.tensor1d(
        members.map(({ seed }) => seed),
        'int32',
      ),
    )
  }

  /** One step of every run: `batch` holds the runs' examples end to end, `steps` counts from 1; inactive runs stay. */
  step(batch: Batch, steps: readonly number[], active: readonly boolean[]): StepScores[] {
    const definition = {
      problem: this.problem,
      frozen: this.frozen,
      dropout: this.training.dropout,
      gradClip: this.training.grad_clip,
    }
    const before = this.parameters
    const scores = tf.tidy(() => {
      const result = trainStep(definition, before, {
        ...toTensors(this.problem, batch, this.size),
        learningRate: this.learningRate,
        seed: this.seed,
        step: tf.tensor1d([...steps], 'int32'),
        active: this.size === 1 ? null : tf.tensor1d([...active], 'bool'),
      })
      this.parameters = result.next
      for (const tensor of tensorsOf(result.next)) tf.keep(tensor)
      return result.scores
    })
    tf.dispose(tensorsOf(before))
    const values = scores.dataSync() // [3, K]
    scores.dispose()
    const hasAccuracy = this.problem.objective.accuracy !== null
    return Array.from({ length: this.size }, (_, k) => ({
      loss: values[k] ?? NaN,
      gradNorm: values[this.size + k] ?? NaN,
      accuracy: hasAccuracy ? (values[2 * this.size + k] ?? NaN) : null,
    }))
  }

  /** Scores of all runs as they are now; null when interrupted. */
  evaluate(split: Split, interrupted: () => boolean): Promise<Scores[] | null> {
    const weights = new Map(this.frozen)
    for (const { name, value } of this.parameters) weights.set(name, value)
    return evaluate(this.problem, weights, this.size, split, interrupted)
  }

  /** Scores of one run, with the weights of a snapshot or (null) as it is now; null when interrupted. */
  async evaluateRun(
    run: number,
    snapshot: Snapshot | null,
    split: Split,
    interrupted: () => boolean,
  ): Promise<Scores | null> {
    const trained = snapshot ?? this.snapshot(run)
    const frozen = this.#frozenOf(run)
    try {
      const weights = new Map([...frozen, ...trained])
      const scores = await evaluate(this.problem, weights, 1, split, interrupted)
      return scores?.[0] ?? null
    } finally {
      tf.dispose([...frozen.values(), ...(snapshot === null ? trained.values() : [])])
    }
  }

  /** The trained weights of one run as they are now. */
  snapshot(run: number): Snapshot {
    return new Map(this.parameters.map(({ name, value }) => [name, slot(value, run, this.size)]))
  }

  /** The snapshot that these values are. */
  toSnapshot(values: ReadonlyMap<string, Float32Array>): Snapshot {
    return new Map(
      this.parameters.map(({ name, value }) => [
        name,
        fromValues(values, name, [1, ...value.shape.slice(1)]),
      ]),
    )
  }

  /** Reads everything that a step changes in one run. */
  read(run: number): RunTensors {
    const readAll = (part: 'value' | 'firstMoment' | 'secondMoment'): Map<string, Float32Array> =>
      new Map(
        this.parameters.map((parameter) => {
          const tensor = slot(parameter[part], run, this.size)
          const values = tensor.dataSync<'float32'>()
          tensor.dispose()
          return [parameter.name, values]
        }),
      )
    return {
      weights: readAll('value'),
      firstMoments: readAll('firstMoment'),
      secondMoments: readAll('secondMoment'),
    }
  }

  dispose(): void {
    tf.dispose([...this.frozen.values(), ...tensorsOf(this.parameters), this.learningRate, this.seed])
  }

  /** What is frozen, as one run sees it: shared by all, or its own where each was initialised by its seed. */
  #frozenOf(run: number): Weights {
    const rankOf = new Map(this.problem.network.parameters.map(({ name, shape }) => [name, shape.length]))
    return new Map(
      Array.from(this.frozen, ([name, tensor]) => {
        const isOwn = tensor.rank > (rankOf.get(name) ?? tensor.rank)
        return [name, isOwn ? slot(tensor, run, this.size) : tensor.clone()]
      }),
    )
  }
}

/** Reads a snapshot's values. */
export const readSnapshot = (snapshot: Snapshot): Map<string, Float32Array> =>
  new Map(Array.from(snapshot, ([name, tensor]) => [name, tensor.dataSync<'float32'>()]))

/** The tensors of one parameter, each run's row from where it goes on or from its first value; consumes `initial`. */
function trainedParameter(
  { name, shape }: Parameter,
  initial: Tensor,
  members: readonly GroupMember[],
): TrainedParameter {
  const rows = (first: (run: number) => Tensor, part: keyof RunTensors): Tensor =>
    tf.tidy(() => {
      const tensors = members.map(({ from }, run) =>
        from === null ? first(run) : fromValues(from[part], name, [1, ...shape]),
      )
      // A copy that the engine owns: a tensor made from a JavaScript array may share its memory.
      return tensors.length === 1 ? tf.mul(tensors[0] ?? 1, 1) : tf.concat(tensors)
    })
  const zeros = (): Tensor => tf.zeros([1, ...shape])
  const parameter = {
    name,
    value: rows((run) => slot(initial, run, members.length), 'weights'),
    firstMoment: rows(zeros, 'firstMoments'),
    secondMoment: rows(zeros, 'secondMoments'),
  }
  initial.dispose()
  return parameter
}

const tensorsOf = (parameters: readonly TrainedParameter[]): Tensor[] =>
  parameters.flatMap(({ value, firstMoment, secondMoment }) => [value, firstMoment, secondMoment])

/** One run's row of a tensor [K, ...shape], as [1, ...shape]. */
const slot = (tensor: Tensor, run: number, runs: number): Tensor =>
  runs === 1
    ? tensor.clone()
    : tf.slice(tensor, [run, ...tensor.shape.slice(1).map(() => 0)], [1, ...tensor.shape.slice(1)])

function fromValues(
  values: ReadonlyMap<string, Float32Array>,
  name: string,
  shape: readonly number[],
): Tensor {
  const found = values.get(name)
  if (found === undefined) throw new Error(`no value for the trained parameter '${name}'`)
  return tf.tensor(found, [...shape], 'float32')
}
