import type { Tensor } from '@tensorflow/tfjs'

/** The inner side of tfjs-node's backend: operations by name, and sessions. Its types are not published. */
export interface NodeBackend {
  readonly binding: Binding
  readonly isUsingGpuDevice: boolean
  readonly tensorMap: { get(dataId: object): TensorData }
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): Tensor
  getDTypeInteger(dtype: string): number
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
  /** TensorFlow's handle. */
  readonly id: number
  /** Numbers made in JavaScript and not yet handed to TensorFlow. */
  readonly values: Float32Array | Int32Array | Uint8Array | null
}

interface Binding {
  readonly TF_Version: string
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
