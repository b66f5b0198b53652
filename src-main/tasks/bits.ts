import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { randomFor } from './random'
import { exampleAt } from './task'
import type { Batch, Split, Task } from './task'

/**
 * FPT's two bit tasks. FPT draws a fresh batch at every step, has no test set and no seed; here an example follows from
 * its split and number, so that batches repeat, and validation and test are streams of their own.
 */

/** More training examples than a run of 4e5 steps sees at batch size 8. */
const TRAIN_SIZE = 2 ** 22
const HELD_OUT_SIZE = 10_000

interface Sizes {
  /** Bits of a pattern. */
  readonly n: number
  readonly patterns: number
  /** Bits of a token. */
  readonly patch: number
  /** Chance of a bit to be hidden, where the task hides some. */
  readonly mask: number
}

/** Writes one example: the sequence to `x`; to `y` n bits and, where the task hides some of them, n times whether. */
type Example = (bits: Bits, sizes: Sizes, x: Float32Array, y: Int32Array) => void

/**
 * Bit memory: `patterns` of n bits in {-1, +1}, then one of them again with each bit hidden (0) by the chance `mask`, one half
 * in FPT; the answer is the whole of it. A trunk that only copies what is shown then reaches 75 %, and half of the hidden bits.
 */
export const openBitMemory = (source: TaskSource): Promise<Task> =>
  openBits(source, { queries: 1, hides: true }, (bits, { n, patterns, mask }, x, y) => {
    for (let i = 0; i < patterns * n; i++) x[i] = bits.next() === 1 ? 1 : -1
    const query = bits.below(patterns)
    for (let i = 0; i < n; i++) {
      const value = x[query * n + i] ?? 0
      const isShown = bits.isBelow(1 - mask)
      x[patterns * n + i] = isShown ? value : 0
      y[i] = value > 0 ? 1 : 0
      y[n + i] = isShown ? 0 : 1
    }
  })

/** Bit xor: `patterns` of n bits in {0, 1}; the answer is their exclusive or, bit by bit, of which none is shown. */
export const openBitXor = (source: TaskSource): Promise<Task> =>
  openBits(source, { queries: 0, hides: false }, (bits, { n, patterns }, x, y) => {
    for (let i = 0; i < patterns * n; i++) {
      const bit = bits.next()
      x[i] = bit
      y[i % n] = (y[i % n] ?? 0) ^ bit
    }
  })

/** Rows of n bits become n / patch tokens each; the answer is read at the tokens of the last row. */
function openBits(
  source: TaskSource,
  { queries, hides }: { readonly queries: number; readonly hides: boolean },
  example: Example,
): Promise<Task> {
  const sizes = sizesOf(source)
  const { n, patterns, patch } = sizes
  const values = (patterns + queries) * n
  const split = (name: string, size: number): Split =>
    new GeneratedSplit(source.kind, name, size, sizes, values, hides ? 2 * n : n, example)
  return Promise.resolve({
    input: { kind: 'vectors', tokens: values / patch, width: patch },
    output: { kind: 'bits', count: n, ...(hides && { hidden: true }) },
    readTokens: n / patch,
    train: split('train', TRAIN_SIZE),
    validation: split('validation', HELD_OUT_SIZE),
    test: split('test', HELD_OUT_SIZE),
  })
}

class GeneratedSplit implements Split {
  constructor(
    private readonly kind: string,
    private readonly name: string,
    readonly size: number,
    private readonly sizes: Sizes,
    private readonly values: number,
    private readonly targets: number,
    private readonly example: Example,
  ) {}

  batch(indices: ArrayLike<number>): Batch {
    const { values, targets, sizes } = this
    const x = new Float32Array(indices.length * values)
    const y = new Int32Array(indices.length * targets)
    for (let i = 0; i < indices.length; i++) {
      const index = exampleAt(indices, i, this)
      const bits = new Bits(this.kind, this.name, index)
      const answer = y.subarray(i * targets, (i + 1) * targets)
      this.example(bits, sizes, x.subarray(i * values, (i + 1) * values), answer)
    }
    return { size: indices.length, x, lengths: null, y }
  }
}

const HALF = 0.5

/** Random bits, 32 from each draw. */
class Bits {
  readonly #random
  #word = 0
  #left = 0

  constructor(...key: readonly (string | number)[]) {
    this.#random = randomFor(...key)
  }

  next(): 0 | 1 {
    if (this.#left === 0) {
      this.#word = this.#random.next()
      this.#left = 32
    }
    const bit = (this.#word & 1) as 0 | 1
    this.#word >>>= 1
    this.#left--
    return bit
  }

  /** True with this chance. One half takes a bit, any other a number. */
  isBelow(chance: number): boolean {
    if (chance === HALF) return this.next() === 1
    return (this.#random.next() >>> 0) / 2 ** 32 < chance
  }

  /** A whole number below `count`, each as likely. */
  below(count: number): number {
    const most = Math.floor(2 ** 32 / count) * count
    for (;;) {
      const draw = this.#random.next() >>> 0
      if (draw < most) return draw % count
    }
  }
}

function sizesOf({ options }: TaskSource): Sizes {
  const whole = (name: 'n' | 'patterns' | 'patch'): number => {
    const value = options[name]
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
    throw new InputError(`found ${value}, expected a whole number`, { field: `task.${name}` })
  }
  const { mask = HALF } = options
  if (typeof mask !== 'number' || !(mask >= 0 && mask <= 1))
    throw new InputError(`found ${mask}, expected a number from 0 to 1`, { field: 'task.mask' })
  const sizes = { n: whole('n'), patterns: whole('patterns'), patch: whole('patch'), mask }
  if (sizes.n % sizes.patch !== 0) {
    throw new InputError(`found ${sizes.patch}, expected a whole number that divides n, ${sizes.n}`, {
      field: 'task.patch',
    })
  }
  return sizes
}
