import type { Batch, Split } from './task'

/** Some examples of another split, under new numbers. */
export class Selected implements Split {
  readonly lengths?: () => Promise<Int32Array>

  constructor(
    private readonly from: Split,
    private readonly chosen: Uint32Array,
  ) {
    const { lengths } = from
    if (lengths === undefined) return
    this.lengths = async () => {
      const all = await lengths()
      return Int32Array.from(chosen, (example) => all[example] ?? 0)
    }
  }

  get size(): number {
    return this.chosen.length
  }

  batch(indices: ArrayLike<number>, tokens?: number): Batch {
    const chosen = Uint32Array.from(indices, (index) => this.#at(index))
    return this.from.batch(chosen, tokens)
  }

  #at(index: number): number {
    const original = this.chosen[index]
    if (original === undefined) throw new RangeError(`example ${index} of a split of ${this.size}`)
    return original
  }
}
