import { addRowsByIndex, bfloat16Product, gatherRows, tf, type Tensor, type Tensor1D } from '../engine'

/**
 * Operations with gradients written by hand: the ones tfjs derives are chains of many full-size products (and the one
 * of tf.mean builds a tensor of ones in JavaScript). Same functions, a third of the work.
 *
 * A gain or shift that is not trained is no input of the operation but a constant in it, so its gradient costs nothing.
 */

export interface Differentiable {
  readonly value: Tensor
  /** What the gradient needs of the forward pass. */
  readonly saved: Tensor[]
  /** Gradients of the inputs, in their order. */
  readonly gradient: (dy: Tensor, saved: Tensor[]) => Tensor[]
}

export function differentiable(inputs: Tensor[], compute: () => Differentiable): Tensor {
  return tf.customGrad((...given) => {
    const save = given.at(-1)
    const { value, saved, gradient } = compute()
    if (typeof save === 'function') save(saved)
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => gradient(dy, kept) }
  })(...inputs)
}

const TANH_SLOPE = 2 * Math.sqrt(2 / Math.PI)
const TANH_CUBE = TANH_SLOPE * 0.044715

/**
 * GELU's tanh approximation, 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), as `gelu_new` in GPT-2. Computed as
 * x sigmoid(2u), which is the same function with fewer products.
 */
export function geluTanh(x: Tensor): Tensor {
  return differentiable([x], () => {
    const s = tf.sigmoid(tf.mul(x, tf.add(TANH_SLOPE, tf.mul(TANH_CUBE, tf.square(x)))))
    return {
      value: tf.mul(x, s),
      saved: [x, s],
      gradient: (dy, saved) => {
        const [x, s] = saved as [Tensor, Tensor]
        const slope = tf.add(TANH_SLOPE, tf.mul(3 * TANH_CUBE, tf.square(x)))
        const inner = tf.mul(tf.mul(x, tf.sub(1, s)), slope)
        return [tf.mul(dy, tf.mul(s, tf.add(1, inner)))]
      },
    }
  })
}

/** Exact GELU, x Phi(x), with the error function, as `gelu` in BERT. */
export function gelu(x: Tensor): Tensor {
  return differentiable([x], () => {
    const phi = tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))
    return {
      value: tf.mul(x, phi),
      saved: [x, phi],
      gradient: (dy, saved) => {
        const [x, phi] = saved as [Tensor, Tensor]
        const density = tf.mul(tf.exp(tf.mul(-0.5, tf.square(x))), 1 / Math.sqrt(2 * Math.PI))
        return [tf.mul(dy, tf.add(phi, tf.mul(x, density)))]
      },
    }
  })
}

export const activations = { gelu, 'gelu-tanh': geluTanh } as const

/**
 * Normalises the last dimension to mean 0 and (biased) variance 1, then scales and shifts.
 * @param x [K, N, D]
 * @param gain with `shift`: [K, D], or [D] when all runs share them
 * @param trained whether gain and shift get gradients
 */
export function layerNorm(
  x: Tensor,
  gain: Tensor,
  shift: Tensor,
  epsilon: number,
  trained: boolean,
  variance: Variance = 'biased',
): Tensor {
  return differentiable(trained ? [x, gain, shift] : [x], () => {
    const { normed, scale } = normalise(x, epsilon, variance)
    return {
      value: tf.add(tf.mul(normed, perExample(gain)), perExample(shift)),
      saved: [normed, scale, gain],
      gradient: (dy, saved) => {
        const [normed, scale, gain] = saved as [Tensor, Tensor, Tensor]
        const dx = normaliseGradient(tf.mul(dy, perExample(gain)), normed, scale, variance)
        return trained ? [dx, tf.sum(tf.mul(dy, normed), 1), tf.sum(dy, 1)] : [dx]
      },
    }
  })
}

/** A sum of squares divided by the count of numbers, or by one less. */
export type Variance = 'biased' | 'unbiased'

/** A gain or shift [K, D] or [D] as it meets [K, N, D]. */
export const perExample = (t: Tensor): Tensor => (t.rank === 2 ? tf.expandDims(t, 1) : t)

/** The last dimension at mean 0 and variance 1, and what it was multiplied with. No gradient of its own. */
export function normalise(x: Tensor, epsilon: number, variance: Variance): { normed: Tensor; scale: Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true))
  const spread = byCount(tf.mean(tf.square(centred), -1, true), x, variance)
  const scale = tf.rsqrt(tf.add(spread, epsilon))
  return { normed: tf.mul(centred, scale), scale }
}

/** The gradient of what `normalise` was given, from that of what it gave. */
export function normaliseGradient(
  dNormed: Tensor,
  normed: Tensor,
  scale: Tensor,
  variance: Variance,
): Tensor {
  const mean = tf.mean(dNormed, -1, true)
  const along = byCount(tf.mean(tf.mul(dNormed, normed), -1, true), normed, variance)
  return tf.mul(scale, tf.sub(tf.sub(dNormed, mean), tf.mul(normed, along)))
}

/** A mean over the last dimension of x, divided by one number less where the variance is unbiased. */
function byCount(mean: Tensor, x: Tensor, variance: Variance): Tensor {
  const count = x.shape.at(-1) ?? 0
  return variance === 'biased' ? mean : tf.mul(mean, count / (count - 1))
}

/**
 * softmax(scale * scores + mask) over the last dimension.
 * @param mask added after scaling (0 where allowed, hugely negative where not), or null
 */
export function scaledSoftmax(scores: Tensor, scale: number, mask: Tensor | null): Tensor {
  return differentiable([scores], () => {
    const scaled = tf.mul(scores, scale)
    const shares = tf.softmax(mask === null ? scaled : tf.add(scaled, mask))
    return {
      value: shares,
      saved: [shares],
      gradient: (dy, saved) => {
        const [shares] = saved as [Tensor]
        const along = tf.mul(shares, dy)
        return [tf.mul(scale, tf.sub(along, tf.mul(shares, tf.sum(along, -1, true))))]
      },
    }
  })
}

/**
 * Rows of a table.
 * @param table [V, D]
 * @param indices int32 [N], each below V
 * @returns [N, D]
 */
export function rowsOf(table: Tensor, indices: Tensor): Tensor {
  return differentiable([table], () => ({
    value: gatherRows(table, indices),
    saved: [indices],
    gradient: (dy, saved) => [addRowsByIndex(dy, saved[0] as Tensor1D, table.shape[0])],
  }))
}

/**
 * a b, or a bᵀ, in bfloat16, forward and back; `b` is frozen and gets no gradient.
 * @param a [N, I] or [K, N, I]
 * @param b [I, O], or [O, I] when transposed; with K in front where each run has its own
 */
export function bfloat16ByFrozen(a: Tensor, b: Tensor, transposed: boolean): Tensor {
  return differentiable([a], () => ({
    value: bfloat16Product(a, b, transposed),
    saved: [b],
    gradient: (dy, saved) => [bfloat16Product(dy, saved[0] as Tensor, !transposed)],
  }))
}
