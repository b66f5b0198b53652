import { currentEngine } from '../engine'
import type { RunConfig } from '../run'
import type { TrainingJob } from './messages'

/**
 * So many numbers, or a multiple, go through the processor's registers at once. What is left over at a tensor's end goes one
 * by one, where logarithms and exponentials round otherwise.
 */
export const WHOLE_ROWS = 8

/**
 * Does a run compute the same bits in its place of a group whatever the group's size is? Measured
 * (`test/training/sizes-alike.test.ts`): with Adam in plain graphs on a processor it does where every run has a multiple of 8 examples,
 * so that nothing is left over. Which place it has may matter even there: a run never changes it.
 */
export function sizesAreAlike(
  { path }: Pick<TrainingJob, 'path'>,
  { training, precision }: RunConfig,
  scoreExamples: number,
): boolean {
  const { name, device } = currentEngine()
  const isPlain = name === 'tensorflow' && device.startsWith('CPU') && path === 'graph'
  const isWhole =
    (training.batch_size / training.accumulate_steps) % WHOLE_ROWS === 0 && scoreExamples % WHOLE_ROWS === 0
  return isPlain && precision === 'float32' && training.optimizer === 'adam' && isWhole
}
