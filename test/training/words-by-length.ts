import type { Split, Task, TaskInput } from '../../src-main/tasks/task'

/** Sequences of 1 to 6 of seven words, which follow from their number: short ones more often. */
class WordSplit implements Split {
  readonly lengths?: () => Promise<Int32Array>
  readonly #real: Int32Array

  constructor(
    readonly size: number,
    private readonly salt: number,
    isByLength: boolean,
  ) {
    this.#real = Int32Array.from(
      { length: size },
      (_, i) => 1 + ((((i * 7 + salt) % 11) * ((i + salt) % 5)) % 6),
    )
    if (isByLength) this.lengths = () => Promise.resolve(this.#real)
  }

  batch(indices: ArrayLike<number>, tokens = TOKENS): ReturnType<Split['batch']> {
    const examples = Array.from(indices)
    const x = new Int32Array(examples.length * tokens)
    examples.forEach((example, i) => {
      const length = this.#real[example] ?? 0
      if (length > tokens) throw new Error(`example ${example} has ${length} tokens, a batch of ${tokens}`)
      for (let t = 0; t < length; t++) x[i * tokens + t] = 1 + ((example * 3 + t * t + this.salt) % 6)
    })
    return {
      size: examples.length,
      x,
      lengths: Int32Array.from(examples, (example) => this.#real[example] ?? 0),
      y: Int32Array.from(examples, (example, i) => ((x[i * tokens] ?? 0) + (this.#real[example] ?? 0)) % 3),
    }
  }
}

const [SHORT, TOKENS] = [3, 6]

/** A task of padded sequences, its batches by length or mixed: the same examples. */
export async function wordsTask(batches: 'by-length' | 'mixed'): Promise<Task> {
  const isByLength = batches === 'by-length'
  const train = new WordSplit(70, 1, isByLength)
  const real = (await new WordSplit(70, 1, true).lengths?.()) ?? new Int32Array()
  const share = real.filter((length) => length <= SHORT).length / real.length
  const paddedTo = [
    { tokens: SHORT, share },
    { tokens: TOKENS, share: 1 - share },
  ]
  const input: TaskInput = {
    ...{ kind: 'tokens', tokens: TOKENS, vocabulary: 7, padded: true },
    ...(isByLength && { paddedTo }),
  }
  return {
    ...{ input, output: { kind: 'classes', count: 3 }, readTokens: 1 },
    ...{ train, validation: new WordSplit(29, 40, isByLength), test: new WordSplit(31, 90, isByLength) },
  }
}
