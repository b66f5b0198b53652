import type { RunConfig } from '../run'
import type { Problem } from './problem'
import { EagerStepper, type GraphShapes, type Stepper } from './stepper'

/** What takes the steps of a group of runs with this configuration (their rates and seeds apart). */
export function chooseStepper(problem: Problem, { training }: RunConfig, _shapes: GraphShapes): Stepper {
  return new EagerStepper(problem, training)
}
