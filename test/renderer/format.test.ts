import { describe, expect, test } from 'vitest'
import { count, duration, estimate, moment, plural, rate, rateLabel, score } from '../../src-renderer/format'

describe('a learning rate', () => {
  test.each([
    [1e-3, '1e-3', '10⁻³'],
    [3.16e-7, '3.16e-7', '3.16×10⁻⁷'],
    [0.01, '1e-2', '10⁻²'],
    [0.1, '0.1', '10⁻¹'],
    [0.31623, '0.316', '3.16×10⁻¹'],
    [1, '1', '10⁰'],
    [25, '25', '2.5×10¹'],
    [2e-10, '2e-10', '2×10⁻¹⁰'],
  ])('%d is %s in a table and %s on an axis', (value, inTable, onAxis) => {
    expect([rate(value), rateLabel(value)]).toEqual([inTable, onAxis])
  })
})

describe('a score', () => {
  test('accuracy is in per cent with one decimal, loss with four digits', () => {
    expect([score(0.9847, 'accuracy'), score(0.123456, 'loss')]).toEqual(['98.5', '0.1235'])
  })

  test('what is not known or not a number is a dash, never a zero', () => {
    expect([null, undefined, NaN, Infinity].map((value) => score(value, 'accuracy'))).toEqual([
      '–',
      '–',
      '–',
      '–',
    ])
    expect(score(0, 'accuracy')).toBe('0.0')
  })

  test('a mean without a standard error stands alone', () => {
    expect(estimate({ mean: 0.985, sem: 0.001 }, 'accuracy')).toBe('98.5 ± 0.1')
    expect(estimate({ mean: 0.985, sem: null }, 'accuracy')).toBe('98.5')
    expect(estimate(null, 'accuracy')).toBe('–')
  })
})

test('a duration has at most two units', () => {
  expect([0, 89, 90, 5_340, 5_400, 7_200, 100_000, 172_800, 360_000].map(duration)).toEqual([
    '0 s',
    '89 s',
    '2 min',
    '89 min',
    '1 h 30 min',
    '2 h',
    '27 h 47 min',
    '2 d',
    '4 d 4 h',
  ])
})

test('counts are grouped, and one is singular', () => {
  expect([count(1234567), plural(1, 'run'), plural(0, 'run'), plural(2000, 'run')]).toEqual([
    '1,234,567',
    '1 run',
    '0 runs',
    '2,000 runs',
  ])
})

test('a moment says only what is not obvious', () => {
  const now = new Date(2026, 10, 23, 18, 0)
  const at = (...parts: [number, number, number, number, number]): string =>
    moment(new Date(...parts).toISOString(), now)
  expect(at(2026, 10, 23, 14, 5)).toBe('14:05')
  expect(at(2026, 10, 3, 14, 5)).toBe('3 Nov 14:05')
  expect(at(2025, 10, 23, 14, 5)).toBe('23 Nov 2025 14:05')
})
