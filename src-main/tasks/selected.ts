import type { Batch, Split } from './task'

/** Some examples of another split, under new numbers. */
export class Selected implements Split {
  constructor(
    private readonly from: Split,
    private readonly chosen: Uint32Array,
  ) {}

  get size(): number {
    return this.chosen.length
  }

  batch(indices: ArrayLike<number>): Batch {
    return this.from.batch(Uint32Array.from(indices, (index) => this.#at(index)))
  }

  #at(index: number): number {
    const original = this.chosen[index]
    if (original === undefined) throw new RangeError(`example ${index} of a split of ${this.size}`)
    return original
  }
}
