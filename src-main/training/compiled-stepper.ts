import {
  ProgramBuilder,
  tf,
  type EntryResult,
  type Feed,
  type Holding,
  type InPlaceUpdate,
  type Program,
  type Tensor,
  type Tensor1D,
} from '../engine'
import { isBestTransposed, type Network, type Parameter } from '../models/network'
import type { TrainingOptions } from '../run'
import type { TaskInput } from '../tasks/task'
import { optimizerOf, type OptimizerFeeds, type TrainedPart } from './optimizer'
import { examplesOfLength, lengthsOf } from './passes'
import { evaluatedBy, type Examples, type Problem } from './problem'
import {
  clipByNorm,
  lossAndGradients,
  partOfStep,
  scoresOfParts,
  trainStep,
  type PassFeeds,
  type StepFeeds,
} from './step'
import {
  partOf,
  scoreExamples,
  stepDefinition,
  trainedParts,
  type GraphShapes,
  type GroupState,
  type StatePart,
  type Stepper,
} from './stepper'

/**
 * The same steps as `EagerStepper`, traced once into one TensorFlow graph that holds the group's tensors; for each length
 * that batches are padded to, a step of its own on the same variables.
 */
export class CompiledStepper implements Stepper {
  readonly parts: readonly TrainedPart[]
  readonly hasFrozen = false
  private readonly program: Program
  /** Parts of a step's examples that are taken one after the other. */
  private readonly accumulated: number

  /** @param xla compile the arithmetic with XLA: seconds once, faster steps for small and for frozen trunks. */
  constructor(
    private readonly problem: Problem,
    training: TrainingOptions,
    shapes: GraphShapes,
    { xla }: { readonly xla: boolean },
  ) {
    const builder = new ProgramBuilder()
    const optimizer = optimizerOf(training)
    this.parts = trainedParts(optimizer)
    const holdings = new Map(
      problem.network.parameters.map((parameter) => [parameter.name, holdingOf(problem.network, parameter)]),
    )
    this.accumulated = training.accumulate_steps
    const declare = (
      part: StatePart | 'gradients',
      of: ReadonlyMap<string, readonly number[]>,
    ): Map<string, Tensor> =>
      new Map(
        Array.from(of, ([name, shape]) => [
          name,
          builder.variable(variableOf(part, name), shape, part, holdings.get(name)),
        ]),
      )
    const state: GroupState = {
      frozen: declare('frozen', shapes.frozen),
      weights: declare('weights', shapes.trained),
      ...Object.fromEntries(optimizer.parts.map((part) => [part, declare(part, shapes.trained)])),
    }
    const definition = stepDefinition(problem, training, state.frozen)
    /** What an entry gives where it takes the optimizer's step; a run alone changes where it is. */
    const updated = (gradients: readonly Tensor[], feeds: OptimizerFeeds): Omit<EntryResult, 'outputs'> => {
      if (shapes.runs === 1)
        return { inPlace: optimizer.stepInPlace(state.weights, gradients, feeds, variableOf) }
      const next = optimizer.step(state, gradients, feeds)
      return { updates: new Map(this.parts.flatMap((part) => [...prefixed(part, partOf(next, part))])) }
    }
    if (this.accumulated === 1) {
      for (const tokens of lengthsOf(problem.input)) {
        builder.entry(
          entryOf('train', problem.input, tokens),
          { ...passFeeds(problem, shapes.runs, shapes.trainExamples, tokens), ...updateFeeds(shapes.runs) },
          (feeds) => {
            const given = { ...{ active: null, lengths: null }, ...feeds } as unknown as StepFeeds
            const { scores, gradients } = trainStep(definition, state.weights, given)
            return { outputs: { scores }, ...updated(gradients, given) }
          },
          { xla },
        )
      }
    } else {
      // One pass is in the graph once, however many make a step.
      const sums = declare('gradients', shapes.trained)
      for (const tokens of lengthsOf(problem.input)) {
        builder.entry(
          entryOf('accumulate', problem.input, tokens),
          passFeeds(problem, shapes.runs, shapes.trainExamples / this.accumulated, tokens),
          (feeds) => {
            const given = { ...{ lengths: null }, ...feeds } as unknown as PassFeeds
            const pass = lossAndGradients(definition, state.weights, given, 1 / this.accumulated)
            const inPlace = [...sums.keys()].map((name, i): InPlaceUpdate => {
              const gradient = pass.gradients[i] as Tensor
              const variables = [variableOf('gradients', name)]
              return { operation: 'AssignAddVariableOp', variables, inputs: [gradient] }
            })
            return { outputs: { scores: tf.stack([pass.loss, ...pass.answers]) }, inPlace }
          },
          { xla },
        )
      }
      builder.entry(
        'apply',
        updateFeeds(shapes.runs),
        (feeds) => {
          const given = { ...{ active: null }, ...feeds } as unknown as OptimizerFeeds
          const { norm, clipped } = clipByNorm([...sums.values()], definition.gradClip)
          const { updates = new Map<string, Tensor>(), ...changes } = updated(clipped, given)
          // Set, not multiplied by 0: a sum may be NaN.
          const zeros = Array.from(sums, ([name, { shape }]) => [name, tf.fill([...shape], 0)] as const)
          return {
            outputs: { norm },
            ...changes,
            updates: new Map([...updates, ...prefixed('gradients', new Map(zeros))]),
          }
        },
        { xla },
      )
    }
    const evaluated = evaluatedBy(problem)
    for (const tokens of lengthsOf(evaluated.input)) {
      const examples = examplesOfLength(evaluated.input, shapes.scoreExamples, tokens)
      builder.entry(
        entryOf('score', evaluated.input, tokens),
        { ...exampleFeeds(evaluated, 1, examples, tokens), run: perRun(1, 'int32') },
        ({ run, ...feeds }) => {
          const given: Examples = { lengths: null, ...(feeds as unknown as Omit<Examples, 'lengths'>) }
          return { outputs: { scores: scoreExamples(problem, state, run as Tensor1D, given) } }
        },
        { xla },
      )
    }
    // The zero is fed: one that the graph knew would become a constant of every tensor's size.
    builder.entry('clear', { zero: { shape: [], dtype: 'float32' } }, ({ zero = tf.scalar(0) }) => ({
      outputs: { zero },
      updates: new Map(
        optimizer.parts.flatMap((part) =>
          Array.from(
            state.weights,
            ([name, { shape }]) => [variableOf(part, name), tf.broadcastTo(zero, shape)] as const,
          ),
        ),
      ),
    }))
    this.program = builder.load()
    if (this.accumulated === 1) return
    const zeros = new Map(Array.from(shapes.trained, ([name, shape]) => [name, tf.fill([...shape], 0)]))
    this.write('gradients', zeros)
    tf.dispose([...zeros.values()])
  }

  train(feeds: StepFeeds): Tensor {
    const { input } = this.problem
    const entry = (name: string): string => entryOf(name, input, tokensOf(feeds))
    if (this.accumulated === 1) return this.output(entry('train'), 'scores', given(feeds))
    return tf.tidy(() => {
      const parts = Array.from({ length: this.accumulated }, (_, i) => {
        const part = given(partOfStep(feeds, i, this.accumulated))
        return tf.unstack(this.output(entry('accumulate'), 'scores', part))
      })
      return scoresOfParts(parts, this.output('apply', 'norm', given(feeds)))
    })
  }

  score(run: number, examples: Examples): Tensor {
    const { input } = evaluatedBy(this.problem)
    return tf.tidy(() => {
      const feeds = { ...given(examples), run: tf.tensor1d([run], 'int32') }
      return this.output(entryOf('score', input, tokensOf(examples)), 'scores', feeds)
    })
  }

  read(part: StatePart): Map<string, Tensor> {
    const named = this.program.read(part)
    return new Map(Array.from(named, ([name, tensor]) => [name.slice(part.length + 1), tensor]))
  }

  write(part: StatePart | 'gradients', values: ReadonlyMap<string, Tensor>): void {
    this.program.write(part, prefixed(part, values))
  }

  clear(): void {
    tf.tidy(() => void this.output('clear', 'zero', { zero: tf.scalar(0) }))
  }

  dispose(): void {
    this.program.dispose()
  }

  private output(entry: string, name: string, feeds: Readonly<Record<string, Tensor>>): Tensor {
    const output = this.program.run(entry, feeds)[name]
    if (output === undefined) throw new Error(`the entry ${entry} gave no ${name}`)
    return output
  }
}

/** How a program holds a parameter of this network. */
export const holdingOf = ({ inBfloat16 }: Network, parameter: Parameter): Holding => ({
  dtype: inBfloat16.has(parameter.name) ? 'bfloat16' : 'float32',
  transposed: isBestTransposed(parameter),
})

/** The feeds that there are. */
const given = (feeds: Readonly<Record<keyof Examples, Tensor | null>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(feeds).filter((feed): feed is [string, Tensor] => feed[1] !== null))

/** What the graph calls the variable that holds a part of a parameter; `gradients` are those of a step so far. */
const variableOf = (part: StatePart | 'gradients', name: string): string => `${part}/${name}`

const prefixed = (part: StatePart | 'gradients', values: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map(Array.from(values, ([name, tensor]) => [variableOf(part, name), tensor]))

/** What an entry is called that takes examples of so many tokens: by that number where there are several lengths. */
export const entryOf = (name: string, { paddedTo }: TaskInput, tokens: number): string =>
  paddedTo === undefined ? name : `${name}_${tokens}`

const tokensOf = ({ x }: Pick<Examples, 'x'>): number => x.shape[2] ?? 0

const perRun = (runs: number, dtype: Feed['dtype']): Feed => ({ shape: [runs], dtype })

const passFeeds = (
  problem: Problem,
  runs: number,
  examples: number,
  tokens: number,
): Record<string, Feed> => ({
  ...exampleFeeds(problem, runs, examples, tokens),
  seed: perRun(runs, 'int32'),
  step: perRun(runs, 'int32'),
})

const updateFeeds = (runs: number): Record<string, Feed> => ({
  learningRate: perRun(runs, 'float32'),
  step: perRun(runs, 'int32'),
  // A run alone is always active.
  ...(runs > 1 && { active: perRun(runs, 'bool') }),
})

/** What `Examples` holds, the lengths only where the input is padded. */
export function exampleFeeds(
  { input, objective }: Problem,
  runs: number,
  examples: number,
  tokens: number,
): Record<string, Feed> {
  const lead = [runs, examples, tokens]
  return {
    x:
      input.kind === 'vectors'
        ? { shape: [...lead, input.width], dtype: 'float32' }
        : { shape: lead, dtype: 'int32' },
    ...(input.padded && { lengths: { shape: [runs, examples], dtype: 'int32' } }),
    y: { shape: [runs, examples, objective.targets], dtype: objective.targetType },
  }
}
