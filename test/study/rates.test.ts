import { describe, expect, it } from 'vitest'
import { drawRates, expandGrid, formatRate, roundRate, sayDraw } from '../../src-main/study/rates'

describe('a grid of learning rates', () => {
  it('holds both ends, as the decimals that people write', () => {
    expect(expandGrid({ from: 1e-6, to: 1e-2, per_decade: 1 })).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
  })

  it('rounds to three significant digits', () => {
    expect(expandGrid({ from: 1e-5, to: 1e-3, per_decade: 2 })).toEqual([1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3])
    expect(expandGrid({ from: 1e-4, to: 1e-3, per_decade: 3 })).toEqual([1e-4, 2.15e-4, 4.64e-4, 1e-3])
  })

  it('ends at the highest rate, though the steps would not meet it', () => {
    expect(expandGrid({ from: 1e-5, to: 5e-3, per_decade: 1 })).toEqual([1e-5, 1e-4, 1e-3, 5e-3])
    expect(expandGrid({ from: 1e-5, to: 3.16e-4, per_decade: 2 })).toEqual([1e-5, 3.16e-5, 1e-4, 3.16e-4])
  })

  it('may hold a single rate', () => {
    expect(expandGrid({ from: 1e-3, to: 1e-3, per_decade: 5 })).toEqual([1e-3])
  })

  it('meets every power of ten exactly, however fine it is and wherever it starts', () => {
    for (let perDecade = 1; perDecade <= 100; perDecade++) {
      const rates = expandGrid({ from: 1e-7, to: 10, per_decade: perDecade })
      for (const power of [1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]) expect(rates).toContain(power)
      expect(rates).toHaveLength(8 * perDecade + 1)
      expect(new Set(rates).size).toBe(rates.length)
    }
  })
})

describe('drawn rates', () => {
  const draw = { from: 1e-5, to: 1e-2, count: 1000, sample: 'log-uniform', seed: 0 } as const

  it('are the same for the same seed, and others for another', () => {
    expect(drawRates(draw)).toEqual(drawRates(draw))
    expect(drawRates({ ...draw, count: 8 })).not.toEqual(drawRates({ ...draw, count: 8, seed: 1 }))
  })

  it('keep those there are when the count grows', () => {
    expect(drawRates({ ...draw, count: 12 }).slice(0, 8)).toEqual(drawRates({ ...draw, count: 8 }))
  })

  it('are different from each other, of three digits, and as many in each decade', () => {
    const rates = drawRates({ ...draw, count: 300 })
    expect(new Set(rates.map(roundRate)).size).toBe(300)
    for (const low of [1e-5, 1e-4, 1e-3]) {
      const inside = rates.filter((rate) => rate >= low && rate < 10 * low)
      expect(Math.abs(inside.length - 100)).toBeLessThan(30)
    }
  })

  it('are as many in each part of the range where they are drawn uniformly', () => {
    const uniform = { ...draw, sample: 'uniform' } as const
    const rates = drawRates({ ...uniform, count: 300 })
    expect(new Set(rates.map(roundRate)).size).toBe(300)
    for (const low of [1e-5, 3.34e-3, 6.67e-3]) {
      const inside = rates.filter((rate) => rate >= low && rate < low + 3.33e-3)
      expect(Math.abs(inside.length - 100)).toBeLessThan(30)
    }
    expect(drawRates({ ...uniform, count: 12 }).slice(0, 8)).toEqual(drawRates({ ...uniform, count: 8 }))
    expect(sayDraw({ ...uniform, count: 8 })).toBe('8 rates drawn uniformly from 1e-5 to 1e-2 (seed 0)')
  })

  it('are fewer where the range does not hold so many', () => {
    expect(drawRates({ ...draw, from: 1e-3, to: 1e-3 })).toEqual([1e-3])
  })
})

describe('a rate', () => {
  it('is the nearest double of three significant digits', () => {
    expect(roundRate(0.00031622776)).toBe(3.16e-4)
    expect(roundRate(1.0001e-3)).toBe(1e-3)
  })

  it.each([
    [1e-5, '1e-5'],
    [3.16e-4, '3.16e-4'],
    [0.01, '1e-2'],
    [31_600_000, '31600000'],
    [3.16e13, '3.16e13'],
    [0.1, '0.1'],
    [2, '2'],
  ])('%d is written %s', (rate, text) => expect(formatRate(rate)).toBe(text))
})
