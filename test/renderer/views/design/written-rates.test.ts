import { describe, expect, test } from 'vitest'
import { readRates } from '../../../../src-renderer/views/design/written-rates'
import { drawRates } from '../../../../src-main/study/rates'

describe('learning rates as they are being written', () => {
  test('are a list, a grid or a draw, and rise without repetition', () => {
    expect(readRates([1e-2, 1e-3, 1e-2, 'x', -1])).toMatchObject({ shape: 'list', rates: [1e-3, 1e-2] })
    expect(readRates({ from: 1e-4, to: 1e-2 })).toMatchObject({ shape: 'grid', rates: [1e-4, 1e-3, 1e-2] })
    const draw = { from: 1e-5, to: 1e-1, count: 5, sample: 'log-uniform', seed: 3 } as const
    expect(readRates({ from: 1e-5, to: 1e-1, count: 5, seed: 3 })).toEqual({
      shape: 'drawn',
      draw,
      rates: drawRates(draw).sort((a, b) => a - b),
    })
  })

  test('are drawn log-uniformly unless the file says uniformly', () => {
    const uniform = { from: 1e-5, to: 1e-1, count: 5, sample: 'uniform' } as const
    expect(readRates(uniform)).toMatchObject({
      draw: { ...uniform, seed: 0 },
      rates: drawRates({ ...uniform, seed: 0 }).sort((a, b) => a - b),
    })
    expect(readRates({ ...uniform, sample: 'normal' })).toEqual({ shape: 'drawn', draw: null, rates: [] })
  })

  test('that make no sense yet keep their shape and make none', () => {
    expect(readRates({ from: 1e-2, to: 1e-4 })).toEqual({ shape: 'grid', grid: null, rates: [] })
    expect(readRates({ from: 'x', to: 1, count: 2 })).toEqual({ shape: 'drawn', draw: null, rates: [] })
    expect(readRates({ from: 1e-3, to: 1e-2, count: 1e9 })).toMatchObject({ draw: null, rates: [] })
    expect(readRates({ from: 1e-3, to: 1e-2, per_decade: 1e9 })).toMatchObject({ grid: null })
    expect(readRates(null)).toEqual({ shape: 'grid', grid: null, rates: [] })
  })
})
