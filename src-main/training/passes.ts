import { byLength, type ExamplesOfLength } from '../tasks/padded-lengths'
import type { Split, TaskInput } from '../tasks/task'

/** Examples that go through a network together. */
export interface Pass {
  /** The last pass of a length is filled up with its last example. */
  readonly indices: Uint32Array
  /** So many at the beginning count. */
  readonly counted: number
  /** What they are padded to, where the input has several such lengths. */
  readonly tokens?: number
}

/** The lengths, in tokens, that a graph for this input has to take. */
export const lengthsOf = ({ tokens, paddedTo }: TaskInput): number[] =>
  paddedTo?.map(({ tokens }) => tokens) ?? [tokens]

/**
 * How many examples one pass takes that are padded to so many tokens: of short ones more, so that all passes are about
 * equally large.
 * @param longest how many of the input's longest
 */
export const examplesOfLength = (input: TaskInput, longest: number, tokens = input.tokens): number =>
  longest * Math.max(1, Math.floor(input.tokens / tokens))

/** A whole split, length by length where the input has several, in passes of a fixed size for each length. */
export async function passesOver(split: Split, input: TaskInput, longest: number): Promise<Iterable<Pass>> {
  const lengths = await byLength(split, input)
  return lengths === null ? inPasses(null, split.size, longest) : ofLengths(lengths, input, longest)
}

function* ofLengths(lengths: readonly ExamplesOfLength[], input: TaskInput, longest: number): Iterable<Pass> {
  for (const { tokens, examples } of lengths) {
    const size = examplesOfLength(input, longest, tokens)
    for (const pass of inPasses(examples, examples.length, size)) yield { ...pass, tokens }
  }
}

/** @param examples null: all of a split, by their numbers */
function* inPasses(examples: Uint32Array | null, count: number, size: number): Iterable<Pass> {
  for (let start = 0; start < count; start += size) {
    const indices = Uint32Array.from({ length: size }, (_, i) => {
      const place = Math.min(start + i, count - 1)
      return examples === null ? place : (examples[place] ?? 0)
    })
    yield { indices, counted: Math.min(size, count - start) }
  }
}
