import { tf, type Tensor } from '../engine'
import type { Network, Parameter } from '../models/network'
import type { Batch, Split } from '../tasks/task'
import type { Scores } from './best-step'
import { evaluate, maskedShare } from './evaluate'
import { toTensors, type Problem } from './problem'
import type { OptimizerPart, TrainedPart } from './optimizer'
import { partOf, type GraphShapes, type Stepper } from './stepper'

/** Values of one run's trained parameters by name, each [1, ...shape]. Owned by whoever holds it. */
export type Snapshot = ReadonlyMap<string, Tensor>

/** All that a step changes in one run, by part and parameter name, each of the parameter's own shape. */
export type RunTensors = Readonly<
  { weights: ReadonlyMap<string, Float32Array> } & Partial<
    Record<OptimizerPart, ReadonlyMap<string, Float32Array>>
  >
>

/** Values by parameter name, some of which are read when they are asked for. */
export type Readings = ReadonlyMap<string, Float32Array | (() => Float32Array)>

/** One run of a group: its seed and rate, and where it goes on from (null: from its first values). */
export interface GroupMember {
  readonly seed: number
  readonly learningRate: number
  readonly from: RunTensors | null
}

/** Examples of each run in one training step, and of one run in a pass of its evaluation (of the longest, where lengths differ). */
export interface GroupSizes {
  readonly trainExamples: number
  readonly scoreExamples: number
}

export interface StepScores {
  readonly loss: number
  readonly gradNorm: number
  readonly accuracy: number | null
  /** Among the bits that the input hides; absent where none is hidden. */
  readonly accuracyMasked?: number
}

/** K runs that take their steps together. */
export class FusedGroup {
  private constructor(
    private readonly problem: Problem,
    private readonly stepper: Stepper,
    private readonly sizes: GroupSizes,
    private readonly learningRates: number[],
    private readonly seeds: number[],
    private readonly rateShareAt: (step: number) => number,
  ) {}

  /**
   * @param makeStepper what takes the steps; it is the group's from now on
   * @param rateShareAt the share of its rate that a run's step takes; all of it where left out
   */
  static async create(
    problem: Problem,
    members: readonly GroupMember[],
    sizes: GroupSizes,
    makeStepper: (shapes: GraphShapes) => Stepper,
    rateShareAt: (step: number) => number = () => 1,
  ): Promise<FusedGroup> {
    const { parameters } = problem.network
    const runs = members.length
    const seeds = members.map(({ seed }) => seed)
    const shapes = { runs, ...sizes, ...parameterShapes(problem.network, seeds) }
    const stepper = makeStepper(shapes)
    const initial = await problem.network.initialise(seeds, stepper.hasFrozen ? 'trained' : 'all')
    if (!stepper.hasFrozen) {
      const frozen = Array.from(shapes.frozen.keys(), (name) => [name, named(initial, name)] as const)
      stepper.write('frozen', new Map(frozen))
    }
    const trained = parameters.filter((parameter) => parameter.trained)
    const begin = members.every(({ from }) => from === null)
    for (const part of begin ? (['weights'] as const) : stepper.parts) {
      const values = new Map(trained.map((p) => [p.name, startingValue(p, part, initial, members)]))
      stepper.write(part, values)
      tf.dispose([...values.values()])
      // What an optimizer remembers does not follow from first values, which are as large as the weights.
      if (part === 'weights') tf.dispose([...initial.values()])
    }
    // What an optimizer remembers of runs that begin takes no memory beside that of the graph.
    if (begin) stepper.clear()
    const learningRates = members.map(({ learningRate }) => learningRate)
    return new FusedGroup(problem, stepper, sizes, learningRates, seeds, rateShareAt)
  }

  /** How many places the group has. */
  get size(): number {
    return this.seeds.length
  }

  /** Gives a place to another run, which shares the frozen weights. */
  async place(slot: number, member: GroupMember): Promise<void> {
    const { network } = this.problem
    const initial = member.from === null ? await network.initialise([member.seed], 'trained') : new Map()
    const trained = network.parameters.filter((parameter) => parameter.trained)
    for (const part of this.stepper.parts) {
      const own = new Map(trained.map((p) => [p.name, startingValue(p, part, initial, [member])]))
      const now = this.stepper.read(part)
      this.#write(part, now, slot, own)
      tf.dispose([...now.values(), ...own.values()])
    }
    tf.dispose([...initial.values()])
    this.learningRates[slot] = member.learningRate
    this.seeds[slot] = member.seed
  }

  /** One step of every run: `batch` holds the runs' examples end to end, `steps` counts from 1; inactive runs stay. */
  step(batch: Batch, steps: readonly number[], active: readonly boolean[]): StepScores[] {
    const scores = tf.tidy(() =>
      this.stepper.train({
        ...toTensors(this.problem, batch, this.size),
        learningRate: tf.tensor1d(this.#ratesAt(steps), 'float32'),
        seed: tf.tensor1d(this.seeds, 'int32'),
        step: tf.tensor1d([...steps], 'int32'),
        active: this.size === 1 ? null : tf.tensor1d([...active], 'bool'),
      }),
    )
    const values = scores.dataSync() // [3 or 5, K]
    scores.dispose()
    const { accuracy, hidden } = this.problem.objective
    return Array.from({ length: this.size }, (_, k) => ({
      loss: values[k] ?? NaN,
      gradNorm: values[this.size + k] ?? NaN,
      accuracy: accuracy === null ? null : (values[2 * this.size + k] ?? NaN),
      ...(hidden && maskedShare(values[3 * this.size + k], values[4 * this.size + k])),
    }))
  }

  /** Scores of a run as it is now; null when interrupted. */
  evaluate(run: number, split: Split, interrupted: () => boolean): Promise<Scores | null> {
    const { problem, stepper, sizes } = this
    return evaluate({ problem, stepper, run, size: sizes.scoreExamples }, split, interrupted)
  }

  /** Scores of a run that is put back to a snapshot for the time of it; null when interrupted. */
  async evaluateAt(
    run: number,
    snapshot: Snapshot,
    split: Split,
    interrupted: () => boolean,
  ): Promise<Scores | null> {
    const now = this.stepper.read('weights')
    try {
      this.#write('weights', now, run, snapshot)
      return await this.evaluate(run, split, interrupted)
    } finally {
      this.stepper.write('weights', now)
      tf.dispose([...now.values()])
    }
  }

  /** The trained weights of one run as they are now. */
  snapshot(run: number): Snapshot {
    return this.#rows('weights', run)
  }

  /** Reads everything that a step changes in one run. */
  read(run: number): RunTensors {
    const read = (part: TrainedPart): Map<string, Float32Array> => {
      const rows = this.#rows(part, run)
      const values = readSnapshot(rows)
      tf.dispose([...rows.values()])
      return values
    }
    const tensors = this.stepper.parts.map((part) => [part, read(part)] as const)
    return Object.fromEntries(tensors) as unknown as RunTensors
  }

  /**
   * As `read`, parameter by parameter as they are asked for: a large run's values are not in memory twice. No step may be
   * taken before `close`.
   */
  open(run: number): { readonly tensors: Record<TrainedPart, Readings>; close(): void } {
    const parts = this.stepper.parts.map((part) => [part, this.stepper.read(part)] as const)
    const reading = (tensor: Tensor) => (): Float32Array => {
      const own = row(tensor, run)
      const values = own.dataSync<'float32'>()
      own.dispose()
      return values
    }
    const tensors = parts.map(([part, all]) => {
      const readings = Array.from(all, ([name, tensor]) => [name, reading(tensor)] as const)
      return [part, new Map(readings)] as const
    })
    return {
      tensors: Object.fromEntries(tensors) as unknown as Record<TrainedPart, Readings>,
      close: () => parts.forEach(([, all]) => tf.dispose([...all.values()])),
    }
  }

  dispose(): void {
    this.stepper.dispose()
  }

  #ratesAt(steps: readonly number[]): number[] {
    return this.learningRates.map((rate, run) => rate * this.rateShareAt(steps[run] ?? 1))
  }

  /** Sets a part to what it is now, with the row of one run taken from its snapshot. */
  #write(part: TrainedPart, now: ReadonlyMap<string, Tensor>, run: number, snapshot: Snapshot): void {
    const next = new Map(
      Array.from(now, ([name, tensor]) => [name, putBack(tensor, run, named(snapshot, name))]),
    )
    this.stepper.write(part, next)
    tf.dispose([...next.values()])
  }

  #rows(part: TrainedPart, run: number): Map<string, Tensor> {
    const all = this.stepper.read(part)
    const rows = new Map(Array.from(all, ([name, tensor]) => [name, row(tensor, run)]))
    tf.dispose([...all.values()])
    return rows
  }
}

/** Reads a snapshot's values. */
export const readSnapshot = (snapshot: Snapshot): Map<string, Float32Array> =>
  new Map(Array.from(snapshot, ([name, tensor]) => [name, tensor.dataSync<'float32'>()]))

/** The same, each when it is asked for. */
export const openSnapshot = (snapshot: Snapshot): Readings =>
  new Map(Array.from(snapshot, ([name, tensor]) => [name, () => tensor.dataSync<'float32'>()]))

/** The snapshot that these values are. */
export const toSnapshot = (
  values: ReadonlyMap<string, Float32Array>,
  parameters: readonly Parameter[],
): Snapshot =>
  new Map(
    parameters
      .filter(({ trained }) => trained)
      .map(({ name, shape }) => [name, tf.tensor(named(values, name), [1, ...shape], 'float32')]),
  )

/** A frozen parameter has a value for each run where the runs' seeds draw different ones. */
function parameterShapes(
  { parameters, drawn }: Network,
  seeds: readonly number[],
): Pick<GraphShapes, 'frozen' | 'trained'> {
  const runs = seeds.length
  const differ = new Set(seeds).size > 1
  const shapesOf = (those: boolean): Map<string, readonly number[]> =>
    new Map(
      parameters
        .filter(({ trained }) => trained === those)
        .map(({ name, shape, trained }) => [
          name,
          trained || (differ && drawn.has(name)) ? [runs, ...shape] : shape,
        ]),
    )
  return { frozen: shapesOf(false), trained: shapesOf(true) }
}

/** What a part of one parameter is before the first step: each run's row from where it goes on, or its first value. */
function startingValue(
  { name, shape }: Parameter,
  part: TrainedPart,
  initial: ReadonlyMap<string, Tensor>,
  members: readonly GroupMember[],
): Tensor {
  return tf.tidy(() => {
    const rows = members.map(({ from }, run) => {
      if (from !== null) return tf.tensor(named(partOf(from, part), name), [1, ...shape], 'float32')
      // Filled by the engine: tf.zeros makes an array in JavaScript first.
      return part === 'weights' ? row(named(initial, name), run) : tf.fill([1, ...shape], 0)
    })
    return tf.concat(rows)
  })
}

/** A tensor [K, ...shape] with one run's row, [1, ...shape], put in its place. */
const putBack = (tensor: Tensor, run: number, own: Tensor): Tensor =>
  tf.tidy(() => {
    const rows = Array.from({ length: tensor.shape[0] }, (_, k) => (k === run ? own : row(tensor, k)))
    return rows.length === 1 ? tf.clone(own) : tf.concat(rows)
  })

/** One run's row of a tensor [K, ...shape], as [1, ...shape]. */
const row = (tensor: Tensor, run: number): Tensor =>
  tensor.shape[0] === 1
    ? tensor.clone()
    : tf.slice(tensor, [run, ...tensor.shape.slice(1).map(() => 0)], [1, ...tensor.shape.slice(1)])

function named<T>(values: ReadonlyMap<string, T>, name: string): T {
  const value = values.get(name)
  if (value === undefined) throw new Error(`no value for the parameter '${name}'`)
  return value
}
