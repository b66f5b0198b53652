import { beforeAll, describe, expect, it } from 'vitest'
import { loadEngine, tf, type Tensor } from '../../src-main/engine'
import { attend, causalMask } from '../../src-main/models/fused'
import { expectClose, numbers, plainNorm, rows, slope } from './finite-differences'
import { gelu, geluTanh, layerNorm, rowsOf, scaledSoftmax } from '../../src-main/models/gradients'

beforeAll(async () => {
  await loadEngine()
})

/** Plain float64 versions of the operations: what the fast ones are held against. */

const erf = (x: number): number => {
  // Series 2/sqrt(pi) sum (-1)^n x^(2n+1) / (n! (2n+1)), good to double precision for the |x| < 4 of these tests.
  let term = x
  let sum = x
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
const plainGelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2))
const plainGeluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
const plainSoftmax = (row: number[]): number[] => {
  const shares = row.map((v) => Math.exp(v - Math.max(...row)))
  return shares.map((v) => v / shares.reduce((a, b) => a + b))
}

describe('GELU', () => {
  it.each([
    ['exact', gelu, plainGelu],
    ['in tanh form', geluTanh, plainGeluTanh],
  ])('%s and its gradient equal the formula', (_, fast, plain) => {
    const x = [...numbers(20, 1), 0, -4, 4]
    const weight = numbers(x.length, 2)
    tf.tidy(() => {
      expectClose(fast(tf.tensor1d(x)), x.map(plain), 5)
      const found = tf.grad((t: Tensor) => tf.sum(tf.mul(fast(t), weight)))(tf.tensor1d(x))
      expectClose(
        found,
        slope((at) => at.map(plain), x, weight),
      )
    })
  })

  it('has gradient 1 far to the right and 0 far to the left', () => {
    for (const fast of [gelu, geluTanh]) {
      const found = tf.tidy(() =>
        tf
          .grad((t: Tensor) => tf.sum(fast(t)))(tf.tensor1d([40, -40]))
          .dataSync(),
      )
      expect(Array.from(found)).toEqual([1, expect.closeTo(0)])
    }
  })
})

describe('layer norm', () => {
  const [runs, length, width] = [2, 3, 5]
  const x = numbers(runs * length * width, 3)
  const gain = numbers(runs * width, 4)
  const shift = numbers(runs * width, 5)
  const weight = numbers(x.length, 6)
  const plain = (x: number[], gain: number[], shift: number[]): number[] =>
    rows(x, width).flatMap((row, i) => {
      const from = Math.floor(i / length) * width
      return plainNorm(row, gain.slice(from, from + width), shift.slice(from, from + width), 1e-5)
    })
  const fast = (trained: boolean) => (x: Tensor, gain: Tensor, shift: Tensor) =>
    tf.sum(tf.mul(layerNorm(x, gain, shift, 1e-5, trained), tf.tensor(weight, [runs, length, width])))

  it('and all its gradients equal the formula, each run with its own gain', () => {
    tf.tidy(() => {
      const given = [
        tf.tensor(x, [runs, length, width]),
        tf.tensor(gain, [runs, width]),
        tf.tensor(shift, [runs, width]),
      ]
      expectClose(layerNorm(...(given as [Tensor, Tensor, Tensor]), 1e-5, true), plain(x, gain, shift), 4)
      const [dx, dGain, dShift] = tf.grads(fast(true))(given) as [Tensor, Tensor, Tensor]
      expectClose(
        dx,
        slope((at) => plain(at, gain, shift), x, weight),
        3,
      )
      expectClose(
        dGain,
        slope((at) => plain(x, at, shift), gain, weight),
        3,
      )
      expectClose(
        dShift,
        slope((at) => plain(x, gain, at), shift, weight),
        3,
      )
    })
  })

  it('that does not train passes the same gradient on to its input, with a shared gain too', () => {
    tf.tidy(() => {
      const one = gain.slice(0, width)
      const all = [...one, ...one]
      const loss = (t: Tensor): Tensor => fast(false)(t, tf.tensor1d(one), tf.tensor1d(one))
      const dx = tf.grad(loss)(tf.tensor(x, [runs, length, width]))
      expectClose(
        dx,
        slope((at) => plain(at, all, all), x, weight),
        3,
      )
    })
  })
})

describe('layer norm by the unbiased variance', () => {
  it('and its gradients equal the formula', () => {
    const [width, epsilon] = [4, 1e-6]
    const [x, gain, shift, weight] = [numbers(12, 1), numbers(4, 2), numbers(4, 3), numbers(12, 4)]
    const plain = (x: number[], gain: number[], shift: number[]): number[] =>
      rows(x, width).flatMap((row) => plainNorm(row, gain, shift, epsilon, 1))
    tf.tidy(() => {
      const given = [tf.tensor(x, [1, 3, 4]), tf.tensor(gain, [1, 4]), tf.tensor(shift, [1, 4])]
      const fast = (...[x, gain, shift]: Tensor[]): Tensor =>
        layerNorm(x as Tensor, gain as Tensor, shift as Tensor, epsilon, true, 'unbiased')
      expectClose(fast(...given), plain(x, gain, shift))
      const found = tf.grads((...all: Tensor[]) =>
        tf.sum(tf.mul(fast(...all), tf.tensor(weight, [1, 3, 4]))),
      )(given)
      const [dx, dGain, dShift] = found as [Tensor, Tensor, Tensor]
      expectClose(
        dx,
        slope((at) => plain(at, gain, shift), x, weight),
        3,
      )
      expectClose(
        dGain,
        slope((at) => plain(x, at, shift), gain, weight),
        3,
      )
      expectClose(
        dShift,
        slope((at) => plain(x, gain, at), shift, weight),
        3,
      )
    })
  })
})

describe('scaled softmax', () => {
  const x = numbers(12, 7)
  const weight = numbers(12, 8)
  const mask = [0, -1e9, 0, 0]
  const plain = (at: number[]): number[] =>
    rows(at, 4).flatMap((row) => plainSoftmax(row.map((v, i) => v * 0.3 + (mask[i] ?? 0))))

  it('and its gradient equal the formula, masked places get neither share nor gradient', () => {
    tf.tidy(() => {
      const given = tf.tensor2d(x, [3, 4])
      expectClose(scaledSoftmax(given, 0.3, tf.tensor1d(mask)), plain(x), 6)
      const found = tf.grad((t: Tensor) =>
        tf.sum(tf.mul(scaledSoftmax(t, 0.3, tf.tensor1d(mask)), tf.tensor2d(weight, [3, 4]))),
      )(given)
      expectClose(found, slope(plain, x, weight))
      expect(found.dataSync()[1]).toBe(0)
    })
  })
})

describe('rows of a table', () => {
  it('are picked, and the gradients of a row picked twice add up', () => {
    tf.tidy(() => {
      const table = tf.tensor2d([0, 1, 10, 11, 20, 21], [3, 2])
      const picks = tf.tensor1d([2, 0, 2], 'int32')
      expect(rowsOf(table, picks).arraySync()).toEqual([
        [20, 21],
        [0, 1],
        [20, 21],
      ])
      const weight = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2])
      const found = tf.grad((t: Tensor) => tf.sum(tf.mul(rowsOf(t, picks), weight)))(table)
      expect(found.arraySync()).toEqual([
        [3, 4],
        [0, 0],
        [6, 8],
      ])
    })
  })
})

describe('attention', () => {
  it('and the gradients of queries, keys and values equal the formula, with a mask and only the last tokens asking', () => {
    const [heads, tokens, read, size] = [2, 4, 3, 2]
    const q = numbers(heads * read * size, 1)
    const k = numbers(heads * tokens * size, 2)
    const v = numbers(heads * tokens * size, 3)
    const weight = numbers(read * heads * size, 4)
    const at = (values: number[], width: number, head: number, row: number, i: number): number =>
      values[(head * width + row) * size + i] ?? NaN
    /** [R, H * D / H], as `attend` lays them out. */
    const plain = (q: number[], k: number[], v: number[]): number[] =>
      Array.from({ length: read }, (_, row) =>
        Array.from({ length: heads }, (_, head) => {
          // The last of the tokens may look at all, the one before it at one less.
          const seen = tokens - read + row + 1
          const shares = plainSoftmax(
            Array.from({ length: seen }, (_, token) => {
              const [a, b] = [0, 1].map((i) => at(q, read, head, row, i) * at(k, tokens, head, token, i))
              return ((a ?? NaN) + (b ?? NaN)) / Math.sqrt(size)
            }),
          )
          return [0, 1].map((i) =>
            shares.reduce((sum, share, token) => sum + share * at(v, tokens, head, token, i), 0),
          )
        }).flat(),
      ).flat()
    tf.tidy(() => {
      const given = [q, k, v].map((values, i) => tf.tensor(values, [1, heads, i === 0 ? read : tokens, size]))
      const fast = (...[q, k, v]: Tensor[]): Tensor =>
        attend(
          q as Tensor,
          k as Tensor,
          v as Tensor,
          { runs: 1, examples: 1, tokens },
          causalMask({ runs: 1, examples: 1, tokens, lengths: null }, read),
          (shares) => shares,
        )
      expectClose(fast(...given), plain(q, k, v), 5)
      const found = tf.grads((...all: Tensor[]) =>
        tf.sum(tf.mul(fast(...all), tf.tensor(weight, [1, read, heads * size]))),
      )(given)
      const [dq, dk, dv] = found as [Tensor, Tensor, Tensor]
      expectClose(
        dq,
        slope((at) => plain(at, k, v), q, weight),
      )
      expectClose(
        dk,
        slope((at) => plain(q, at, v), k, weight),
      )
      expectClose(
        dv,
        slope((at) => plain(q, k, at), v, weight),
      )
    })
  })
})
