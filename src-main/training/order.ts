import { permutation } from '../tasks/permutation'

/**
 * Which examples a run sees at which step. Epochs follow each other without a gap: a batch may end one and begin the
 * next. The order is a function of (seed, step) alone, so a resumed run goes on exactly where it was.
 */
export class DataOrder {
  #epoch = -1
  #order: Uint32Array | null = null

  /** Without `shuffle` examples come in file order, wrapping around. */
  constructor(
    private readonly size: number,
    private readonly batchSize: number,
    private readonly seed: number,
    private readonly shuffle: boolean,
  ) {}

  /** Writes the examples of a step (counted from 1) to `target`. */
  fill(step: number, target: Uint32Array): void {
    const start = (step - 1) * this.batchSize
    for (let i = 0; i < this.batchSize; i++) {
      const position = start + i
      target[i] = this.#at(Math.floor(position / this.size), position % this.size)
    }
  }

  #at(epoch: number, position: number): number {
    if (!this.shuffle) return position
    if (this.#order === null || epoch !== this.#epoch) {
      this.#order = permutation(this.size, 'epoch', this.seed, epoch)
      this.#epoch = epoch
    }
    return this.#order[position] ?? 0
  }
}
