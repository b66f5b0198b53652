import type { Tensor } from '@tensorflow/tfjs'
import { currentEngine, tf } from '../backend'

/** The inner side of tfjs-node's backend that tracing and sessions need; its types are not published. */
export interface SymbolicBackend {
  readonly binding: SessionBinding
  readonly tensorMap: { get(dataId: object): TensorData }
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): Tensor
  getInputTensorIds(tensors: readonly Tensor[]): number[]
  executeSingleOutput(
    op: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly Tensor[],
  ): Tensor
  executeMultipleOutputs(
    op: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[]
  readSync(dataId: object): Float32Array | Int32Array | Uint8Array
}

export interface OperationAttribute {
  readonly name: string
  readonly type: number
  readonly value: unknown
}

export interface TensorData {
  /** Numbers made in JavaScript and not yet handed to TensorFlow. */
  readonly values: Float32Array | Int32Array | Uint8Array | null
}

interface SessionBinding {
  readonly TF_ATTR_TYPE: number
  readonly TF_ATTR_BOOL: number
  readonly TF_ATTR_INT: number
  readonly TF_ATTR_FLOAT: number
  readonly TF_ATTR_STRING: number
  loadSavedModel(folder: string, tags: string): number
  deleteSavedModel(id: number): void
  runSavedModel(
    id: number,
    feedIds: readonly number[],
    feedNames: string,
    fetchNames: string,
  ): { id: number; shape: number[]; dtype: number }[]
}

/** tfjs-node's backend as tracing sees it. @throws Error on any other engine. */
export function symbolicBackend(): SymbolicBackend {
  const { name } = currentEngine()
  if (name !== 'tensorflow') throw new Error(`steps are compiled by TensorFlow; this is the ${name} engine`)
  return tf.backend() as unknown as SymbolicBackend
}
