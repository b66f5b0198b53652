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
  const shorts = new Map<string, number>()
  /** A short word for a part's text: what very many runs have in common is not joined for each of them. */
  const short = (part: object): number => {
    const known = shorts.get(text(part)) ?? shorts.size
    shorts.set(text(part), known)
    return known
  }
  const drawn = new Map<string, string>()
  const keys = new Map<string, string>()
  for (const { id, config, seed } of runs) {
    if (isImported(config)) continue
    const { task, model, training, validation, start_from } = config
    const parts = [task, model, training, validation]
    const word = [...parts.map(short), start_from, seed].join()
    if (!keys.has(word)) keys.set(word, [...parts.map(text), start_from, seed].join())
    drawn.set(id, word)
  }
  const sorted = Array.from(keys).sort(([, a], [, b]) => (a < b ? -1 : 1))
  const numbers = new Map(sorted.map(([word], number) => [word, number]))
  return new Map(Array.from(drawn, ([id, word]) => [id, numbers.get(word) ?? 0]))
}
