import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Series } from '../../src-main/run'
import { downsample } from '../../src-main/store/downsample'

const series = (values: readonly number[]): Series => ({
  steps: Uint32Array.from(values, (_, i) => 10 * i),
  values: Float64Array.from(values),
  times: Float64Array.from(values, (_, i) => 1e12 + i),
})

describe('downsampling', () => {
  it('leaves a series alone that is short enough', () => {
    const short = series([1, 2, 3, 4, 5])
    expect(downsample(short, 5)).toBe(short)
  })

  it('keeps a single spike among 100,000 points', () => {
    const values = Array.from({ length: 100_000 }, () => 1)
    values[54_321] = 99
    values[77_777] = -99
    const drawn = downsample(series(values), 200)
    expect([...drawn.values].filter((value) => value !== 1)).toEqual([99, -99])
    expect(drawn.steps).toContain(543_210)
  })

  it('keeps the one NaN that tells of a divergence', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => (i === 7_000 ? NaN : i))
    expect([...downsample(series(values), 50).values].filter(Number.isNaN)).toHaveLength(1)
  })

  it('keeps first, last, lowest and highest, stays in order and within the limit, and invents nothing', () => {
    const value = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(NaN, Infinity, -Infinity))
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 5, max: 120 }),
        (values, limit) => {
          const full = series(values)
          const { steps, values: drawn } = downsample(full, limit)
          expect(steps.length).toBeLessThanOrEqual(limit)
          expect(steps.every((step, i) => i === 0 || step > steps[i - 1]!)).toBe(true)
          expect(steps.every((step, i) => Object.is(drawn[i], full.values[step / 10]))).toBe(true)
          expect([steps[0], steps.at(-1)]).toEqual([0, 10 * (values.length - 1)])
          const numbers = (list: Iterable<number>): number[] => [...list].filter((one) => !Number.isNaN(one))
          expect(Math.min(...numbers(drawn))).toBe(Math.min(...numbers(values)))
          expect(Math.max(...numbers(drawn))).toBe(Math.max(...numbers(values)))
          expect(drawn.some(Number.isNaN)).toBe(values.some(Number.isNaN))
        },
      ),
    )
  })

  it('refuses a limit too small to keep what it promises', () => {
    expect(() => downsample(series([1, 2, 3, 4, 5, 6]), 4)).toThrow('at least 5')
    expect(() => downsample(series([1]), NaN)).toThrow(RangeError)
  })
})
