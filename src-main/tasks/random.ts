import { createHash } from 'node:crypto'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/**
 * Random numbers that follow from a key, the same on every machine. The key says what they are for ("validation
 * split", seed; "epoch", seed, number …), so that no two uses share their draws.
 */
export function randomFor(...key: readonly (string | number)[]): RandomGenerator {
  const digest = createHash('sha256').update(JSON.stringify(key)).digest()
  return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)))
}
