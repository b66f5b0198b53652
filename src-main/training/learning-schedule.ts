import type { TrainingOptions } from '../run'

/**
 * The share of the run's learning rate that a step (counted from 1) takes, as Hugging Face's `get_*_schedule_with_warmup`
 * have it. With `done` steps taken before it:
 *
 * - warm-up, `done < warmup_steps`: `done / warmup_steps`, so that the first step changes nothing;
 * - then, at `p = (done - warmup_steps) / (max_steps - warmup_steps)` of the way: `constant` 1, `linear` 1 - p,
 *   `cosine` (1 + cos(pi p)) / 2.
 */
export function rateShareAt(
  step: number,
  { schedule, warmup_steps, max_steps }: Pick<TrainingOptions, 'schedule' | 'warmup_steps' | 'max_steps'>,
): number {
  const done = step - 1
  if (done < warmup_steps) return done / warmup_steps
  const progress = (done - warmup_steps) / Math.max(1, max_steps - warmup_steps)
  switch (schedule) {
    case 'constant':
      return 1
    case 'linear':
      return Math.max(0, 1 - progress)
    case 'cosine':
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)))
  }
}
