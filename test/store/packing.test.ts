import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packPoints, unpackPoints } from '../../src-main/store/packing'
import type { Series } from '../../src-main/run'

const times = fc.oneof(
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
  fc.integer({ min: 1.7e12, max: 1.7e12 + 1e6 }),
)
const values = fc.oneof(
  fc.double(),
  fc.float(),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 5e-324, 1 / 8),
)

const points = fc
  .record({
    steps: fc.uniqueArray(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { minLength: 1, maxLength: 300 }),
    even: fc.option(fc.record({ first: fc.nat(1000), stride: fc.integer({ min: 1, max: 500 }) })),
    seed: fc.array(fc.tuple(values, times), { minLength: 1, maxLength: 50 }),
  })
  .map(({ steps, even, seed }): Series => {
    const rising = even ? steps.map((_, i) => even.first + i * even.stride) : steps.sort((a, b) => a - b)
    return {
      steps: Uint32Array.from(rising),
      values: Float64Array.from(rising, (_, i) => seed[i % seed.length]![0]),
      times: Float64Array.from(rising, (_, i) => seed[i % seed.length]![1]),
    }
  })

const losses = (count: number): Series => ({
  steps: Uint32Array.from({ length: count }, (_, i) => i + 1),
  values: Float64Array.from({ length: count }, (_, i) =>
    Math.fround(2 / Math.sqrt(i + 1) + 0.3 * Math.sin(i * i)),
  ),
  times: Float64Array.from({ length: count }, (_, i) => 1.7e12 + i * 12 + (i % 3)),
})

describe('packing points', () => {
  it('gives back the same points, bit for bit, NaN, infinities and -0 included', () => {
    fc.assert(
      fc.property(points, (series) => {
        const back = unpackPoints(packPoints(series))
        expect(back.steps).toEqual(series.steps)
        expect(back.times).toEqual(series.times)
        expect(back.values.every((value, i) => Object.is(value, series.values[i]))).toBe(true)
      }),
    )
  })

  it('takes less than 5 bytes for a point of a float32 loss logged at every step', () => {
    expect(packPoints(losses(4096)).length / 4096).toBeLessThan(5)
  })

  it('keeps float64 values that float32 cannot hold', () => {
    const series = { ...losses(2), values: Float64Array.of(0.1, Math.PI) }
    expect([...unpackPoints(packPoints(series)).values]).toEqual([0.1, Math.PI])
  })

  it('refuses bytes that are cut short at any place', () => {
    const packed = packPoints({ ...losses(40), values: Float64Array.from({ length: 40 }, Math.random) })
    for (let length = 0; length < packed.length; length++) {
      expect(() => unpackPoints(packed.subarray(0, length)), `cut to ${length} bytes`).toThrow(RangeError)
    }
  })

  it('refuses a format that it does not know', () => {
    const packed = packPoints(losses(3))
    packed[0] = 200
    expect(() => unpackPoints(packed)).toThrow('format 200')
  })
})
