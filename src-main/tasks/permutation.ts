import { createHash } from 'node:crypto'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/**
 * A uniformly drawn order of 0 … size - 1, the same for the same key on every machine. The key says what the order is
 * for ("validation split", seed; "epoch", seed, number …), so that no two uses share their draws.
 */
export function permutation(size: number, ...key: readonly (string | number)[]): Uint32Array {
  const digest = createHash('sha256').update(JSON.stringify(key)).digest()
  const state = [0, 4, 8, 12].map((offset) => digest.readInt32LE(offset))
  const random = xoroshiro128plusFromState(state)
  const order = Uint32Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i)
    const swapped = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = swapped
  }
  return order
}
