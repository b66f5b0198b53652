import { currentEngine } from '../engine'
import type { RunConfig } from '../run'
import { CompiledStepper } from './compiled-stepper'
import { KeptGraphs } from './kept-graphs'
import type { TrainingJob } from './messages'
import type { Problem } from './problem'
import type { StepFeeds } from './step'
import { EagerStepper, type GraphShapes, type Stepper } from './stepper'

/**
 * What takes the steps of a group of runs with this configuration (their rates and seeds apart): one compiled graph on
 * TensorFlow, single operations on an engine that has no graphs. The stepper is the caller's until it is disposed of.
 */
export function chooseStepper(
  problem: Problem,
  { path }: Pick<TrainingJob, 'path'>,
  config: RunConfig,
  shapes: GraphShapes,
  warn: (message: string) => void,
): Stepper {
  if (currentEngine().name !== 'tensorflow') return new EagerStepper(problem, config.training)
  const graph = (xla: boolean): CompiledStepper =>
    new CompiledStepper(problem, config.training, shapes, { xla })
  const keys = { graph: graphKey(problem, path, config, shapes), frozen: frozenKey(problem, config) }
  return keptGraphs.lend(keys, bytesOf(shapes), () =>
    // XLA computes products in bfloat16 no faster than in float32.
    path === 'xla' && config.precision !== 'bf16'
      ? new WithFallback(graph(true), () => graph(false), warn)
      : graph(false),
  )
}

/** Of this worker. */
const keptGraphs = new KeptGraphs()

/** Weights, and two moments of what trains. */
const bytesOf = ({ frozen, trained }: GraphShapes): number => 4 * (numbersIn(frozen) + 3 * numbersIn(trained))

const numbersIn = (shapes: GraphShapes['frozen']): number =>
  [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((product, extent) => product * extent, 1), 0)

/** XLA compiles a graph when it is first run. Where that fails, the plain graph goes on from the same state. */
export class WithFallback implements Stepper {
  readonly hasFrozen = false

  constructor(
    private stepper: Stepper,
    private plain: (() => Stepper) | null,
    private readonly warn: (message: string) => void,
  ) {}

  get parts(): Stepper['parts'] {
    return this.stepper.parts
  }

  train(feeds: StepFeeds): ReturnType<Stepper['train']> {
    return this.attempt((stepper) => stepper.train(feeds))
  }

  score(...given: Parameters<Stepper['score']>): ReturnType<Stepper['score']> {
    return this.attempt((stepper) => stepper.score(...given))
  }

  read(...[part]: Parameters<Stepper['read']>): ReturnType<Stepper['read']> {
    return this.stepper.read(part)
  }

  write(...[part, values]: Parameters<Stepper['write']>): void {
    this.stepper.write(part, values)
  }

  clear(): void {
    this.stepper.clear()
  }

  dispose(): void {
    this.stepper.dispose()
  }

  private attempt<T>(work: (stepper: Stepper) => T): T {
    try {
      return work(this.stepper)
    } catch (error) {
      if (this.plain === null) throw error
      const reason = error instanceof Error ? error.message : String(error)
      this.warn(`XLA cannot compile these steps; the plain graph takes them: ${reason}`)
      const plain = this.plain()
      this.plain = null
      for (const part of ['frozen', ...this.parts] as const) {
        const values = this.stepper.read(part)
        plain.write(part, values)
        for (const tensor of values.values()) tensor.dispose()
      }
      this.stepper.dispose()
      this.stepper = plain
      return work(plain)
    }
  }
}

/** Equal for two groups of one graph where its frozen weights are equal. */
function frozenKey({ network }: Problem, { setting, seed, start_from }: RunConfig): string {
  const { parameters, drawn } = network
  const followsSeed = parameters.some(({ name, trained }) => !trained && drawn.has(name))
  return JSON.stringify({ init: setting.init, start_from, seed: followsSeed ? seed : null })
}

/** Equal where everything is equal that the graph has fixed; weights, frozen ones too, are written into it. */
function graphKey(
  { input, objective, evaluated }: Problem,
  path: TrainingJob['path'],
  { model, task, training, precision }: RunConfig,
  shapes: GraphShapes,
): string {
  // How long a run trains, on what in which order and at which rates, is not in the graph.
  const fed = { max_steps: 0, shuffle: true, schedule: 'constant', warmup_steps: 0 }
  const graph = { ...training, ...fed }
  const { targets, targetType } = objective
  return JSON.stringify({
    path,
    model,
    task,
    input,
    evaluated: evaluated?.input,
    targets,
    targetType,
    training: graph,
    precision,
    shapes: { ...shapes, frozen: [...shapes.frozen], trained: [...shapes.trained] },
  })
}
