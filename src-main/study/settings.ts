import { PARTS, type Setting } from '../run'

/** FPT's freeze rule: what `frozen-*` settings still train. */
const FROZEN = ['input', 'output', 'layer_norm', 'positions'] as const

/**
 * The settings that have a name. The first four are the question of the papers; `output-only` to `output+ln+input`
 * are FPT's ablations on the pretrained trunk; `frozen-statistics` draws the trunk from normal distributions with the
 * mean and deviation of each pretrained tensor.
 */
export const NAMED_SETTINGS: readonly Setting[] = [
  { name: 'frozen-pretrained', init: 'pretrained', train: FROZEN },
  { name: 'frozen-random', init: 'random', train: FROZEN },
  { name: 'unfrozen-pretrained', init: 'pretrained', train: PARTS },
  { name: 'unfrozen-random', init: 'random', train: PARTS },
  { name: 'output-only', init: 'pretrained', train: ['output'] },
  { name: 'output+ln', init: 'pretrained', train: ['output', 'layer_norm'] },
  { name: 'output+ln+input', init: 'pretrained', train: ['output', 'layer_norm', 'input'] },
  { name: 'frozen-statistics', init: 'statistics', train: FROZEN },
]

export const MAIN_SETTINGS: readonly string[] = NAMED_SETTINGS.slice(0, 4).map(({ name }) => name)

/** What is trained, in the one order that keys are made of; `last_layers` last. */
export function canonicalTrain(train: Setting['train']): Setting['train'] {
  const parts = PARTS.filter((part) => train.includes(part))
  return [...parts, ...train.filter((entry) => typeof entry === 'object')]
}
