import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataOrder, LengthOrder, LengthSchedule, type BatchOrder } from '../../src-main/training/order'

const batches = (order: BatchOrder, batchSize: number, steps: readonly number[]): number[] =>
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

describe('batches by length', () => {
  /** 12 examples of 3 tokens, 5 of 7, 3 of 9, by their numbers. */
  const lengths = [
    { tokens: 3, examples: Uint32Array.from({ length: 12 }, (_, i) => i) },
    { tokens: 7, examples: Uint32Array.from({ length: 5 }, (_, i) => 12 + i) },
    { tokens: 9, examples: Uint32Array.from({ length: 3 }, (_, i) => 17 + i) },
  ]
  const tokensOf = (example = NaN): number => (example < 12 ? 3 : example < 17 ? 7 : 9)
  const order = (seed: number, batch = 4): LengthOrder => new LengthOrder(lengths, batch, seed)

  it('hold examples of one length, which at a step is the same for every seed', () => {
    const [one, other] = [order(1), order(2)]
    for (const step of upTo(60)) {
      const tokens = one.tokensAt(step)
      expect(other.tokensAt(step)).toBe(tokens)
      for (const each of [one, other])
        expect(batches(each, 4, [step]).map(tokensOf)).toEqual([tokens, tokens, tokens, tokens])
    }
    expect(batches(one, 4, upTo(60))).not.toEqual(batches(other, 4, upTo(60)))
  })

  it('show every example once before any of its length comes again', () => {
    const seen = batches(order(3), 4, upTo(100))
    for (const { examples, tokens } of lengths) {
      const own = seen.filter((example) => tokensOf(example) === tokens)
      for (let pass = 0; (pass + 1) * examples.length <= own.length; pass++) {
        const once = own.slice(pass * examples.length, (pass + 1) * examples.length)
        expect(once.toSorted((a, b) => a - b)).toEqual([...examples])
      }
    }
  })

  it('show every example as often as any other, but for less than a batch of each length', () => {
    fc.assert(
      fc.property(
        fc
          .array(fc.nat(30), { minLength: 1, maxLength: 4 })
          .filter((sizes) => sizes.some((size) => size > 0)),
        fc.integer({ min: 1, max: 9 }),
        (sizes, batch) => {
          const schedule = new LengthSchedule(sizes, batch)
          const had = sizes.map(() => 0)
          const batchesIn = (passes: number): number[] =>
            sizes.map((size) => Math.floor((passes * size) / batch))
          let step = 0
          for (let pass = 1; pass <= 5; pass++) {
            const last = batchesIn(pass).reduce((sum, count) => sum + count, 0)
            while (step < last) {
              const { length, batch: number } = schedule.at(++step)
              expect(number).toBe((had[length] = (had[length] ?? 0) + 1))
            }
            expect(had).toEqual(batchesIn(pass))
          }
        },
      ),
    )
  })

  it('follow from seed and step alone, in whatever order steps are asked for', () => {
    const whole = batches(order(5), 4, upTo(40))
    const resumed = order(5)
    for (const step of [33, 2, 17, 40, 18])
      expect(batches(resumed, 4, [step])).toEqual(whole.slice((step - 1) * 4, step * 4))
  })

  it('mix the lengths within a pass', () => {
    const turns = upTo(40).map((step) => order(0).tokensAt(step))
    expect(new Set(turns.slice(0, 10)).size).toBeGreaterThan(1)
    expect(turns).not.toEqual(turns.toSorted((a = 0, b = 0) => a - b))
  })
})
