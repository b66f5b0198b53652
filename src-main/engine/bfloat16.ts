import type { Tensor } from '@tensorflow/tfjs'
import { currentEngine, tf } from './backend'
import { isTraced } from './compiled/symbolic'
import { runOperation } from './operations'

/**
 * Matrix products in bfloat16: a float32 of which 8 bits of mantissa are left, half the memory and on many processors a
 * multiple of the speed. tfjs has no such element type, so products take and give float32.
 */

/**
 * a b, or a bᵀ, of numbers rounded to bfloat16; sums are float32 and what comes out is rounded once more. No gradient is
 * recorded. In a graph each operand is cast and one kernel multiplies; outside of one the same rounding is done number by
 * number, slowly: that is the tests' reference.
 *
 * @param a float32 [..., N, I]
 * @param b [..., I, O], or [..., O, I] when transposed; float32, or a graph's variable that is held in bfloat16
 */
export function bfloat16Product(a: Tensor, b: Tensor, transposed: boolean): Tensor {
  if (currentEngine().name !== 'tensorflow' || !isTraced(a)) {
    return tf.tidy(() =>
      roundToBfloat16(tf.matMul(roundToBfloat16(a), roundToBfloat16(b), false, transposed)),
    )
  }
  return tf.tidy(() => {
    const operands = [toBfloat16(a), toBfloat16(b)]
    const flip = { adj_x: { bool: false }, adj_y: { bool: transposed } }
    const product = runOperation('BatchMatMulV2', operands, { T: { type: 'bfloat16' }, ...flip })
    return runOperation('Cast', [product], {
      SrcT: { type: 'bfloat16' },
      DstT: { type: 'float32' },
      Truncate: { bool: false },
    })
  })
}

const toBfloat16 = (x: Tensor): Tensor =>
  runOperation('Cast', [x], {
    SrcT: { type: 'float32' },
    DstT: { type: 'bfloat16' },
    Truncate: { bool: false },
  })

/** The nearest bfloat16 of every number, as float32. Reads the values in JavaScript. */
export function roundToBfloat16(x: Tensor): Tensor {
  const values = Float32Array.from(x.dataSync())
  const bits = new Uint32Array(values.buffer)
  for (const [i, word] of bits.entries()) {
    // To the nearest, half to even; a NaN stays one.
    const isNaN = (word & 0x7fffffff) > 0x7f800000
    bits[i] = isNaN ? (word | 0x400000) & 0xffff0000 : (word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000
  }
  return tf.tensor(values, x.shape, 'float32')
}
