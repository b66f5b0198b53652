import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { numbersOf, openNamedArrays } from '../tensor-files/named-arrays'
import type { NamedArray, NamedArrays } from '../tensor-files/named-arrays'
import type { UnpackedFiles } from '../tensor-files/unpacked-files'
import { fileOf } from './images'
import { paddedLengths } from './padded-lengths'
import { permutation } from './permutation'
import { Selected } from './selected'
import { answersOf } from './tensor-answers'
import type { Answers, HeldArray } from './tensor-answers'
import { checkAllHaveLengths, rowLengthsOf, type RowLengths } from './tensor-lengths'
import { exampleAt, positionsBeyondOf } from './task'
import type { Batch, Split, Task, TaskInput } from './task'

/** Without test arrays, so much of the training examples is set apart, the same for every study of these data. */
const TEST_SHARE = 0.1

type SplitName = 'train' | 'val' | 'test'

/** The arrays of one split, checked: answers are held, examples stay where they are. */
interface Arrays {
  readonly split: SplitName
  readonly size: number
  readonly x: NamedArray
  readonly y: HeldArray
  /** Real rows of each example; null: all are. */
  readonly lengths: RowLengths
}

/**
 * Data of the user's own: `train_x` and `train_y`, optionally `val_*` and `test_*`, in a safetensors file or a NumPy
 * archive. x is float [N, T, F] or whole [N, T]; y is whole classes [N], float targets [N] or [N, n], or with
 * `bits: true` bits [N, n]. With `token_width: F`, x [N, R, k F] gives k tokens a row and the last k tokens are read.
 * `train_lengths` … [N] say how many of the T (or R) rows of each example are real: what stands behind them is padding.
 * All of it is looked through once; the rows of x are then read as batches ask for them.
 */
export async function openTensors(source: TaskSource, unpacked: UnpackedFiles): Promise<Task> {
  const file = fileOf(source, 'data')
  const arrays = await openNamedArrays(file, unpacked)
  const train = await arraysOf(arrays, 'train', file)
  if (train === null) {
    throw new InputError(`holds ${arrays.names.join(', ') || 'nothing'}, expected train_x and train_y`, {
      file,
    })
  }
  const held = await arraysOf(arrays, 'val', file)
  const test = await arraysOf(arrays, 'test', file)
  const all = [train, held, test].filter((split) => split !== null)
  checkAlike(all, file)
  checkAllHaveLengths(all, file)
  const answers = answersOf(all, source.options['bits'] === true, file)
  const { input, readTokens } = withLengths(inputOf(all, source, file), all, source, file)
  const splitOf = (split: Arrays): Split => new TensorSplit(split, { input, readTokens }, answers)
  return {
    ...{ input: { ...input, positionsBeyond: positionsBeyondOf(source.options) }, readTokens },
    output: answers.output,
    ...(test === null ? withTestOf(splitOf(train)) : { train: splitOf(train), test: splitOf(test) }),
    validation: held && splitOf(held),
  }
}

/** Sets a test split apart. */
function withTestOf(all: Split): { train: Split; test: Split } {
  const order = permutation(all.size, 'test split')
  const count = Math.max(1, Math.round(TEST_SHARE * all.size))
  return {
    train: new Selected(all, order.slice(count).sort()),
    test: new Selected(all, order.slice(0, count).sort()),
  }
}

class TensorSplit implements Split {
  readonly size: number
  /** In tokens; absent where every row is real. */
  readonly lengths?: () => Promise<Int32Array>
  /** Tokens of a row, values of a token. */
  readonly #inRow: number
  readonly #values: number
  /** Values of an example in the file. */
  readonly #stored: number

  constructor(
    private readonly arrays: Arrays,
    private readonly form: Form,
    private readonly answers: Answers,
  ) {
    const { input, readTokens } = form
    this.size = arrays.size
    this.#inRow = readTokens
    this.#values = input.kind === 'vectors' ? input.width : 1
    this.#stored = arrays.x.length / arrays.size
    const { lengths } = arrays
    if (lengths !== null) this.lengths = () => Promise.resolve(lengths.map((rows) => rows * readTokens))
  }

  batch(indices: ArrayLike<number>, tokens = this.form.input.tokens): Batch {
    const { x: from, y: answersFrom, lengths } = this.arrays
    const each = tokens * this.#values
    const isVectors = this.form.input.kind === 'vectors'
    const x = new (isVectors ? Float32Array : Int32Array)(indices.length * each)
    const y = this.answers.space(indices.length)
    const examples = Array.from(indices, (_, i) => exampleAt(indices, i, this))
    const real = Int32Array.from(examples, (index) =>
      lengths === null ? tokens : (lengths[index] ?? 0) * this.#inRow,
    )
    // Of what is padding nothing is read: it stays 0, whatever the file has there.
    const slices = examples.map((index, i) => {
      const start = index * this.#stored
      return { start, end: start + (real[i] ?? 0) * this.#values }
    })
    from.read(slices).forEach((row, i) => {
      for (let j = 0; j < row.length; j++) x[i * each + j] = Number(row[j])
    })
    examples.forEach((index, i) => {
      this.answers.copy(answersFrom, index, y, i)
    })
    return { size: indices.length, x, lengths: lengths === null ? null : real, y }
  }
}

async function arraysOf(arrays: NamedArrays, split: SplitName, file: string): Promise<Arrays | null> {
  const [x, y] = [await arrays.get(`${split}_x`), await arrays.get(`${split}_y`)]
  if (x === null && y === null) return null
  if (x === null || y === null) {
    const [there, missing] = x === null ? ['y', 'x'] : ['x', 'y']
    throw new InputError(`holds ${split}_${there}, but no ${split}_${missing}`, { file })
  }
  const [size = 0] = x.shape
  if (size === 0) throw new InputError('holds no example', { file, field: `${split}_x` })
  if (y.shape[0] !== size) {
    throw new InputError(`holds ${y.shape[0] ?? 1} answers, ${split}_x has ${size} examples`, {
      file,
      field: `${split}_y`,
    })
  }
  const [data = []] = y.read([{ start: 0, end: y.length }])
  const lengths = await rowLengthsOf(arrays, split, x, file)
  const found = { split, size, x, y: { ...y, data }, lengths }
  if (x.isFloat) checkReal(found, file, FINITE)
  return found
}

/** Looks at every number of x that is not padding. @throws {InputError} naming the first that is not right */
function checkReal({ split, size, x, lengths }: Arrays, file: string, right: RightNumbers): void {
  const [each, inRow] = [x.length / size, x.length / size / (x.shape[1] ?? 1)]
  for (const [start, numbers] of numbersOf(x)) {
    for (let i = 0; i < numbers.length; i++) {
      const example = Math.floor((start + i) / each)
      const isPadding = lengths !== null && start + i - example * each >= (lengths[example] ?? 0) * inRow
      const value = Number(numbers[i])
      if (isPadding || right.is(value)) continue
      const words = `${right.called}${value}${x.placeOf(start + i)}`
      throw new InputError(`example ${example} holds ${words}, expected ${right.expected}`, {
        file,
        field: `${split}_x`,
      })
    }
  }
}

interface RightNumbers {
  is(value: number): boolean
  /** What stands before a wrong one. */
  readonly called: string
  readonly expected: string
}
const FINITE: RightNumbers = { is: Number.isFinite, called: '', expected: 'finite numbers' }

/** Everything but the number of examples is the same in all splits. */
function checkAlike([train, ...others]: readonly Arrays[], file: string): void {
  for (const { split, x, y } of others) {
    for (const [letter, one, other] of [
      ['x', train?.x, x],
      ['y', train?.y, y],
    ] as const) {
      const [wanted, found] = [one, other].map((array) => array && shapeWords(array))
      if (wanted === found) continue
      throw new InputError(`is ${found}, train_${letter} is ${wanted}`, { file, field: `${split}_${letter}` })
    }
  }
}

const shapeWords = ({ shape, isFloat }: NamedArray): string =>
  `${isFloat ? 'float' : 'whole'} [${['N', ...shape.slice(1)].join(', ')}]`

/** What the network reads. */
interface Form {
  readonly input: TaskInput
  readonly readTokens: number
}

/** No example has more tokens than the longest; batches by length are for examples of which lengths are known. */
function withLengths(
  { input, readTokens }: Form,
  splits: readonly Arrays[],
  { options }: TaskSource,
  file: string,
): Form {
  const isByLength = options['batches'] === 'by-length'
  const train = splits[0]?.lengths ?? null
  if (train === null) {
    if (!isByLength) return { input, readTokens }
    const missing = splits.map(({ split }) => `${split}_lengths`).join(', ')
    throw new InputError(`holds no ${missing}, expected them for batches: by-length`, { file })
  }
  const longest = splits.reduce((most, { lengths }) => lengths?.reduce(larger, most) ?? most, 0)
  const tokens = longest * readTokens
  const paddedTo = paddedLengths(
    train.map((rows) => rows * readTokens),
    tokens,
  )
  return { input: { ...input, tokens, padded: true, ...(isByLength && { paddedTo }) }, readTokens }
}

const larger = (a: number, b: number): number => Math.max(a, b)

function inputOf(splits: readonly Arrays[], { options }: TaskSource, file: string): Form {
  const x = splits[0]?.x
  const tokenWidth = options['token_width']
  const [, rows = 0, width = 0] = x?.shape ?? []
  const wrong = (expected: string): InputError =>
    new InputError(`is ${x && shapeWords(x)}, expected ${expected}`, { file, field: 'train_x' })
  if (x?.isFloat === true) {
    if (x.shape.length !== 3 || rows * width === 0) throw wrong('float [N, T, F]')
    if (typeof tokenWidth !== 'number')
      return { input: { kind: 'vectors', tokens: rows, width }, readTokens: 1 }
    if (width % tokenWidth !== 0) throw wrong(`float [N, R, k · ${tokenWidth}], as token_width says`)
    const perRow = width / tokenWidth
    return { input: { kind: 'vectors', tokens: rows * perRow, width: tokenWidth }, readTokens: perRow }
  }
  if (x?.shape.length !== 2 || rows === 0) throw wrong('float [N, T, F] or whole [N, T]')
  if (tokenWidth !== undefined) throw wrong('float [N, R, k · F], since token_width is given')
  return { input: { kind: 'tokens', tokens: rows, vocabulary: vocabularyOf(splits, file) }, readTokens: 1 }
}

const MOST_TOKENS = 2 ** 24

/** One more than the largest token of all splits, padding left out. */
function vocabularyOf(splits: readonly Arrays[], file: string): number {
  let largest = 0
  const tokens: RightNumbers = {
    is: (token) => {
      largest = Math.max(largest, token)
      return token >= 0 && token < MOST_TOKENS
    },
    called: 'token ',
    expected: `0 to ${MOST_TOKENS - 1}`,
  }
  for (const arrays of splits) checkReal(arrays, file, tokens)
  return largest + 1
}
