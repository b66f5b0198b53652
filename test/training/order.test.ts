import { describe, expect, it } from 'vitest'
import { DataOrder } from '../../src-main/training/order'

const batches = (order: DataOrder, batchSize: number, steps: readonly number[]): number[] =>
  steps.flatMap((step) => {
    const target = new Uint32Array(batchSize)
    order.fill(step, target)
    return [...target]
  })
const upTo = (steps: number): number[] => Array.from({ length: steps }, (_, i) => i + 1)

describe('DataOrder', () => {
  it('shows every example once an epoch, in an order of its own', () => {
    const seen = batches(new DataOrder(10, 4, 7, true), 4, upTo(5))
    const epochs = [seen.slice(0, 10), seen.slice(10)]
    for (const epoch of epochs)
      expect(epoch.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(epochs[0]).not.toEqual(epochs[1])
  })

  it('follows from seed and step alone', () => {
    const whole = batches(new DataOrder(10, 4, 7, true), 4, upTo(20))
    const resumed = new DataOrder(10, 4, 7, true)
    expect(batches(resumed, 4, [13, 3, 20])).toEqual([
      ...whole.slice(48, 52),
      ...whole.slice(8, 12),
      ...whole.slice(76),
    ])
    expect(batches(new DataOrder(10, 4, 8, true), 4, upTo(20))).not.toEqual(whole)
  })

  it('without shuffling is the order of the file, wrapping around', () => {
    expect(batches(new DataOrder(5, 3, 0, false), 3, upTo(3))).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 3])
  })

  it('serves batches larger than the split', () => {
    expect(batches(new DataOrder(2, 5, 0, false), 5, [1])).toEqual([0, 1, 0, 1, 0])
  })
})
