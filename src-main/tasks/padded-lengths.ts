import type { PaddedLength, Split, TaskInput } from './task'

/** Every length is a graph of its own, which takes a while to load; of more than these the gain is small. */
const MOST_LENGTHS = 4
/** The lengths to choose among: quantiles, where there are more. */
const MOST_CANDIDATES = 256

/**
 * The few lengths that batches are padded to where each holds examples of about one length: those that add the least
 * padding to the training examples.
 * @param lengths real tokens of training examples
 * @param longest tokens of the longest example of any split; the last of the lengths
 */
export function paddedLengths(lengths: ArrayLike<number>, longest: number): PaddedLength[] {
  const sorted = Float64Array.from(lengths).sort()
  const ends = candidates(sorted, longest)
  /** Examples of at most so many tokens. */
  const below = ends.map((end) => countUpTo(sorted, end))
  const examples = (first: number, last: number): number => (below[last] ?? 0) - (below[first - 1] ?? 0)
  // best[n][i]: fewest tokens of the examples up to the i-th candidate, in n + 1 lengths, and where the last one begins.
  let best = ends.map((end, i) => ({ tokens: end * examples(0, i), from: [0] }))
  for (let n = 1; n < MOST_LENGTHS; n++) {
    const fewer = best
    best = ends.map((end, i) => {
      let found = fewer[i] ?? { tokens: Infinity, from: [0] }
      for (let first = 1; first <= i; first++) {
        const before = fewer[first - 1]
        const tokens = (before?.tokens ?? 0) + end * examples(first, i)
        if (tokens < found.tokens) found = { tokens, from: [...(before?.from ?? []), first] }
      }
      return found
    })
  }
  const starts = best.at(-1)?.from ?? [0]
  return starts.map((first, n) => {
    const last = (starts[n + 1] ?? ends.length) - 1
    return { tokens: ends[last] ?? longest, share: examples(first, last) / sorted.length }
  })
}

/** Lengths that occur, rising, no more than can be compared; the longest is the last. */
function candidates(sorted: Float64Array, longest: number): number[] {
  const occurring = [...new Set(sorted)]
  const few = Array.from({ length: MOST_CANDIDATES }, (_, i) => {
    return sorted[Math.ceil(((i + 1) * sorted.length) / MOST_CANDIDATES) - 1] ?? longest
  })
  return [...new Set([...(occurring.length > MOST_CANDIDATES ? few : occurring), longest])]
}

/** How many of the sorted numbers are at most this. */
function countUpTo(sorted: Float64Array, most: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) <= most) low = middle + 1
    else high = middle
  }
  return low
}

/** Examples that are padded to one length, by their numbers. */
export interface ExamplesOfLength {
  readonly tokens: number
  readonly examples: Uint32Array
}

/** What splits were grouped into, each for the lengths that it was last grouped by: evaluations ask again and again. */
const grouped = new WeakMap<
  Split,
  { readonly paddedTo: readonly PaddedLength[]; readonly examples: Promise<ExamplesOfLength[]> }
>()

/** The examples of a split by the length that they are padded to, in the order of the lengths; null where all are padded alike. */
export async function byLength(
  split: Split,
  { paddedTo }: Pick<TaskInput, 'paddedTo'>,
): Promise<ExamplesOfLength[] | null> {
  if (paddedTo === undefined || split.lengths === undefined) return null
  const known = grouped.get(split)
  if (known?.paddedTo === paddedTo) return known.examples
  const examples = split.lengths().then((lengths) => inGroups(lengths, paddedTo))
  grouped.set(split, { paddedTo, examples })
  // A failure is not kept.
  examples.catch(() => grouped.delete(split))
  return examples
}

function inGroups(lengths: Int32Array, paddedTo: readonly PaddedLength[]): ExamplesOfLength[] {
  let shorter = 0
  return paddedTo.map(({ tokens }) => {
    const examples = Uint32Array.from(lengths.keys()).filter((i) => {
      const length = lengths[i] ?? 0
      return length > shorter && length <= tokens
    })
    shorter = tokens
    return { tokens, examples }
  })
}
