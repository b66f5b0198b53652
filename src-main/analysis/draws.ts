import { isImported } from '../run'
import type { RunRecord } from '../run'
import { rememberText } from './text-of'

/** How differences are taken: Welch, paired by seed, or paired where that is justified. */
export const PAIRINGS = ['auto', 'welch', 'paired'] as const
export type Pairing = (typeof PAIRINGS)[number]

/**
 * Numbers runs (by id) by what chance decided of them: the validation split, the order of the batches, and the first values
 * of input layer and readout, which all follow from the task, the model's shape, the seed and a few options. Two runs with
 * one number share all of it, whatever their settings and rates. Imported runs have none: it is not known of them.
 */
export function numberDraws(runs: readonly RunRecord[]): ReadonlyMap<string, number> {
  const text = rememberText()
  const keys = new Map<string, string>()
  for (const { id, config, seed } of runs) {
    if (isImported(config)) continue
    const { task, model, training, validation, start_from } = config
    keys.set(id, [text(task), text(model), text(training), text(validation), start_from, seed].join())
  }
  const numbers = new Map([...new Set(keys.values())].sort().map((key, number) => [key, number]))
  return new Map(Array.from(keys, ([id, key]) => [id, numbers.get(key) ?? 0]))
}
