import { formatCount } from '../analysis/wording'
import type { TrainingOptions } from '../run'
import { PAPER } from '../study/defaults'
import { formatRate } from '../study/rates'

/** "AdamW (betas 0.9 and 0.999, epsilon 1e-8, weight decay 0.01)" */
export function sayOptimizer({ optimizer, weight_decay, momentum, betas, eps }: TrainingOptions): string {
  const decay = weight_decay === 0 ? 'no weight decay' : `weight decay ${formatRate(weight_decay)}`
  if (optimizer === 'sgd') {
    return `SGD (${momentum === 0 ? 'no momentum' : `momentum ${momentum}`}, ${decay})`
  }
  const name = optimizer === 'adamw' ? 'AdamW' : 'Adam'
  return `${name} (betas ${betas[0]} and ${betas[1]}, epsilon ${formatRate(eps)}, ${decay})`
}

/** ", a warm-up of 500 steps and a cosine schedule to 0 at the last step"; nothing where the rate stays. */
export function saySchedule({ schedule, warmup_steps, label_smoothing }: TrainingOptions): string {
  return [
    ...(warmup_steps > 0 ? [`, a warm-up over ${formatCount(warmup_steps)} steps`] : []),
    ...(schedule === 'constant'
      ? []
      : [`, a ${schedule} schedule of the learning rate to 0 at the last step`]),
    ...(label_smoothing > 0 ? [`, labels smoothed by ${label_smoothing}`] : []),
  ].join('')
}

/**
 * Where training departs from what Rothermel et al. 2021 used, as far as they say it, option by option:
 * "dropout 0 (theirs: 0.1)".
 */
export const departuresFromPaper = (training: TrainingOptions): string[] =>
  Object.entries(PAPER).flatMap(([key, theirs]) => {
    const [part, option = ''] = key.split('.')
    if (part !== 'training') return []
    const ours = training[option as keyof TrainingOptions]
    return ours === theirs ? [] : [`${option.replaceAll('_', ' ')} ${say(ours)} (theirs: ${say(theirs)})`]
  })

const say = (value: unknown): string => (typeof value === 'number' ? formatRate(value) : String(value))
