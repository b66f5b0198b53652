import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byLength, paddedLengths } from '../../src-main/tasks/padded-lengths'
import { Selected } from '../../src-main/tasks/selected'
import type { Split } from '../../src-main/tasks/task'

/** Tokens of all examples when each is padded to the first of the ends that it fits. */
const padded = (lengths: readonly number[], ends: readonly number[]): number =>
  lengths.reduce((sum, length) => sum + (ends.find((end) => end >= length) ?? NaN), 0)

describe('the lengths that batches are padded to', () => {
  const someLengths = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 })

  it('are at most four, rising to the longest, and no other four pad less', () => {
    fc.assert(
      fc.property(someLengths, fc.nat(3), (lengths, more) => {
        const longest = Math.max(...lengths) + more
        const ends = paddedLengths(lengths, longest).map(({ tokens }) => tokens)
        expect(ends.length).toBeLessThanOrEqual(4)
        expect(ends.at(-1)).toBe(longest)
        expect(ends).toEqual([...new Set(ends)].sort((a, b) => a - b))
        let least = Infinity
        for (let a = 1; a <= longest; a++)
          for (let b = a; b <= longest; b++)
            for (let c = b; c <= longest; c++) least = Math.min(least, padded(lengths, [a, b, c, longest]))
        expect(padded(lengths, ends)).toBe(least)
      }),
      { numRuns: 50 },
    )
  })

  it('know the share of the examples that each is for', () => {
    fc.assert(
      fc.property(someLengths, (lengths) => {
        const found = paddedLengths(lengths, 12)
        let shorter = 0
        for (const { tokens, share } of found) {
          const own = lengths.filter((length) => length > shorter && length <= tokens)
          expect(share).toBeCloseTo(own.length / lengths.length, 12)
          shorter = tokens
        }
        expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
      }),
    )
  })

  it('are chosen among quantiles where there are many, and pad hardly more', () => {
    const lengths = Array.from({ length: 5000 }, (_, i) => 500 + Math.floor(1500 * (i / 5000) ** 2))
    const ends = paddedLengths(lengths, 1999).map(({ tokens }) => tokens)
    expect(ends).toHaveLength(4)
    const real = lengths.reduce((sum, length) => sum + length, 0)
    expect(padded(lengths, ends) / real).toBeLessThan(1.2)
    expect(padded(lengths, [1999]) / real).toBeGreaterThan(1.9)
  })
})

describe('examples by length', () => {
  const all = Int32Array.of(4, 1, 3, 5, 2, 4)
  const split: Split = {
    size: all.length,
    lengths: () => Promise.resolve(all),
    batch: () => ({ size: 0, x: new Int32Array(), lengths: null, y: new Int32Array() }),
  }
  const paddedTo = [2, 4, 5].map((tokens) => ({ tokens, share: 1 / 3 }))
  const examplesOf = async (of: Split): Promise<number[][] | undefined> =>
    (await byLength(of, { paddedTo }))?.map(({ examples }) => [...examples])

  it('are each with the shortest length that holds it, also of some of a split', async () => {
    expect(await examplesOf(split)).toEqual([[1, 4], [0, 2, 5], [3]])
    expect(await examplesOf(new Selected(split, Uint32Array.of(3, 4, 5)))).toEqual([[1], [2], [0]])
  })

  it('are found once for a split, and anew for other lengths', async () => {
    let asked = 0
    const counted = { ...split, lengths: () => Promise.resolve((asked++, all)) }
    const first = await byLength(counted, { paddedTo })
    expect(await byLength(counted, { paddedTo })).toBe(first)
    expect(asked).toBe(1)
    const others = await byLength(counted, { paddedTo: [{ tokens: 5, share: 1 }] })
    expect(others?.map(({ examples }) => examples.length)).toEqual([6])
  })

  it('are none where all are padded alike', async () => {
    expect(await byLength(split, {})).toBe(null)
    expect(new Selected({ ...split, lengths: undefined }, new Uint32Array()).lengths).toBe(undefined)
  })
})
