import { describe, expect, it } from 'vitest'
import { openTask } from '../../src-main/tasks'
import { openBitMemory, openBitXor } from '../../src-main/tasks/bits'
import type { Split } from '../../src-main/tasks/task'

const memory = (options = {}) =>
  openBitMemory({ kind: 'bit-memory', options: { n: 20, patterns: 3, patch: 5, ...options }, files: {} })
const xor = (options = {}) =>
  openBitXor({ kind: 'bit-xor', options: { n: 6, patterns: 2, patch: 3, ...options }, files: {} })
const first = (split: Split, count: number) => split.batch(Uint32Array.from({ length: count }, (_, i) => i))
const sequences = ({ x, size }: { x: ArrayLike<number>; size: number }): number[][] =>
  Array.from({ length: size }, (_, i) =>
    Array.from(x).slice((i * x.length) / size, ((i + 1) * x.length) / size),
  )

describe('bit memory', () => {
  it('has the sizes of FPT: 120 tokens of 50 bits, the last 20 read', async () => {
    const task = await memory({ n: 1000, patterns: 5, patch: 50 })
    expect(task.input).toEqual({ kind: 'vectors', tokens: 120, width: 50 })
    expect(task.output).toEqual({ kind: 'bits', count: 1000, hidden: true })
    expect(task.readTokens).toBe(20)
  })

  it('asks for one of its patterns, of which it shows a part', async () => {
    const { train } = await memory()
    const batch = first(train, 200)
    let shown = 0
    const asked = new Set<number>()
    sequences(batch).forEach((sequence, i) => {
      const answer = Array.from(batch.y).slice(i * 40, i * 40 + 20)
      const hidden = Array.from(batch.y).slice(i * 40 + 20, (i + 1) * 40)
      const rows = [0, 1, 2].map((row) => sequence.slice(row * 20, (row + 1) * 20))
      expect(rows.flat().every((bit) => bit === 1 || bit === -1)).toBe(true)
      const match = rows.findIndex((row) => row.every((bit, j) => (bit > 0 ? 1 : 0) === answer[j]))
      expect(match).toBeGreaterThanOrEqual(0)
      asked.add(match)
      sequence.slice(60).forEach((bit, j) => {
        if (bit !== 0) expect(bit > 0 ? 1 : 0).toBe(answer[j])
        expect(hidden[j]).toBe(bit === 0 ? 1 : 0)
        shown += bit === 0 ? 0 : 1
      })
    })
    expect(asked).toEqual(new Set([0, 1, 2]))
    // 4,000 bits, each shown with probability one half: five deviations are 158.
    expect(Math.abs(shown - 2000)).toBeLessThan(158)
  })
})

describe('bit memory of another mask', () => {
  it('hides as many bits as it says, and at one half the bits that it always hid', async () => {
    const hiddenBy = async (mask: number): Promise<number> => {
      const { y, size } = first((await memory({ mask })).train, 200)
      const all = Array.from({ length: size }, (_, i) => Array.from(y.slice(i * 40 + 20, (i + 1) * 40)))
      return all.flat().reduce((sum, bit) => sum + bit, 0)
    }
    expect([await hiddenBy(0), await hiddenBy(1)]).toEqual([0, 4000])
    // A deviation is 29.
    expect(Math.abs((await hiddenBy(0.7)) - 2800)).toBeLessThan(4 * 29)
    expect(first((await memory({ mask: 0.5 })).train, 9)).toEqual(first((await memory()).train, 9))
    expect(() => memory({ mask: 1.5 })).toThrow('task.mask: found 1.5, expected a number from 0 to 1')
  })
})

describe("bit memory as FPT's numpy code draws it", () => {
  it('asks for each pattern alike, and hides each bit of each value alike, whatever was asked', async () => {
    const { train } = await memory({ n: 40, patterns: 4, patch: 40 })
    const { x, y, size } = first(train, 4000)
    const asked = [0, 0, 0, 0]
    const hidden = new Map<string, number>()
    let ones = 0
    for (let i = 0; i < size; i++) {
      const rows = [0, 1, 2, 3].map((row) => x.slice(i * 200 + row * 40, i * 200 + (row + 1) * 40))
      ones += rows.flatMap((row) => Array.from(row)).filter((bit) => bit === 1).length
      const answer = y.slice(i * 80, i * 80 + 40)
      const query = rows.findIndex((row) => row.every((bit, j) => (bit > 0 ? 1 : 0) === answer[j]))
      asked[query] = (asked[query] ?? 0) + 1
      for (let j = 0; j < 40; j++) {
        if (y[i * 80 + 40 + j] !== 1) continue
        for (const kind of [`bit ${j}`, `value ${answer[j]}`, `pattern ${query}`])
          hidden.set(kind, (hidden.get(kind) ?? 0) + 1)
      }
    }
    // Deviations: of 4000 draws of one in four 27, of 4000 halves 32, of 640,000 halves 400, of 80,000 quarters 122 and so on.
    for (const count of asked) expect(Math.abs(count - 1000)).toBeLessThan(4 * 27)
    expect(Math.abs(ones - 320_000)).toBeLessThan(4 * 400)
    for (let j = 0; j < 40; j++) expect(Math.abs((hidden.get(`bit ${j}`) ?? 0) - 2000)).toBeLessThan(4 * 32)
    for (const value of [0, 1])
      expect(Math.abs((hidden.get(`value ${value}`) ?? 0) - 40_000)).toBeLessThan(4 * 200)
    for (const [query, count] of asked.entries())
      expect(Math.abs((hidden.get(`pattern ${query}`) ?? 0) - 20 * count)).toBeLessThan(4 * 105)
  })
})

describe('bit xor', () => {
  it('answers the exclusive or of its patterns', async () => {
    const task = await xor({ patterns: 3 })
    const batch = first(task.train, 100)
    sequences(batch).forEach((sequence, i) => {
      for (let j = 0; j < 6; j++) {
        const [a = 0, b = 0, c = 0] = [0, 1, 2].map((row) => sequence[row * 6 + j])
        expect(batch.y[i * 6 + j]).toBe(a ^ b ^ c)
      }
    })
    expect(task.input).toEqual({ kind: 'vectors', tokens: 6, width: 3 })
    expect(task.readTokens).toBe(2)
    // Nothing of the answer is shown, so that accuracy over masked bits would be accuracy.
    expect(task.output).toEqual({ kind: 'bits', count: 6 })
  })
})

describe('generated examples', () => {
  it('are the same whenever and with whomever they are asked for', async () => {
    const { train } = await memory()
    const { x, y } = train.batch([7, 4_000_000, 7])
    const alone = (await memory()).train.batch([4_000_000])
    expect(x.slice(80, 160)).toEqual(alone.x)
    expect(y.slice(40, 80)).toEqual(alone.y)
    expect(x.slice(0, 80)).toEqual(x.slice(160))
  })

  it('of train, validation and test, and of the two tasks, are streams of their own', async () => {
    const { train, validation, test } = await memory()
    const streams = [train, validation ?? train, test]
      .map((split) => sequences(first(split, 300)).map(String))
      .flat()
    expect(new Set(streams).size).toBe(900)
  })

  it('end with the split', async () => {
    const { test } = await xor()
    expect(() => test.batch([test.size])).toThrow(RangeError)
    expect(() => test.batch([-1])).toThrow(RangeError)
  })

  it('have no preferred bit', async () => {
    const { x } = first((await xor({ n: 32, patch: 32, patterns: 2 })).train, 500)
    const ones = Array.from(
      { length: 32 },
      (_, bit) => Array.from(x).filter((value, i) => i % 32 === bit && value === 1).length,
    )
    for (const count of ones) expect(Math.abs(count - 500)).toBeLessThan(80)
  })

  it.each([{ patch: 7 }, { n: 0 }, { patterns: 1.5 }, { n: 'many' }])(
    'refuses %j by field',
    async (options) => {
      const [field] = Object.keys(options)
      await expect(
        openTask({ kind: 'bit-memory', options: { n: 20, patterns: 3, patch: 5, ...options }, files: {} }),
      ).rejects.toThrow(`task.${field}`)
    },
  )
})
