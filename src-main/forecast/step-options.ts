import type { TrainingOptions } from '../run'
import { keyedTraining } from '../study/later-options'

/** How long and on what a run trains says nothing of one step. */
const NOT_OF_A_STEP: readonly string[] = ['max_steps', 'shuffle', 'schedule', 'warmup_steps']

/**
 * The training options that a step's work depends on; later ones only where they are used, so that what was measured
 * before there were such options is still known.
 */
export function stepOptions(training: TrainingOptions): unknown[] {
  const { batch_size, dropout, grad_clip, optimizer, ...others } = keyedTraining(training)
  const used = Object.entries({ ...others, ...(optimizer !== 'adam' && { optimizer }) }).filter(
    ([key]) => !NOT_OF_A_STEP.includes(key),
  )
  return [batch_size, dropout, grad_clip, ...used]
}
