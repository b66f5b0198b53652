import type { DataType, Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs'
import { currentEngine, nodeBackend, tf } from './backend'
import { DATA_TYPE } from './compiled/graph-def'
import { philoxNormal, philoxUniform } from './philox'

/**
 * The few operations that tfjs lacks. On TensorFlow each is one kernel run by name through the backend's
 * executeSingleOutput, so a step that uses them can be traced into a graph.
 */

/** An attribute of a TensorFlow operation. */
export type Attribute =
  { readonly type: DataType | 'bfloat16' } | { readonly bool: boolean } | { readonly int: number }

/**
 * Runs one TensorFlow operation that has one output. No gradient is recorded.
 * @throws Error on any other engine than TensorFlow.
 */
export function runOperation(
  name: string,
  inputs: readonly Tensor[],
  attributes: Readonly<Record<string, Attribute>>,
): Tensor {
  const engine = currentEngine().name
  if (engine !== 'tensorflow') throw new Error(`the ${engine} engine has no operation ${name}`)
  const backend = nodeBackend()
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_ATTR_INT } = backend.binding
  const encoded = Object.entries(attributes).map(([key, attribute]) => {
    if ('type' in attribute) {
      const { type } = attribute
      // tfjs does not know this one.
      const value = type === 'bfloat16' ? DATA_TYPE.bfloat16 : backend.getDTypeInteger(type)
      return { name: key, type: TF_ATTR_TYPE, value }
    }
    if ('bool' in attribute) return { name: key, type: TF_ATTR_BOOL, value: attribute.bool }
    return { name: key, type: TF_ATTR_INT, value: attribute.int }
  })
  return backend.executeSingleOutput(name, encoded, inputs)
}

/**
 * Uniform numbers in [0, 1), float32, a pure function of shape and seed.
 * @param seed int32 [2]
 */
export const statelessUniform = (shape: readonly number[], seed: Tensor1D): Tensor =>
  stateless('StatelessRandomUniform', philoxUniform, shape, seed)

/**
 * Standard normal numbers, float32, a pure function of shape and seed.
 * @param seed int32 [2]
 */
export const statelessNormal = (shape: readonly number[], seed: Tensor1D): Tensor =>
  stateless('StatelessRandomNormal', philoxNormal, shape, seed)

function stateless(
  operation: string,
  fallback: (count: number, seed: ArrayLike<number>) => Float32Array,
  shape: readonly number[],
  seed: Tensor1D,
): Tensor {
  // Other engines have no such kernel: the same numbers are drawn in JavaScript, which reads the seed's value.
  if (currentEngine().name !== 'tensorflow') {
    return tf.tensor(fallback(tf.util.sizeFromShape([...shape]), seed.dataSync()), [...shape], 'float32')
  }
  return tf.tidy(() =>
    runOperation(operation, [tf.tensor1d([...shape], 'int32'), seed], {
      dtype: { type: 'float32' },
      T: { type: 'int32' },
      Tseed: { type: 'int32' },
    }),
  )
}

/** Half the sum of squares of all elements, as a scalar; on TensorFlow one pass and no gradient. */
export function l2Loss(x: Tensor): Scalar {
  if (currentEngine().name === 'tensorflow') {
    return runOperation('L2Loss', [x], { T: { type: 'float32' } }) as Scalar
  }
  return tf.tidy(() => tf.mul(tf.sum(tf.square(x)), 0.5))
}

/**
 * Rows of a table, without a gradient: what tf.gather gives, but it reads the indices in JavaScript, so a step with it
 * could not be compiled.
 * @param table [V, D]
 * @param indices int32 [N], each from 0 to V - 1
 */
export function gatherRows(table: Tensor, indices: Tensor): Tensor {
  if (currentEngine().name !== 'tensorflow') return tf.gather(table, indices)
  return tf.tidy(() =>
    runOperation('GatherV2', [table, indices, tf.scalar(0, 'int32')], {
      Tparams: { type: 'float32' },
      Tindices: { type: 'int32' },
      Taxis: { type: 'int32' },
    }),
  )
}

/**
 * Adds up rows that share an index: the gradient of `gatherRows`.
 * @param rows [N, D]
 * @param indices int32 [N], each from 0 to count - 1
 * @returns [count, D]
 */
export function addRowsByIndex(rows: Tensor, indices: Tensor1D, count: number): Tensor {
  if (currentEngine().name !== 'wasm') return tf.unsortedSegmentSum(rows, indices, count)
  // The wasm engine lacks that kernel.
  return tf.tidy(() =>
    tf.matMul(tf.cast(tf.oneHot(indices, count), 'float32'), rows as Tensor2D, true, false),
  )
}

/** The gradient of what a sigmoid was given, from what it gave and the gradient of that. */
export const sigmoidGradient = (y: Tensor, dy: Tensor): Tensor =>
  currentEngine().name === 'tensorflow'
    ? runOperation('SigmoidGrad', [y, dy], { T: { type: 'float32' } })
    : tf.mul(dy, tf.mul(y, tf.sub(1, y)))

/** The same of a hyperbolic tangent. */
export const tanhGradient = (y: Tensor, dy: Tensor): Tensor =>
  currentEngine().name === 'tensorflow'
    ? runOperation('TanhGrad', [y, dy], { T: { type: 'float32' } })
    : tf.mul(dy, tf.sub(1, tf.square(y)))
