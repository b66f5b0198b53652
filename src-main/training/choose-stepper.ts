import { currentEngine } from '../engine'
import type { RunConfig } from '../run'
import { CompiledStepper } from './compiled-stepper'
import type { Problem } from './problem'
import { EagerStepper, type GraphShapes, type Stepper } from './stepper'

/**
 * What takes the steps of a group of runs with this configuration (their rates and seeds apart): one compiled graph on
 * TensorFlow, single operations on an engine that has no graphs. The stepper is the caller's until it is disposed of.
 *
 * XLA is left off: on a CPU it gained little or nothing and takes seconds to compile (docs/performance.md).
 */
export function chooseStepper(problem: Problem, config: RunConfig, shapes: GraphShapes): Stepper {
  if (currentEngine().name !== 'tensorflow') return new EagerStepper(problem, config.training)
  const key = graphKey(problem, config, shapes)
  if (kept?.key !== key) {
    kept?.stepper.dispose()
    kept = { key, stepper: new CompiledStepper(problem, config.training, shapes, { xla: false }) }
  }
  return lend(kept.stepper)
}

/** The newest graph of this worker: the groups of a cell follow each other, and tracing and loading it takes a while. */
let kept: { readonly key: string; readonly stepper: CompiledStepper } | null = null

/** A stepper whose disposal gives it back. */
const lend = (stepper: CompiledStepper): Stepper => ({
  train: (feeds) => stepper.train(feeds),
  score: (x, y) => stepper.score(x, y),
  read: (part) => stepper.read(part),
  write: (part, values) => stepper.write(part, values),
  dispose: () => undefined,
})

/** Equal where everything is equal that the graph has fixed; weights, frozen ones too, are written anew for every group. */
function graphKey(
  { input, objective }: Problem,
  { model, task, training }: RunConfig,
  shapes: GraphShapes,
): string {
  const { batch_size, dropout, grad_clip } = training
  const { targets, targetType } = objective
  return JSON.stringify({
    model,
    task,
    input,
    targets,
    targetType,
    training: { batch_size, dropout, grad_clip },
    shapes: { ...shapes, frozen: [...shapes.frozen], trained: [...shapes.trained] },
  })
}
