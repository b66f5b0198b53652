/**
 * The tensor engine's door: the operations (`tf`), the few operations tfjs lacks, finding and loading a backend, and
 * describing it. Nothing outside this folder knows which tensor library it is.
 */
export type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Variable, Rank, DataType } from '@tensorflow/tfjs'
