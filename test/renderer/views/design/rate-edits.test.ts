import { describe, expect, test } from 'vitest'
import {
  extended,
  gridOf,
  halfDecade,
  moved,
  movedEnd,
  widened,
  withoutRate,
  withRate,
} from '../../../../src-renderer/views/design/rate-edits'

const GRID = [1e-5, 1e-4, 1e-3, 1e-2]

describe('learning rates on their axis', () => {
  test('an end of a grid moves by its steps, so that the rates between stay', () => {
    expect(moved(GRID, 0, -6.2, 1)).toEqual([1e-6, ...GRID])
    expect(moved(GRID, 0, -3.6, 1)).toEqual([1e-4, 1e-3, 1e-2])
    expect(moved(GRID, 3, -0.9, 1)).toEqual([...GRID, 0.1])
    expect(moved(GRID, 3, -1.6, 1)).toEqual(GRID)
    expect(moved([1e-3, 3.16e-3, 1e-2], 2, -1.4, 2)).toEqual([1e-3, 3.16e-3, 1e-2, 0.0316])
    expect(moved(GRID, 0, 1, 1)).toEqual(GRID)
  })

  test('any other rate moves by half decades, as far as its neighbours', () => {
    expect(moved(GRID, 1, -4.4, 1)).toEqual([1e-5, 3.16e-5, 1e-3, 1e-2])
    expect(moved(GRID, 1, -2, null)).toEqual(GRID)
    expect(moved(GRID, 0, -6.6, null)).toEqual([3.16e-7, 1e-4, 1e-3, 1e-2])
    expect(halfDecade(-20)).toBe(1e-12)
  })

  test('half a decade beyond an end is added without moving what is there', () => {
    expect(extended(GRID, 'low')).toEqual([3.16e-6, ...GRID])
    expect(extended(GRID, 'high')).toEqual([...GRID, 0.0316])
    expect(extended([], 'low')).toEqual([1e-3])
  })

  test('rates are added in their order and once, and the last one stays', () => {
    expect(withRate([1e-3], 1e-4)).toEqual([1e-4, 1e-3])
    expect(withRate([1e-3], 1e-3)).toEqual([1e-3])
    expect(withoutRate(GRID, 1e-4)).toEqual([1e-5, 1e-3, 1e-2])
    expect(withoutRate([1e-3], 1e-3)).toEqual([1e-3])
  })

  test('a draw over half a decade more is as dense, and stays a draw', () => {
    const draw = { from: 1e-4, to: 1e-2, count: 8, sample: 'log-uniform', seed: 5 } as const
    expect(widened(draw, 'low')).toEqual({ ...draw, from: 3.16e-5, count: 10 })
    expect(widened(draw, 'high')).toEqual({ ...draw, to: 0.0316, count: 10 })
  })

  test('a uniform draw over half a decade more is as dense on its own axis, and stays uniform', () => {
    const draw = { from: 1e-4, to: 1e-2, count: 8, sample: 'uniform', seed: 5 } as const
    expect(widened(draw, 'low')).toEqual({ ...draw, from: 3.16e-5, count: 9 })
    expect(widened(draw, 'high')).toEqual({ ...draw, to: 0.0316, count: 26 })
  })

  test('an end of a draw moves by half decades, never past the other', () => {
    const range = { from: 1e-4, to: 1e-2 }
    expect(movedEnd(range, 'from', -5.4)).toEqual({ from: 3.16e-6, to: 1e-2 })
    expect(movedEnd(range, 'to', -1.1)).toEqual({ from: 1e-4, to: 0.1 })
    expect(movedEnd(range, 'from', -1.9)).toBe(range)
    expect(movedEnd(range, 'to', -2.2)).toBe(range)
  })

  test('what is still a grid is written as one', () => {
    expect(gridOf([1e-6, ...GRID], 1)).toEqual({ from: 1e-6, to: 1e-2, per_decade: 1 })
    expect(gridOf([3.16e-6, ...GRID], 1)).toBeNull()
    expect(gridOf(withoutRate(GRID, 1e-4), 1)).toBeNull()
  })
})
