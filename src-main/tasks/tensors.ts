import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { numbersOf, openNamedArrays } from '../tensor-files/named-arrays'
import type { NamedArray, NamedArrays } from '../tensor-files/named-arrays'
import { fileOf } from './images'
import { permutation } from './permutation'
import { Selected } from './selected'
import { answersOf } from './tensor-answers'
import type { Answers, HeldArray } from './tensor-answers'
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
}

/**
 * Data of the user's own: `train_x` and `train_y`, optionally `val_*` and `test_*`, in a safetensors file or a NumPy
 * archive. x is float [N, T, F] or whole [N, T]; y is whole classes [N], float targets [N] or [N, n], or with
 * `bits: true` bits [N, n]. With `token_width: F`, x [N, R, k F] gives k tokens a row and the last k tokens are read.
 * All of it is looked through once; of a safetensors file the rows of x are then read as batches ask for them.
 */
export async function openTensors(source: TaskSource): Promise<Task> {
  const file = fileOf(source, 'data')
  const arrays = await openNamedArrays(file)
  const train = arraysOf(arrays, 'train', file)
  if (train === null) {
    throw new InputError(`holds ${arrays.names.join(', ') || 'nothing'}, expected train_x and train_y`, {
      file,
    })
  }
  const held = arraysOf(arrays, 'val', file)
  const test = arraysOf(arrays, 'test', file)
  const all = [train, held, test].filter((split) => split !== null)
  checkAlike(all, file)
  const answers = answersOf(all, source.options['bits'] === true, file)
  const { input, readTokens } = inputOf(all, source, file)
  const splitOf = (split: Arrays): Split => new TensorSplit(split, input, answers)
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
  readonly #values: number

  constructor(
    private readonly arrays: Arrays,
    private readonly input: TaskInput,
    private readonly answers: Answers,
  ) {
    this.size = arrays.size
    this.#values = input.tokens * (input.kind === 'vectors' ? input.width : 1)
  }

  batch(indices: ArrayLike<number>): Batch {
    const { x: from, y: answersFrom } = this.arrays
    const length = indices.length * this.#values
    const x = this.input.kind === 'vectors' ? new Float32Array(length) : new Int32Array(length)
    const y = this.answers.space(indices.length)
    const examples = Array.from(indices, (_, i) => exampleAt(indices, i, this))
    const each = this.#values
    from
      .read(examples.map((index) => ({ start: index * each, end: (index + 1) * each })))
      .forEach((row, i) => {
        for (let j = 0; j < each; j++) x[i * each + j] = Number(row[j])
      })
    examples.forEach((index, i) => {
      this.answers.copy(answersFrom, index, y, i)
    })
    return { size: indices.length, x, lengths: null, y }
  }
}

function arraysOf(arrays: NamedArrays, split: SplitName, file: string): Arrays | null {
  const [x, y] = [arrays.get(`${split}_x`), arrays.get(`${split}_y`)]
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
  checkFinite(x, file, `${split}_x`)
  const [data = []] = y.read([{ start: 0, end: y.length }])
  return { split, size, x, y: { ...y, data } }
}

function checkFinite(array: NamedArray, file: string, field: string): void {
  if (!array.isFloat) return
  const each = array.length / (array.shape[0] ?? 1)
  for (const [start, numbers] of numbersOf(array)) {
    for (let i = 0; i < numbers.length; i++) {
      if (Number.isFinite(Number(numbers[i]))) continue
      const example = Math.floor((start + i) / each)
      throw new InputError(
        `example ${example} holds ${numbers[i]}${array.placeOf(start + i)}, expected finite numbers`,
        { file, field },
      )
    }
  }
}

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

function inputOf(
  splits: readonly Arrays[],
  { options }: TaskSource,
  file: string,
): { input: TaskInput; readTokens: number } {
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

/** One more than the largest token of all splits. */
function vocabularyOf(splits: readonly Arrays[], file: string): number {
  let largest = 0
  for (const { split, x, size } of splits) {
    for (const [start, tokens] of numbersOf(x)) {
      for (let i = 0; i < tokens.length; i++) {
        const token = Number(tokens[i])
        if (token < 0 || token >= MOST_TOKENS) {
          const example = Math.floor(((start + i) * size) / x.length)
          throw new InputError(
            `example ${example} holds token ${token}${x.placeOf(start + i)}, expected 0 to ${MOST_TOKENS - 1}`,
            { file, field: `${split}_x` },
          )
        }
        if (token > largest) largest = token
      }
    }
  }
  return largest + 1
}
