import { InputError } from '../errors'
import type { NamedArray } from '../tensor-files/named-arrays'
import type { Batch, TaskOutput } from './task'

/** What the y of a file means, and how an example's answer is taken out of it. */
export interface Answers {
  readonly output: TaskOutput
  /** Room for so many answers. */
  space(examples: number): Batch['y']
  /** Copies the answer of example `index` to place `at`. */
  copy(from: HeldArray, index: number, to: Batch['y'], at: number): void
}

/** An array that is held in memory. */
export interface HeldArray extends NamedArray {
  readonly data: ArrayLike<number | bigint>
}

/** The y of one split: "train", its array. */
interface Given {
  readonly split: string
  readonly y: HeldArray
}

/** Whole [N] is classes, float [N] or [N, n] is targets, and [N, n] with `bits` bits. @throws {InputError} otherwise */
export function answersOf(splits: readonly Given[], areBits: boolean, file: string): Answers {
  const [first] = splits
  const shape = first?.y.shape ?? []
  const count = shape[1] ?? 1
  const wrong = (expected: string): InputError =>
    new InputError(
      `is ${first?.y.isFloat === true ? 'float' : 'whole'} [${['N', ...shape.slice(1)].join(', ')}], expected ${expected}`,
      {
        file,
        field: 'train_y',
      },
    )
  if (shape.length > 2 || count === 0) throw wrong('[N] or [N, n]')
  if (areBits) {
    if (shape.length !== 2) throw wrong('[N, n] bits, as bits: true says')
    checkEach(splits, file, (value) => [-1, 0, 1].includes(value), '-1, 0 or 1')
    return { output: { kind: 'bits', count }, ...whole(count, (value) => (value > 0 ? 1 : 0)) }
  }
  if (first?.y.isFloat === true) {
    checkEach(splits, file, Number.isFinite, 'finite numbers')
    return { output: { kind: 'values', count }, ...float(count) }
  }
  if (shape.length !== 1) throw wrong('whole classes [N], float targets [N, n], or bits: true')
  checkEach(
    splits,
    file,
    (value) => value >= 0 && value < MOST_CLASSES,
    `a class from 0 to ${MOST_CLASSES - 1}`,
  )
  const classes = 1 + splits.reduce((most, { y }) => largest(y, most), 0)
  if (classes < 2) throw new InputError('holds one class, expected at least two', { file, field: 'train_y' })
  return { output: { kind: 'classes', count: classes }, ...whole(1, (value) => value) }
}

const MOST_CLASSES = 1_000_000

const whole = (count: number, meaning: (value: number) => number): Pick<Answers, 'space' | 'copy'> => ({
  space: (examples) => new Int32Array(examples * count),
  copy: ({ data }, index, to, at) => {
    for (let i = 0; i < count; i++) to[at * count + i] = meaning(Number(data[index * count + i]))
  },
})

const float = (count: number): Pick<Answers, 'space' | 'copy'> => ({
  space: (examples) => new Float32Array(examples * count),
  copy: ({ data }, index, to, at) => {
    for (let i = 0; i < count; i++) to[at * count + i] = Number(data[index * count + i])
  },
})

function checkEach(
  splits: readonly Given[],
  file: string,
  isRight: (value: number) => boolean,
  expected: string,
): void {
  for (const { split, y } of splits) {
    const each = y.shape[1] ?? 1
    for (let i = 0; i < y.data.length; i++) {
      if (isRight(Number(y.data[i]))) continue
      throw new InputError(
        `example ${Math.floor(i / each)} holds ${y.data[i]}${y.placeOf(i)}, expected ${expected}`,
        { file, field: `${split}_y` },
      )
    }
  }
}

function largest({ data }: HeldArray, least: number): number {
  let most = least
  for (let i = 0; i < data.length; i++) most = Math.max(most, Number(data[i]))
  return most
}
