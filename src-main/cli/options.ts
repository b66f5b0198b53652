import { PAIRINGS } from '../analysis/draws'
import type { Pairing } from '../analysis/draws'
import { InputError } from '../errors'

/** A learning rate given as an option; undefined where it was not given. */
export function rateOption(text: string | undefined, field: string): number | undefined {
  if (text === undefined) return undefined
  const rate = Number(text)
  if (rate > 0 && rate <= 100) return rate
  throw new InputError(`found '${text}', expected a learning rate such as 1e-4`, { field })
}

/** How differences are taken; undefined where it was not given. */
export function pairingOption(text: string | undefined): Pairing | undefined {
  if (text === undefined) return undefined
  const pairing = PAIRINGS.find((each) => each === text)
  if (pairing !== undefined) return pairing
  throw new InputError(`found '${text}', expected ${PAIRINGS.join(', ')}`, { field: '--pairing' })
}

export const PAIRING_HELP =
  'differences between settings: auto (paired by seed where both share split, order and first values), welch or paired'

/** The words of a list with commas. */
export function wordsOption<Word extends string>(
  text: string,
  known: readonly Word[],
  field: string,
): Word[] {
  return text.split(',').map((part) => {
    const word = known.find((each) => each === part.trim())
    if (word === undefined)
      throw new InputError(`found '${part.trim()}', expected ${known.join(', ')}`, { field })
    return word
  })
}
