import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Draws that are the same for the same seed on every machine. */
export interface Draws {
  /** Uniform among 0 … below − 1. */
  readonly int: (below: number) => number
  /** `count` different numbers among 0 … below − 1, in random order. */
  readonly sample: (count: number, below: number) => number[]
}

export function drawsFrom(seed: number): Draws {
  const random = xoroshiro128plus(seed)
  const int = (below: number): number => uniformInt(random, 0, below - 1)
  return {
    int,
    sample: (count, below) => {
      const pool = Array.from({ length: below }, (_, i) => i)
      for (let i = 0; i < count; i++) {
        const j = i + int(below - i)
        const drawn = pool[j] ?? 0
        pool[j] = pool[i] ?? 0
        pool[i] = drawn
      }
      return pool.slice(0, count)
    },
  }
}
