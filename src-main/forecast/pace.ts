import type { CellFacts } from '../library/describe-cells'
import type { RunConfig } from '../run'

/** How fast a fused group goes, all its runs together. */
export interface GroupPace {
  /** One step of every run. */
  readonly stepSeconds: number
  /** Scoring one example by every run. */
  readonly scoreSeconds: number
  /** Loading, tracing and the first step; paid once for the groups of a cell. */
  readonly startSeconds: number
  /** The worker's memory at its highest; null where it could not be read. */
  readonly peakBytes: number | null
}

/** Seconds that `steps` steps of a group take, with their evaluations and the reading of the test split. */
export function groupSeconds(pace: GroupPace, cell: CellFacts, config: RunConfig, steps: number): number {
  const { training, validation, test } = config
  const evaluations =
    validatedExamples(cell, config) === 0 ? 0 : Math.ceil(training.max_steps / validation.every)
  const share = steps / training.max_steps
  const scored =
    share * evaluations * validatedExamples(cell, config) + countOf(test.examples, cell.taskFacts.sizes.test)
  return steps * pace.stepSeconds + scored * pace.scoreSeconds
}

/** Examples of one evaluation on validation. */
export function validatedExamples({ taskFacts: { sizes } }: CellFacts, { validation }: RunConfig): number {
  const held = sizes.validation ?? Math.round(sizes.train * validation.fraction)
  return countOf(validation.examples, held)
}

const countOf = (examples: number | 'all', size: number): number =>
  examples === 'all' ? size : Math.min(examples, size)
