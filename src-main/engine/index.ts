/**
 * The tensor engine's door: the operations (`tf`), the few operations tfjs lacks, finding and loading a backend, and
 * describing it. Nothing outside this folder knows which tensor library it is.
 */
export type {
  DataType,
  Rank,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  TypedArray,
  Variable,
} from '@tensorflow/tfjs'
export {
  allowTensorFloat32,
  currentEngine,
  loadEngine,
  tf,
  type EngineChoice,
  type EngineInfo,
} from './backend'
export { bfloat16Product } from './bfloat16'
export {
  addRowsByIndex,
  gatherRows,
  l2Loss,
  runOperation,
  sigmoidGradient,
  statelessNormal,
  statelessUniform,
  tanhGradient,
  type Attribute,
} from './operations'
export { scan } from './compiled/loop'
export {
  ProgramBuilder,
  type EntryResult,
  type Feed,
  type Holding,
  type InPlaceUpdate,
} from './compiled/program'
export type { Program } from './compiled/loaded-program'
export { examine, type EngineReport } from './describe'
