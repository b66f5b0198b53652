import { ProgramBuilder, type Feed, type Program, type Tensor } from '../engine'
import type { TrainingOptions } from '../run'
import { optimizerOf, type TrainedPart } from './optimizer'
import type { Examples, Problem } from './problem'
import { trainStep, type StepFeeds } from './step'
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

/** The same steps as `EagerStepper`, traced once into one TensorFlow graph that holds the group's tensors. */
export class CompiledStepper implements Stepper {
  readonly parts: readonly TrainedPart[]
  private readonly program: Program

  /** @param xla compile the arithmetic with XLA: seconds once, faster steps for small and for frozen trunks. */
  constructor(
    problem: Problem,
    training: TrainingOptions,
    shapes: GraphShapes,
    { xla }: { readonly xla: boolean },
  ) {
    const builder = new ProgramBuilder()
    const optimizer = optimizerOf(training)
    this.parts = trainedParts(optimizer)
    const { inBfloat16 } = problem.network
    const declare = (part: StatePart, of: ReadonlyMap<string, readonly number[]>): Map<string, Tensor> =>
      new Map(
        Array.from(of, ([name, shape]) => {
          const dtype = part === 'frozen' && inBfloat16.has(name) ? 'bfloat16' : 'float32'
          return [name, builder.variable(variableOf(part, name), shape, part, dtype)]
        }),
      )
    const state: GroupState = {
      frozen: declare('frozen', shapes.frozen),
      weights: declare('weights', shapes.trained),
      ...Object.fromEntries(optimizer.parts.map((part) => [part, declare(part, shapes.trained)])),
    }
    builder.entry(
      'train',
      stepFeeds(problem, shapes),
      (feeds) => {
        const definition = stepDefinition(problem, training, state.frozen)
        const given: StepFeeds = {
          ...{ active: null, lengths: null },
          ...(feeds as unknown as Omit<StepFeeds, 'active' | 'lengths'>),
        }
        const { scores, gradients } = trainStep(definition, state.weights, given)
        if (shapes.runs === 1) {
          const inPlace = optimizer.stepInPlace(state.weights, gradients, given, variableOf)
          return { outputs: { scores }, inPlace }
        }
        const next = optimizer.step(state, gradients, given)
        const updates = this.parts.flatMap((part) => [...prefixed(part, partOf(next, part))])
        return { outputs: { scores }, updates: new Map(updates) }
      },
      { xla },
    )
    builder.entry(
      'score',
      exampleFeeds(problem, shapes.runs, shapes.scoreExamples),
      (feeds) => {
        const given: Examples = { lengths: null, ...(feeds as unknown as Omit<Examples, 'lengths'>) }
        return { outputs: { scores: scoreExamples(problem, state, given) } }
      },
      { xla },
    )
    this.program = builder.load()
  }

  train({ active, lengths, ...feeds }: StepFeeds): Tensor {
    return this.scores('train', { ...feeds, ...(lengths && { lengths }), ...(active && { active }) })
  }

  score({ lengths, ...feeds }: Examples): Tensor {
    return this.scores('score', { ...feeds, ...(lengths && { lengths }) })
  }

  read(part: StatePart): Map<string, Tensor> {
    const named = this.program.read(part)
    return new Map(Array.from(named, ([name, tensor]) => [name.slice(part.length + 1), tensor]))
  }

  write(part: StatePart, values: ReadonlyMap<string, Tensor>): void {
    this.program.write(part, prefixed(part, values))
  }

  dispose(): void {
    this.program.dispose()
  }

  private scores(entry: 'train' | 'score', feeds: Readonly<Record<string, Tensor>>): Tensor {
    const { scores } = this.program.run(entry, feeds)
    if (scores === undefined) throw new Error(`the entry ${entry} gave no scores`)
    return scores
  }
}

/** What the graph calls the variable that holds a part of a parameter. */
const variableOf = (part: StatePart, name: string): string => `${part}/${name}`

const prefixed = (part: StatePart, values: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map(Array.from(values, ([name, tensor]) => [variableOf(part, name), tensor]))

function stepFeeds(problem: Problem, { runs, trainExamples }: GraphShapes): Record<string, Feed> {
  const perRun = (dtype: Feed['dtype']): Feed => ({ shape: [runs], dtype })
  return {
    ...exampleFeeds(problem, runs, trainExamples),
    learningRate: perRun('float32'),
    seed: perRun('int32'),
    step: perRun('int32'),
    // A run alone is always active.
    ...(runs > 1 && { active: perRun('bool') }),
  }
}

/** What `Examples` holds, the lengths only where the input is padded. */
function exampleFeeds({ input, objective }: Problem, runs: number, examples: number): Record<string, Feed> {
  const lead = [runs, examples, input.tokens]
  return {
    x:
      input.kind === 'vectors'
        ? { shape: [...lead, input.width], dtype: 'float32' }
        : { shape: lead, dtype: 'int32' },
    ...(input.padded && { lengths: { shape: [runs, examples], dtype: 'int32' } }),
    y: { shape: [runs, examples, objective.targets], dtype: objective.targetType },
  }
}
