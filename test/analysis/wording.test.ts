import { expect, it, test } from 'vitest'
import { formatFlops, sayRates } from '../../src-main/analysis/wording'

it.each([
  [0.5, '0.500 FLOP'],
  [7, '7.00 FLOP'],
  [999.6, '1.00 kFLOP'],
  [8_193_024, '8.19 MFLOP'],
  [1.5e12, '1.50 TFLOP'],
  [123.4e15, '123 PFLOP'],
  [2e25, '20000 ZFLOP'],
])('%d floating-point operations are written as %s', (flops, text) => {
  expect(formatFlops(flops)).toBe(text)
})

test('rates that follow each other are said as a range, others one by one', () => {
  const grid = [1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 1e-2]
  expect(sayRates(grid, grid)).toBe('1e-6 to 1e-2')
  expect(sayRates([1e-6, 1e-5, 3e-5, 1e-4, 1e-3, 1e-2], grid)).toBe('1e-6, 1e-5 to 1e-4, 1e-3, 1e-2')
  expect(sayRates([1e-6, 1e-3], [1e-6, 1e-4, 1e-3])).toBe('1e-6, 1e-3')
  expect(sayRates([], grid)).toBe('')
})
