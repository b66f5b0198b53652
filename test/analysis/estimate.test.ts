import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimate, median, standardError } from '../../src-main/analysis/estimate'

const scores = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 })

describe('standardError', () => {
  it('divides by n − 1, not by n', () => {
    // Variance of 1, 2, 3 with ddof 1 is 1.
    expect(standardError([1, 2, 3])).toBeCloseTo(1 / Math.sqrt(3), 14)
  })

  it('is unknown for one value', () => expect(standardError([5])).toBeNull())

  it('is multiplied by √((n−1)/(mn−1)) when every value comes m times', () => {
    fc.assert(
      fc.property(scores, fc.integer({ min: 2, max: 5 }), (values, m) => {
        const n = values.length
        const repeated = values.flatMap((value) => Array<number>(m).fill(value))
        const expected = (standardError(values) ?? NaN) * Math.sqrt((n - 1) / (m * n - 1))
        expect(standardError(repeated)).toBeCloseTo(expected, 9)
      }),
    )
  })

  it('scales with the data and does not move with it', () => {
    fc.assert(
      fc.property(scores, fc.double({ min: -9, max: 9, noNaN: true }), (values, factor) => {
        const expected = Math.abs(factor) * (standardError(values) ?? NaN)
        expect(standardError(values.map((value) => factor * value + 3))).toBeCloseTo(expected, 8)
      }),
    )
  })
})

describe('median', () => {
  it('is the middle, or the mean of the middle two', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })
})

describe('estimate', () => {
  it('is null without scores and carries the runs it came from', () => {
    expect(estimate([])).toBeNull()
    expect(
      estimate([
        { run: 'b', value: 2 },
        { run: 'a', value: 1 },
      ]),
    ).toEqual({ mean: 1.5, median: 1.5, sem: 0.5, n: 2, runs: ['a', 'b'] })
  })
})
