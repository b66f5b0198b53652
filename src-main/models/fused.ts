import { tf, type Tensor } from '../engine'
import { bfloat16ByFrozen, rowsOf, scaledSoftmax } from './gradients'

/**
 * A network's operations for K runs at once. Activations are [K, N, D] with N = B * T; a weight is [K, ...] where each
 * run has its own, or without K where all share it, which the rank tells.
 */

/** How many runs, examples and tokens the activations of a pass hold. */
export interface Extent {
  readonly runs: number
  readonly examples: number
  readonly tokens: number
}

/** Which dimension of a matrix is its input: `out-in` as in PyTorch's Linear, `in-out` as in GPT-2's Conv1D. */
export type Layout = 'out-in' | 'in-out'

/**
 * [K, N, I] by a matrix to [K, N, O]. A shared matrix, or that of a single run, makes one product of K * N rows.
 * @param layout of the matrix in its file. Its shape tells whether it is held transposed.
 * @param inBfloat16 the matrix is frozen, and the product computed in bfloat16
 */
export function matrixProduct(x: Tensor, matrix: Tensor, layout: Layout, inBfloat16 = false): Tensor {
  const [runs = 0, rows = 0, width = 0] = x.shape
  const [a = 0, b = 0] = matrix.shape.slice(-2)
  const transposed = a === b ? layout === 'out-in' : b === width
  const product = (a: Tensor, b: Tensor): Tensor =>
    inBfloat16 ? bfloat16ByFrozen(a, b, transposed) : tf.matMul(a, b, false, transposed)
  if (matrix.rank === 3 && runs > 1) return product(x, matrix)
  const flat = product(tf.reshape(x, [runs * rows, width]), tf.reshape(matrix, [a, b]))
  return tf.reshape(flat, [runs, rows, transposed ? a : b])
}

/** [K, N, I] to [K, N, O]; bias [K, O] or [O]. */
export function linear(x: Tensor, matrix: Tensor, bias: Tensor, layout: Layout, inBfloat16 = false): Tensor {
  const product = matrixProduct(x, matrix, layout, inBfloat16)
  return tf.add(product, bias.rank === 2 ? tf.expandDims(bias, 1) : bias)
}

/** Some entries of the last dimension of a matrix and its bias. */
export interface Columns {
  readonly first: number
  readonly count: number
}

/** Projects by the weight and bias of a name; a frozen matrix in the precision of the run. */
export type Dense = (x: Tensor, name: string, layout: Layout, columns?: Columns) => Tensor

/** @param inBfloat16 names of the frozen matrices that are multiplied in bfloat16 */
export const denseByName =
  (weight: (name: string) => Tensor, inBfloat16: ReadonlySet<string>): Dense =>
  (x, name, layout, columns) => {
    const taken = (tensor: Tensor): Tensor => (columns === undefined ? tensor : columnsOf(tensor, columns))
    const matrix = `${name}.weight`
    return linear(x, taken(weight(matrix)), taken(weight(`${name}.bias`)), layout, inBfloat16.has(matrix))
  }

function columnsOf(x: Tensor, { first, count }: Columns): Tensor {
  const before = x.shape.slice(0, -1)
  return tf.slice(x, [...before.map(() => 0), first], [...before.map(() => -1), count])
}

/**
 * Embeds tokens by a table.
 * @param tokens int32 [K, B, T]
 * @param table [K, V, D] or [V, D]
 * @returns [K, B * T, D]
 */
export function embed(tokens: Tensor, table: Tensor): Tensor {
  const [runs = 0, examples = 0, length = 0] = tokens.shape
  const [vocabulary = 0, width = 0] = table.shape.slice(-2)
  const perRun = tf.reshape(tokens, [runs, examples * length])
  let indices = perRun
  if (table.rank === 3 && runs > 1) {
    // All runs' tables lie below each other as one.
    const offsets = Array.from({ length: runs }, (_, run) => [run * vocabulary])
    indices = tf.add(perRun, tf.tensor2d(offsets, [runs, 1], 'int32'))
  }
  const rows = rowsOf(tf.reshape(table, [-1, width]), tf.reshape(indices, [-1]))
  return tf.reshape(rows, [runs, examples * length, width])
}

/** Adds T rows of a position table ([K, P, D] or [P, D]), from row `first` on, to [K, B * T, D]. */
export function addPositions(
  x: Tensor,
  table: Tensor,
  { runs, examples, tokens }: Extent,
  first = 0,
): Tensor {
  const width = table.shape.at(-1) ?? 0
  const perRun = table.rank === 3
  const rows = perRun
    ? tf.reshape(tf.slice(table, [0, first, 0], [-1, tokens, -1]), [runs, 1, tokens, width])
    : tf.slice(table, [first, 0], [tokens, -1])
  const sum = tf.add(tf.reshape(x, [runs, examples, tokens, width]), rows)
  return tf.reshape(sum, [runs, examples * tokens, width])
}

/** Where examples end: after T tokens, or of a padded input ([K, B] int32) after as many as each has. */
export interface PaddedExtent extends Extent {
  readonly lengths: Tensor | null
}

/** The last R real tokens of each example: [K, B * T, D] to [K, B * R, D]. */
export function lastTokens(x: Tensor, pass: PaddedExtent, read: number): Tensor {
  const { runs, examples, tokens, lengths } = pass
  if (read === tokens) return x
  const width = x.shape[2] ?? 0
  if (lengths !== null) {
    const examplesStart = tf.mul(count(runs * examples), tf.scalar(tokens, 'int32')) // [K * B]
    const places = tf.add(tf.reshape(examplesStart, [-1, 1]), lastPlaces(lengths, read)) // [K * B, R]
    const rows = rowsOf(tf.reshape(x, [runs * examples * tokens, width]), tf.reshape(places, [-1]))
    return tf.reshape(rows, [runs, examples * read, width])
  }
  const last = tf.slice(
    tf.reshape(x, [runs * examples, tokens, width]),
    [0, tokens - read, 0],
    [-1, read, -1],
  )
  return tf.reshape(last, [runs, examples * read, width])
}

/** [K, B * T, D] to [K * B, H, T, D / H]. */
export function splitHeads(x: Tensor, { runs, examples, tokens }: Extent, heads: number): Tensor {
  const width = x.shape[2] ?? 0
  return tf.transpose(tf.reshape(x, [runs * examples, tokens, heads, width / heads]), [0, 2, 1, 3])
}

/** The places of each example's last R real tokens: [K * B, R] from [K, B]. */
const lastPlaces = (lengths: Tensor, read: number): Tensor =>
  tf.add(tf.reshape(lengths, [-1, 1]), tf.sub(tf.reshape(count(read), [1, read]), tf.scalar(read, 'int32')))

/** Added to the score of a token that may not be looked at: its share of attention is exactly 0. */
const UNSEEN = -1e9

/** A mask that hides the columns beyond a last one: [..., T] from int32 `last` [..., 1]. */
const hideBeyond = (last: Tensor, tokens: number): Tensor =>
  tf.mul(tf.cast(tf.greater(count(tokens), last), 'float32'), UNSEEN)

/**
 * Which tokens the last R may look at where none sees what comes after it: null for all, else a mask to add to their
 * scores, [R, T], or [K * B, 1, R, T] where examples end at different places. Padding stands behind whatever is read, so
 * that it is never seen by a token that counts.
 */
export function causalMask(pass: PaddedExtent, read: number): Tensor | null {
  const { tokens, lengths } = pass
  if (lengths !== null && read < tokens)
    return hideBeyond(tf.reshape(lastPlaces(lengths, read), [-1, 1, read, 1]), tokens)
  // The last token may look at all.
  if (read === 1) return null
  return hideBeyond(tf.reshape(tf.slice(count(tokens), [tokens - read], [read]), [read, 1]), tokens)
}

/** Where every token sees every real one: null for all, else a mask to add to the scores, [K * B, 1, 1, T]. */
export function paddingMask({ tokens, lengths }: PaddedExtent): Tensor | null {
  if (lengths === null) return null
  return hideBeyond(tf.reshape(tf.sub(lengths, tf.scalar(1, 'int32')), [-1, 1, 1, 1]), tokens)
}

/** 0, 1, …, n - 1, in pieces that are small enough to be constants of a compiled step. */
function count(n: number): Tensor {
  const PIECE = 1024
  const pieces = Array.from({ length: Math.ceil(n / PIECE) }, (_, piece) => {
    const length = Math.min(PIECE, n - piece * PIECE)
    return tf.tensor1d(
      Int32Array.from({ length }, (_, i) => piece * PIECE + i),
      'int32',
    )
  })
  const [only] = pieces
  return only !== undefined && pieces.length === 1 ? only : tf.concat(pieces)
}

/**
 * Attention of the last R tokens (queries [K * B, H, R, D / H]) over all T (keys and values [K * B, H, T, D / H]).
 * @param drop drops attention shares, given as [K, B * H * R, T]
 * @returns [K, B * R, D]
 */
export function attend(
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  { runs, examples }: Extent,
  mask: Tensor | null,
  drop: (shares: Tensor) => Tensor,
): Tensor {
  const [, heads = 0, read = 0, size = 0] = queries.shape
  const tokens = keys.shape[2] ?? 0
  const shares = scaledSoftmax(tf.matMul(queries, keys, false, true), 1 / Math.sqrt(size), mask)
  const dropped = tf.reshape(drop(tf.reshape(shares, [runs, examples * heads * read, tokens])), [
    runs * examples,
    heads,
    read,
    tokens,
  ])
  const mixed = tf.transpose(tf.matMul(dropped, values), [0, 2, 1, 3])
  return tf.reshape(mixed, [runs, examples * read, heads * size])
}
