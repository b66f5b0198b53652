import type { RunConfig } from '../run'
import { byLength, type ExamplesOfLength } from '../tasks/padded-lengths'
import { permutation } from '../tasks/permutation'
import type { Split, TaskInput } from '../tasks/task'

/** Which examples a run sees at which step (counted from 1): a function of its seed and the step alone. */
export interface BatchOrder {
  /** Writes the examples of a step to `target`. */
  fill(step: number, target: Uint32Array): void
  /** What they are padded to, in tokens, the same for every run; undefined: all of a task are padded alike. */
  tokensAt(step: number): number | undefined
}

/** How the runs of a job come by their batches; a study that wants file order is refused batches by length. */
export async function batchOrders(
  input: Pick<TaskInput, 'paddedTo'>,
  train: Split,
): Promise<(config: Pick<RunConfig, 'training' | 'seed'>) => BatchOrder> {
  const lengths = await byLength(train, input)
  return ({ training: { batch_size, shuffle }, seed }) =>
    lengths === null
      ? new DataOrder(train.size, batch_size, seed, shuffle)
      : new LengthOrder(lengths, batch_size, seed)
}

/**
 * Epochs follow each other without a gap: a batch may end one and begin the next. A resumed run goes on exactly where it
 * was.
 */
export class DataOrder implements BatchOrder {
  #epoch = -1
  #order: Uint32Array | null = null

  /**
   * Without `shuffle` examples come in file order, wrapping around.
   * @param stream one of several orders of a seed
   */
  constructor(
    private readonly size: number,
    private readonly batchSize: number,
    private readonly seed: number,
    private readonly shuffle: boolean,
    private readonly stream: readonly (string | number)[] = [],
  ) {}

  fill(step: number, target: Uint32Array): void {
    const start = (step - 1) * this.batchSize
    for (let i = 0; i < this.batchSize; i++) {
      const position = start + i
      target[i] = this.#at(Math.floor(position / this.size), position % this.size)
    }
  }

  tokensAt(): undefined {
    return undefined
  }

  #at(epoch: number, position: number): number {
    if (!this.shuffle) return position
    if (this.#order === null || epoch !== this.#epoch) {
      this.#order = permutation(this.size, 'epoch', this.seed, epoch, ...this.stream)
      this.#epoch = epoch
    }
    return this.#order[position] ?? 0
  }
}

/**
 * Batches of examples of about one length. Which length a step has is the same for all runs of a task, whatever their
 * seeds, so that those of a group have the same shape at the same step, and a run has it alone too; the seed says which
 * examples of that length it sees. Each length has passes of its own, without a gap between them.
 */
export class LengthOrder implements BatchOrder {
  readonly #schedule: LengthSchedule
  readonly #orders: readonly DataOrder[]

  constructor(
    private readonly lengths: readonly ExamplesOfLength[],
    batchSize: number,
    seed: number,
  ) {
    const sizes = lengths.map(({ examples }) => examples.length)
    this.#schedule = new LengthSchedule(sizes, batchSize)
    this.#orders = sizes.map((size, i) => new DataOrder(size, batchSize, seed, true, ['length', i]))
  }

  fill(step: number, target: Uint32Array): void {
    const { length, batch } = this.#schedule.at(step)
    const { examples = new Uint32Array() } = this.lengths[length] ?? {}
    this.#orders[length]?.fill(batch, target)
    for (let i = 0; i < target.length; i++) target[i] = examples[target[i] ?? 0] ?? 0
  }

  tokensAt(step: number): number | undefined {
    return this.lengths[this.#schedule.at(step).length]?.tokens
  }
}

/**
 * Which length has its turn at a step. In a pass over the data every length has as many batches as its examples fill; what
 * is left over waits for the next pass, so that at the end of none a length is more than a batch behind its share. Their
 * order within a pass is drawn, the same for everyone.
 */
export class LengthSchedule {
  #pass = -1
  /** The first step of the pass, counted from 0; the length of each of its steps, and which batch of the pass it is there. */
  #start = 0
  #turns: readonly number[] = []
  #batches: readonly number[] = []

  /** @param sizes how many examples each length has */
  constructor(
    private readonly sizes: readonly number[],
    private readonly batchSize: number,
  ) {}

  /** The length at a step (counted from 1), by its place, and which of that length's batches it is (from 1). */
  at(step: number): { readonly length: number; readonly batch: number } {
    const index = step - 1
    if (index < this.#start || index >= this.#start + this.#turns.length) this.#enter(this.#passOf(index))
    const length = this.#turns[index - this.#start] ?? 0
    return {
      length,
      batch: this.#before(length, this.#pass) + (this.#batches[index - this.#start] ?? 0),
    }
  }

  /** Batches of a length before a pass. */
  #before(length: number, pass: number): number {
    return Math.floor((pass * (this.sizes[length] ?? 0)) / this.batchSize)
  }

  #stepsBefore(pass: number): number {
    return this.sizes.reduce((sum, _, length) => sum + this.#before(length, pass), 0)
  }

  #passOf(index: number): number {
    const examples = this.sizes.reduce((sum, size) => sum + size, 0)
    // No length is ahead of its share, so this pass is not too late.
    let pass = Math.floor((index * this.batchSize) / examples)
    while (this.#stepsBefore(pass + 1) <= index) pass++
    return pass
  }

  #enter(pass: number): void {
    const inOrder = this.sizes.flatMap((_, length) => {
      const batches = this.#before(length, pass + 1) - this.#before(length, pass)
      return Array.from({ length: batches }, () => length)
    })
    const order = permutation(inOrder.length, 'batch lengths', pass)
    const had = this.sizes.map(() => 0)
    this.#pass = pass
    this.#start = this.#stepsBefore(pass)
    this.#turns = Array.from(order, (place) => inOrder[place] ?? 0)
    this.#batches = this.#turns.map((length) => (had[length] = (had[length] ?? 0) + 1))
  }
}
