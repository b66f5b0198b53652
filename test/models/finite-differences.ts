import { expect } from 'vitest'
import type { Tensor } from '../../src-main/engine'

/** What gradients by hand are held against: central differences of plain float64 formulas. */

/** @param less what the count of numbers is lowered by in the variance */
export const plainNorm = (
  row: number[],
  gain: number[],
  shift: number[],
  epsilon: number,
  less = 0,
): number[] => {
  const mean = row.reduce((a, b) => a + b) / row.length
  const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (row.length - less)
  return row.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * (gain[i] ?? 0) + (shift[i] ?? 0))
}

/** Central differences of sum(weight * f(x)) in float64. */
export function slope(f: (x: number[]) => number[], x: number[], weight: number[]): number[] {
  const total = (at: number[]): number => f(at).reduce((sum, v, i) => sum + v * (weight[i] ?? 0), 0)
  const h = 1e-5
  return x.map((_, i) => {
    const moved = (by: number): number[] => x.map((v, j) => (i === j ? v + by : v))
    return (total(moved(h)) - total(moved(-h))) / (2 * h)
  })
}

export const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 2)
export const rows = (flat: number[], width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width))

export function expectClose(found: Tensor, expected: number[], digits = 4): void {
  const values = found.dataSync()
  expect(values.length).toBe(expected.length)
  expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, digits))
}
