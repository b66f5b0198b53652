import { expect, it } from 'vitest'
import { formatFlops } from '../../src-main/analysis/wording'

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
