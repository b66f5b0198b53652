/**
 * What a task gives a trainer. A task owns its data, sizes and chance score in its own file;
 * nothing elsewhere asks which task it is.
 */

/** What the network reads: T vectors of width F, or T integer tokens below `vocabulary`. */
export type TaskInput = (
  | { readonly kind: 'vectors'; readonly tokens: number; readonly width: number }
  | { readonly kind: 'tokens'; readonly tokens: number; readonly vocabulary: number }
) & {
  /** Examples end at different places: what stands behind the end of one is padding, to be neither seen nor read. */
  readonly padded?: true
  /**
   * Batches are made of examples of about one length, and padded to one of these, which rise to T. Absent: all examples are
   * padded to T.
   */
  readonly paddedTo?: readonly PaddedLength[]
  /** Where a trunk has fewer positions than T: the task's options say whether the rows beyond are drawn. */
  readonly positionsBeyond?: 'refused' | 'drawn'
}

/** A length that batches are padded to, in tokens, and the share of the training examples that are padded to it. */
export interface PaddedLength {
  readonly tokens: number
  readonly share: number
}

/** What the network answers at the last token(s): one of C classes, n bits (2 logits each), or n real values. */
export type TaskOutput =
  | { readonly kind: 'classes'; readonly count: number }
  | {
      readonly kind: 'bits'
      readonly count: number
      /** Some of the bits are hidden from the input: y is [B, 2n], the bits, then for each 1 where it was hidden. */
      readonly hidden?: true
    }
  | { readonly kind: 'values'; readonly count: number }

/**
 * A block of examples, row-major. `x` is [B, T, F] floats or [B, T] tokens, T being what the batch is padded to; `y` [B] classes, [B, n] bits
 * (and [B, n] of which are hidden) or values.
 */
export interface Batch {
  readonly size: number
  readonly x: Float32Array | Int32Array
  /** [B]: the real tokens of each example, at least as many as are read; null where the input is not padded: all T. */
  readonly lengths: Int32Array | null
  readonly y: Int32Array | Float32Array
}

/** One split of a task. The same index always gives the same example. */
export interface Split {
  readonly size: number
  /**
   * Gathers the examples at `indices` in that order.
   * @param tokens what they are padded to, where the input has several such lengths; T where it is left out
   */
  batch(indices: ArrayLike<number>, tokens?: number): Batch
  /** The real tokens of every example; there where batches are made by length. */
  readonly lengths?: () => Promise<Int32Array>
}

/** What a task's options say of sequences that are longer than a trunk's position table. */
export const positionsBeyondOf = (
  options: Readonly<Record<string, unknown>>,
): NonNullable<TaskInput['positionsBeyond']> =>
  options['positions_beyond'] === 'drawn' ? 'drawn' : 'refused'

/** The i-th of the examples asked for. @throws {RangeError} where the split has none of that number */
export function exampleAt(indices: ArrayLike<number>, i: number, { size }: Pick<Split, 'size'>): number {
  const index = indices[i] ?? -1
  if (index < 0 || index >= size) throw new RangeError(`example ${index} of a split of ${size}`)
  return index
}

export interface Task {
  readonly input: TaskInput
  readonly output: TaskOutput
  /** How many of the last tokens are read (1, or `ratio` tokens per row for bit tasks). */
  readonly readTokens: number
  readonly train: Split
  /** A validation split of the task's own; null: one is carved from train by the study's protocol. */
  readonly validation: Split | null
  readonly test: Split
  /** Training examples with random changes, where the options ask for them; applied after validation is set apart. */
  readonly augment?: (train: Split) => Split
  /** What whoever trains on it should know: how much was left out. */
  readonly notes?: readonly string[]
}
