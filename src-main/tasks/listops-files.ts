import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors'
import { readSlices } from '../tensor-files/file-slices'
import { expressionText, readExpression, type Expression } from './listops-expression'

/** LRA's files: a header, then a row of expression, tab and value for each example. */
export const LISTOPS_FILES = {
  train: 'basic_train.tsv',
  val: 'basic_val.tsv',
  test: 'basic_test.tsv',
} as const
const HEADER = 'Source\tTarget'
const [NEWLINE, RETURN, TAB, ZERO] = [10, 13, 9, 48] as const

/** One of LRA's files of which only the places of the rows are held. */
export interface ListopsFile {
  readonly size: number
  /** Tokens of the longest expression. */
  readonly longest: number
  /** Tokens of every expression, of the first so many where it is said. */
  lengths(first?: number): Promise<Int32Array>
  /** Writes the tokens of an example to `into`, as far as there is room, and returns how many it has, and its value. */
  read(examples: readonly number[], into: (i: number) => Int32Array): { length: number; value: number }[]
}

/** Looks once through a file, row by row. @throws {InputError} naming line and byte of what is no row of LRA's */
export async function openListopsFile(file: string): Promise<ListopsFile> {
  const starts: number[] = []
  const lengths: number[] = []
  let [longest, lines, offset] = [0, 0, 0]
  let rest: Buffer = Buffer.alloc(0)
  const row = (bytes: Buffer): void => {
    lines++
    if (lines === 1) return checkHeader(bytes, file)
    if (bytes.length === 0) return
    const { length } = readRow(bytes, null, file, offset, lines)
    starts.push(offset, offset + bytes.length)
    lengths.push(length)
    longest = Math.max(longest, length)
  }
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 })) {
    const bytes = Buffer.concat([rest, piece as Buffer])
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      row(withoutReturn(bytes.subarray(start, end)))
      offset += end + 1 - start
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  if (rest.length > 0) row(withoutReturn(rest))
  if (starts.length === 0) throw new InputError(`holds no example, expected rows below "${HEADER}"`, { file })
  const places = Float64Array.from(starts)
  return {
    size: places.length / 2,
    longest,
    lengths: (first) => Promise.resolve(Int32Array.from(lengths.slice(0, first))),
    read(examples, into) {
      const slices = examples.map((i) => ({ start: places[2 * i] ?? 0, end: places[2 * i + 1] ?? 0 }))
      return readSlices(file, slices).map((bytes, i) =>
        readRow(bytes, into(i), file, slices[i]?.start ?? 0, null),
      )
    },
  }
}

const withoutReturn = (bytes: Buffer): Buffer =>
  bytes.at(-1) === RETURN ? bytes.subarray(0, bytes.length - 1) : bytes

function checkHeader(bytes: Buffer, file: string): void {
  const found = bytes.toString('utf8')
  if (found !== HEADER)
    throw new InputError(
      `begins with ${JSON.stringify(found.slice(0, 40))}, expected "Source", tab, "Target"`,
      {
        file,
      },
    )
}

function readRow(
  bytes: Buffer,
  into: Int32Array | null,
  file: string,
  offset: number,
  line: number | null,
): { length: number; value: number } {
  const tab = bytes.indexOf(TAB)
  const wrong = (at: number, expected: string): InputError =>
    new InputError(
      `at byte ${offset + at}: found ${JSON.stringify(bytes.toString('utf8', at, at + 20))}, expected ${expected}`,
      { file, line: line ?? undefined },
    )
  if (tab < 0) throw wrong(0, 'an expression, a tab and its value')
  const value = (bytes[tab + 1] ?? 0) - ZERO
  if (bytes.length !== tab + 2 || value < 0 || value > 9) throw wrong(tab + 1, 'a value from 0 to 9')
  const read = readExpression(bytes.subarray(0, tab), into)
  if ('wrongAt' in read) throw wrong(read.wrongAt, 'a digit, [MIN, [MAX, [MED, [SM, ], ( or )')
  if (read.length === 0) throw wrong(0, 'an expression')
  return { length: read.length, value }
}

/** So many rows are written at once. */
const ROWS_AT_ONCE = 200

/**
 * Writes a split as LRA's file, on disk when it ends; the line ends are those of Python's csv module. Tells how many
 * examples are written; whoever stops listening ends it.
 * @param folder where no file of that name is
 */
export async function* writeListopsFile(
  folder: string,
  split: keyof typeof LISTOPS_FILES,
  examples: Iterable<Expression>,
): AsyncGenerator<number> {
  const file = await open(join(folder, LISTOPS_FILES[split]), 'wx')
  try {
    let rows = [`${HEADER}\r\n`]
    let written = 0
    for (const { tokens, value } of examples) {
      rows.push(`${expressionText(tokens)}\t${value}\r\n`)
      written++
      if (rows.length < ROWS_AT_ONCE) continue
      await file.writeFile(rows.join(''))
      rows = []
      yield written
    }
    await file.writeFile(rows.join(''))
    await file.sync()
    yield written
  } finally {
    await file.close()
  }
}
