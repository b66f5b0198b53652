import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openTask } from '../../src-main/tasks'
import { listopsExample } from '../../src-main/tasks/listops'
import { expressionText, readExpression } from '../../src-main/tasks/listops-expression'
import { LISTOPS_FILES, writeListopsFile } from '../../src-main/tasks/listops-files'
import type { Batch, Split, Task } from '../../src-main/tasks/task'

const LRA = { min_length: 500, max_length: 2000, max_depth: 10, max_args: 10 }
const SIZES = { train_examples: 96_000, validation_examples: 2000, test_examples: 2000, data_seed: 0 }
const open = (options: object = {}, files: Record<string, string> = {}): Promise<Task> =>
  openTask({ kind: 'listops', options: { ...LRA, ...SIZES, ...options }, files })
const SMALL = { min_length: 5, max_length: 40, train_examples: 30, validation_examples: 6, test_examples: 7 }
const all = (split: Split, count = split.size): Batch =>
  split.batch(Array.from({ length: count }, (_, i) => i))

const WORDS = ['_', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '[MIN', '[MAX', '[MED', '[SM', ']']
function sequences({ x, size }: Batch): string[][] {
  const tokens = x.length / size
  return Array.from({ length: size }, (_, i) =>
    Array.from(x.slice(i * tokens, (i + 1) * tokens), (token) => WORDS[token] ?? '?'),
  )
}

/** The value of an expression, read from its words. */
function evaluate(words: readonly string[]): number {
  let at = 0
  const node = (): number => {
    const word = words[at++] ?? ''
    if (/^\d$/.test(word)) return Number(word)
    const values: number[] = []
    while (words[at] !== ']') values.push(node())
    at++
    const sorted = [...values].sort()
    const half = values.length / 2
    if (word === '[MIN') return sorted[0] ?? NaN
    if (word === '[MAX') return sorted.at(-1) ?? NaN
    if (word === '[SM') return values.reduce((sum, value) => sum + value) % 10
    // int(numpy.median(values))
    return Math.trunc(((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2)
  }
  const value = node()
  expect(at).toBe(words.length)
  return value
}
const withoutPadding = (words: readonly string[]): string[] => words.filter((word) => word !== '_')

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'fairsweep-listops-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

interface Counts {
  readonly [key: string]: number
}
interface Reference {
  readonly lengths: Counts
  readonly values: Counts
  readonly depths: Counts
  readonly operators: Counts
  readonly arguments: Counts
  readonly examples: readonly (readonly [text: string, value: number])[]
}
/** Of LRA's own procedure, by test/tasks/listops/generate.py. */
const reference = JSON.parse(
  readFileSync(join(import.meta.dirname, 'listops/reference.json'), 'utf8'),
) as Reference

const sum = (counts: Counts): number => Object.values(counts).reduce((all, count) => all + count, 0)
const counted = (keys: readonly (string | number)[]): Counts => {
  const counts: Record<string, number> = {}
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

/** Pearson's statistic of two samples over the same kinds; its mean is the kinds less one where one law drew both. */
function chiSquare(ours: Counts, theirs: Counts): number {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort())
  const [scale, inverse] = [Math.sqrt(sum(theirs) / sum(ours)), Math.sqrt(sum(ours) / sum(theirs))]
  return Object.entries(theirs).reduce((all, [key, count]) => {
    const own = ours[key] ?? 0
    return all + (own * scale - count * inverse) ** 2 / (own + count)
  }, 0)
}

/** Largest difference between the shares that two samples have of a kind. */
function shareDistance(ours: Counts, theirs: Counts): number {
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort())
  return Object.keys(theirs).reduce(
    (most, key) => Math.max(most, Math.abs((ours[key] ?? 0) / sum(ours) - (theirs[key] ?? 0) / sum(theirs))),
    0,
  )
}

/** Every list of an expression: its operator, its depth and how many values it holds. */
function listsOf(words: readonly string[]): { operator: string; depth: number; values: number }[] {
  const open: { operator: string; depth: number; values: number }[] = []
  const closed: typeof open = []
  for (const word of words) {
    const around = open.at(-1)
    if (word === ']') closed.push(...open.splice(-1))
    else if (around) around.values++
    if (word.startsWith('[')) open.push({ operator: word, depth: open.length + 1, values: 0 })
  }
  return closed
}

describe("LRA's own procedure", () => {
  it('gives the same lengths, values, operators, depths and numbers of arguments', () => {
    const sizes = { minLength: 500, maxLength: 2000, maxDepth: 10, maxArgs: 10 }
    const drawn = Array.from({ length: 1500 }, (_, i) => listopsExample(sizes, 1, 'train', i))
    const lists = drawn.flatMap(({ tokens }) => listsOf(Array.from(tokens, (token) => WORDS[token] ?? '?')))
    // One in 10,000 such statistics of 14, 9 and 3 degrees of freedom are larger than these.
    expect(
      chiSquare(counted(drawn.map(({ tokens }) => Math.floor(tokens.length / 100))), reference.lengths),
    ).toBeLessThan(42)
    expect(chiSquare(counted(drawn.map(({ value }) => value)), reference.values)).toBeLessThan(34)
    expect(chiSquare(counted(lists.map(({ operator }) => operator)), reference.operators)).toBeLessThan(21)
    // Lists of one sequence are not independent; a depth or a number too many would show as 0.02 or more.
    expect(shareDistance(counted(lists.map(({ values }) => values)), reference.arguments)).toBeLessThan(0.003)
    expect(shareDistance(counted(lists.map(({ depth }) => depth)), reference.depths)).toBeLessThan(0.006)
  })

  it('gives the same text of an expression, and the same value', () => {
    expect(reference.examples).toHaveLength(40)
    for (const [text, value] of reference.examples) {
      const into = new Int32Array(64)
      const read = readExpression(Buffer.from(text), into)
      const tokens = Uint8Array.from(into.subarray(0, 'length' in read ? read.length : 0))
      expect(expressionText(tokens)).toBe(text)
      // By which those that we draw are judged.
      expect(evaluate(Array.from(tokens, (token) => WORDS[token] ?? '?'))).toBe(value)
    }
  })
})

describe('ListOps as LRA draws it', () => {
  it('has whole sequences of 501 to 1999 tokens, brackets kept, whose value is the class', async () => {
    const task = await open()
    expect(task.input).toEqual({
      kind: 'tokens',
      tokens: 1999,
      vocabulary: 16,
      padded: true,
      positionsBeyond: 'refused',
    })
    expect(task.output).toEqual({ kind: 'classes', count: 10 })
    expect([task.train.size, task.validation?.size, task.test.size]).toEqual([96_000, 2000, 2000])
    const batch = all(task.train, 300)
    const found = sequences(batch)
    found.forEach((words, i) => {
      const length = batch.lengths?.[i] ?? 0
      expect(length).toBeGreaterThan(500)
      expect(length).toBeLessThan(2000)
      expect(words.slice(length).every((word) => word === '_')).toBe(true)
      expect(words.slice(0, length)).not.toContain('_')
      expect(words.filter((word) => word === ']')).toHaveLength(
        words.filter((word) => word.startsWith('[')).length,
      )
      expect(evaluate(words.slice(0, length))).toBe(batch.y[i])
    })
    // LRA's generator: lengths of 1026 on average, with a deviation of about 390.
    const mean = Array.from(batch.lengths ?? []).reduce((sum, length) => sum + length, 0) / 300
    expect(Math.abs(mean - 1026)).toBeLessThan(4 * (390 / Math.sqrt(300)))
    expect(new Set(batch.y).size).toBe(10)
    const operators = found.flat().filter((word) => word.startsWith('['))
    for (const operator of WORDS.slice(11, 15)) {
      const share = operators.filter((word) => word === operator).length / operators.length
      expect(Math.abs(share - 0.25)).toBeLessThan(0.01)
    }
  })

  it('gives every number its own sequence, the same whenever it is asked for; other seeds give others', async () => {
    const { train, validation, test } = await open({ ...SMALL, min_length: 20 })
    const texts = [train, validation ?? train, test].map((split) => sequences(all(split, 6)).map(String))
    expect(new Set(texts.flat()).size).toBe(18)
    const again = await open({ ...SMALL, min_length: 20 })
    expect(again.train.batch([5, 0]).x).toEqual(train.batch([5, 0]).x)
    expect(sequences(train.batch([5])).map(String)).toEqual(texts[0]?.slice(5))
    const other = await open({ ...SMALL, min_length: 20, data_seed: 1 })
    expect(other.train.batch([0]).x).not.toEqual(train.batch([0]).x)
    expect(() => train.batch([30])).toThrow(RangeError)
  })

  it('has no deeper list and no longer one than is asked for', async () => {
    const { train } = await open({ ...SMALL, max_depth: 3, max_args: 4 })
    for (const words of sequences(all(train)).map(withoutPadding)) {
      let [depth, deepest] = [0, 0]
      for (const word of words) {
        if (word.startsWith('[')) depth++
        if (word === ']') depth--
        deepest = Math.max(deepest, depth)
      }
      expect(deepest).toBeLessThan(3)
      expect(Math.max(...listsOf(words).map(({ values }) => values))).toBeLessThanOrEqual(4)
    }
  })

  it('refuses lengths that no expression has', async () => {
    await expect(open({ min_length: 1, max_length: 4 })).rejects.toThrow(
      /task.min_length: no sequence of more than 1 and fewer than 4 tokens/,
    )
  })
})

describe('padding of ListOps', () => {
  it('is attended to where the task says so: no lengths, the same tokens', async () => {
    const [masked, attended] = [await open(SMALL), await open({ ...SMALL, padding: 'attended' })]
    expect(attended.input).toEqual({ kind: 'tokens', tokens: 39, vocabulary: 16, positionsBeyond: 'refused' })
    expect(all(attended.train).lengths).toBe(null)
    expect(all(attended.train).x).toEqual(all(masked.train).x)
  })

  it('fpt_loader drops closing brackets, cuts to 512 tokens and reads what stands last, padding or not', async () => {
    const options = { min_length: 450, max_length: 900, train_examples: 40 }
    const [whole, fpt] = [await open(options), await open({ ...options, fpt_loader: true })]
    expect(fpt.input).toEqual({ kind: 'tokens', tokens: 512, vocabulary: 15, positionsBeyond: 'refused' })
    const batch = all(fpt.train)
    expect(batch.lengths).toBe(null)
    expect(batch.y).toEqual(all(whole.train).y)
    const originals = sequences(all(whole.train)).map(withoutPadding)
    const ends = sequences(batch).map((words, i) => {
      const open = originals[i]?.filter((word) => word !== ']').slice(0, 512) ?? []
      expect(words).toEqual([...open, ...Array.from({ length: 512 - open.length }, () => '_')])
      return words.at(-1) === '_'
    })
    expect(new Set(ends)).toEqual(new Set([true, false]))
  })
})

describe("LRA's files", () => {
  const sizes = { minLength: 5, maxLength: 40, maxDepth: 10, maxArgs: 10 }
  async function write(): Promise<{ dir: string; files: Record<string, string> }> {
    const dir = await folder()
    const files: Record<string, string> = {}
    const counts = { train: 30, val: 6, test: 7 } as const
    for (const split of ['train', 'val', 'test'] as const) {
      const examples = Array.from({ length: counts[split] }, (_, i) => listopsExample(sizes, 0, split, i))
      for await (const written of writeListopsFile(dir, split, examples)) expect(written).toBe(counts[split])
      files[split] = join(dir, LISTOPS_FILES[split])
    }
    return { dir, files }
  }

  it('hold an expression in nested round brackets, a tab and its value', () => {
    // What LRA's to_string gives for [MAX 2 [SM 9 4 7 ] ] and [MIN 3 4 ].
    expect(expressionText(Uint8Array.from([12, 3, 14, 10, 5, 8, 15, 15]))).toBe(
      '( ( ( [MAX 2 ) ( ( ( ( [SM 9 ) 4 ) 7 ) ] ) ) ] )',
    )
    expect(expressionText(Uint8Array.from([11, 4, 5, 15]))).toBe('( ( ( [MIN 3 ) 4 ) ] )')
  })

  it('give the examples that were written', async () => {
    const { dir, files } = await write()
    expect((await readFile(join(dir, LISTOPS_FILES.train), 'utf8')).split('\r\n')[0]).toBe('Source\tTarget')
    const [drawn, read] = [await open(SMALL), await open({ max_length: 40 }, files)]
    for (const split of ['train', 'validation', 'test'] as const) {
      const [one, other] = [drawn[split] ?? drawn.train, read[split] ?? read.train]
      expect(other.size).toBe(one.size)
      expect(sequences(all(other)).map(withoutPadding)).toEqual(sequences(all(one)).map(withoutPadding))
      expect(all(other).y).toEqual(all(one).y)
      expect(all(other).lengths).toEqual(all(one).lengths)
    }
  })

  it.each([
    [
      'Source\tTarget\n( ( ( [MAX 2 ) 3 ) ] )\t3\n( [FOO 1 )\t1\n',
      /train.tsv:3: at byte 41: found "\[FOO 1 \)/,
    ],
    [
      'Source\tTarget\n( ( ( [MAX 2 ) 3 ) ] )\n',
      /:2: at byte 14: .*expected an expression, a tab and its value/,
    ],
    [
      'Source\tTarget\n( ( ( [MAX 2 ) 3 ) ] )\t12\n',
      /:2: at byte 37: found "12", expected a value from 0 to 9/,
    ],
    ['Target\tSource\n', /begins with "Target\\tSource", expected "Source", tab, "Target"/],
    ['Source\tTarget\n', /holds no example/],
    ['', /holds no example/],
  ])('are refused with line and byte: %j', async (text, message) => {
    const { files } = await write()
    await writeFile(files['train'] ?? '', text)
    await expect(open({ max_length: 40 }, files)).rejects.toThrow(message)
  })

  it('are not cut where a sequence is longer than max_length', async () => {
    const { files } = await write()
    await expect(open({ max_length: 10 }, files)).rejects.toThrow(
      /expected fewer than max_length, 10; none is cut/,
    )
  })

  it('that end sooner than when they were opened are named with the byte', async () => {
    const { files } = await write()
    const { train } = await open({ max_length: 40 }, files)
    await truncate(files['train'] ?? '', 30)
    expect(() => train.batch([29])).toThrow(/basic_train.tsv: ends at byte/)
  })
})
