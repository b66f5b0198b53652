import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { randomFor } from './random'

/** A uniformly drawn order of 0 … size - 1, the same for the same key on every machine. */
export function permutation(size: number, ...key: readonly (string | number)[]): Uint32Array {
  const random = randomFor(...key)
  const order = Uint32Array.from({ length: size }, (_, i) => i)
  for (let i = size - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i)
    const swapped = order[i] ?? 0
    order[i] = order[j] ?? 0
    order[j] = swapped
  }
  return order
}
