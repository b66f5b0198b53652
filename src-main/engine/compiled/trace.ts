import type { Tensor } from '@tensorflow/tfjs'
import { tf } from '../backend'
import { DATA_TYPE, type Attribute, type GraphDType, type GraphNode } from './graph-def'
import { elements, inferOutputs, type Known } from './shapes'
import { LoopFrame } from './loop-frame'
import { NO_HANDLE, symbolicBackend } from './symbolic'
import type { OperationAttribute, TensorData } from '../node-backend'

/**
 * Records what tfjs's TensorFlow kernels would execute as nodes of a graph, without executing any of it: a traced
 * tensor has a shape and a type but no values, so tracing a step of a large model costs neither time nor memory.
 *
 * Whatever the traced code makes from numbers in JavaScript becomes a constant of the graph. Reading a traced
 * tensor's values, or drawing random numbers in JavaScript, is an error, never a number silently frozen into the graph.
 */
export class Tracer {
  readonly nodes: GraphNode[] = []
  /** Where a tensor's values come from in the graph ("node:output") and of which type they are, by tfjs's data id. */
  private readonly sources = new WeakMap<object, { readonly source: string; readonly dtype: GraphDType }>()
  private readonly constants = new Map<string, string>()
  private prefix = ''
  private frame: LoopFrame | null = null

  /** What records at this moment. */
  static current: Tracer | null = null

  /** A tensor that stands for the given output of a node. */
  symbol(source: string, shape: readonly number[], dtype: GraphDType): Tensor {
    const tensor = symbolicBackend().createOutputTensor({
      id: NO_HANDLE,
      shape: [...shape],
      // tfjs has no bfloat16 and takes it for float32; only the operations of `bfloat16.ts` compute with it.
      dtype: DATA_TYPE[dtype === 'bfloat16' ? 'float32' : dtype],
    })
    this.sources.set(tensor.dataId, { source, dtype })
    return tensor
  }

  add(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    name?: string,
  ): string {
    const node = name ?? `${this.prefix}${op}_${this.nodes.length}`
    this.nodes.push({ name: node, op, inputs, attributes })
    this.frame?.inside.add(node)
    return node
  }

  /** Until it is closed, what is recorded runs in every round of a loop. */
  openFrame(): LoopFrame {
    if (this.frame !== null) throw new Error('a loop within a loop cannot be compiled')
    this.frame = new LoopFrame(this, `${this.prefix}loop_${this.nodes.length}`, () => (this.frame = null))
    return this.frame
  }

  /** Records outside of any loop. */
  outside<T>(body: () => T): T {
    const { frame } = this
    this.frame = null
    try {
      return body()
    } finally {
      this.frame = frame
    }
  }

  /** Where an operation that is recorded now finds a tensor: what comes from outside of a loop is handed in. */
  operand(tensor: Tensor): string {
    const source = this.source(tensor)
    return this.frame?.constant(source, { type: DATA_TYPE[this.dtypeOf(tensor)] }) ?? source
  }

  /** Runs `body` with every kernel recorded; node names start with `scope/`. */
  record<T>(scope: string, body: () => T): T {
    const backend = symbolicBackend()
    this.prefix = `${scope}/`
    // Own properties shadow the prototype's methods for the time of the trace.
    backend.executeSingleOutput = (op, attributes, inputs) => {
      const [output] = this.operation(op, attributes, inputs, 1)
      if (!output) throw new Error(`${op} gave no output`)
      return output
    }
    backend.executeMultipleOutputs = (op, attributes, inputs, count) =>
      this.operation(op, attributes, inputs, count)
    const readSync = backend.readSync.bind(backend)
    backend.readSync = (dataId) => {
      if (this.sources.has(dataId) && backend.tensorMap.get(dataId).values === null) {
        throw new Error('the step reads the value of a tensor in JavaScript, so it cannot be compiled')
      }
      return readSync(dataId)
    }
    // tfjs's own random operations draw in JavaScript: one draw would be the graph's for ever.
    const { random } = Math
    Math.random = () => {
      throw new Error('the step draws random numbers in JavaScript, so it cannot be compiled')
    }
    try {
      Tracer.current = this
      return body()
    } finally {
      Tracer.current = null
      Math.random = random
      Reflect.deleteProperty(backend, 'executeSingleOutput')
      Reflect.deleteProperty(backend, 'executeMultipleOutputs')
      Reflect.deleteProperty(backend, 'readSync')
    }
  }

  /** The node output that carries a tensor's values; a tensor made in JavaScript becomes a constant. */
  source(tensor: Tensor): string {
    const known = this.sources.get(tensor.dataId)
    if (known !== undefined) return known.source
    const { shape, dtype, values } = constantData(tensor)
    const source = this.constant(dtype, shape, values)
    this.sources.set(tensor.dataId, { source, dtype })
    return source
  }

  constant(dtype: GraphDType, shape: readonly number[], values: TypedArray): string {
    const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    if (values.length > LARGEST_CONSTANT) return this.fill(dtype, shape, values)
    const identity = `${dtype} [${shape.join()}] ${Buffer.from(content).toString('base64')}`
    let source = this.constants.get(identity)
    if (source === undefined) {
      const type = DATA_TYPE[dtype]
      const tensor = { dtype: type, shape, content: content.slice() }
      source = this.outside(() => `${this.add('Const', [], { dtype: { type }, value: { tensor } })}:0`)
      this.constants.set(identity, source)
    }
    return source
  }

  /** A large constant is an error unless all of it is one number, as in tf.ones. */
  private fill(dtype: GraphDType, shape: readonly number[], values: TypedArray): string {
    const first = values[0] ?? 0
    if (values.some((value) => value !== first)) {
      throw new Error(
        `a constant of shape [${shape.join()}] in a compiled step: make it a variable or a feed`,
      )
    }
    const dims = this.constant('int32', [shape.length], Int32Array.from(shape))
    const value = this.constant(dtype, [], values.slice(0, 1))
    const types = { T: { type: DATA_TYPE[dtype] }, index_type: { type: DATA_TYPE.int32 } }
    return this.outside(() => `${this.add('Fill', [dims, value], types)}:0`)
  }

  private operation(
    op: string,
    attributes: readonly OperationAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[] {
    const operands = inputs.map((tensor) => this.operand(tensor))
    const known = inputs.map((tensor) => this.known(tensor))
    const plain = Object.fromEntries(attributes.map(({ name, value }) => [name, value]))
    const inferred = inferOutputs(op, known, plain, outputs)
    const [operand, first, result] = [operands[0], known[0], inferred[0]]
    if (op === 'Cast' && operand !== undefined && result !== undefined && result.dtype === first?.dtype)
      return [this.symbol(operand, result.shape, result.dtype)]
    const node = this.add(op, operands, {
      ...impliedTypes(op, inputs),
      ...encodeAttributes(attributes),
      ...heldInBfloat16(op, known),
    })
    return inferred.map(({ shape, dtype }, index) => this.symbol(`${node}:${index}`, shape, dtype))
  }

  private known(tensor: Tensor): Known {
    const { values } = symbolicBackend().tensorMap.get(tensor.dataId)
    return { shape: tensor.shape, dtype: this.dtypeOf(tensor), values }
  }

  private dtypeOf(tensor: Tensor): GraphDType {
    return this.sources.get(tensor.dataId)?.dtype ?? dtypeOf(tensor)
  }
}

const LARGEST_CONSTANT = 1024

type TypedArray = Float32Array | Int32Array | Uint8Array

function constantData(tensor: Tensor): { shape: readonly number[]; dtype: GraphDType; values: TypedArray } {
  const backend = symbolicBackend()
  const data: TensorData = backend.tensorMap.get(tensor.dataId)
  const values = data.values ?? backend.readSync(tensor.dataId)
  const dtype = dtypeOf(tensor)
  const make = dtype === 'float32' ? Float32Array : dtype === 'int32' ? Int32Array : Uint8Array
  const typed = values instanceof make ? values : make.from(values)
  if (typed.length !== elements(tensor.shape)) throw new Error('a tensor whose values do not fill its shape')
  return { shape: tensor.shape, dtype, values: typed }
}

function dtypeOf(tensor: Tensor): GraphDType {
  const { dtype } = tensor
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new Error(`element type ${dtype} is not used in compiled steps`)
}

/** Types that tfjs's kernels leave out because eager execution infers them; a graph must name them. */
function impliedTypes(op: string, inputs: readonly Tensor[]): Record<string, Attribute> {
  const [first] = inputs
  if (op !== 'ExpandDims' || first === undefined) return {}
  return { T: { type: DATA_TYPE[dtypeOf(first)] }, Tdim: { type: DATA_TYPE.int32 } }
}

/** Operations that move numbers whatever their type is; tfjs says float32 of a tensor that the graph holds in bfloat16. */
const MOVES: ReadonlySet<string> = new Set([
  'Reshape',
  'GatherV2',
  'Slice',
  'Transpose',
  'ConcatV2',
  'ExpandDims',
  'Identity',
])
const COMPUTES_IN_BFLOAT16: ReadonlySet<string> = new Set(['Cast', 'BatchMatMulV2'])

function heldInBfloat16(op: string, operands: readonly Known[]): Record<string, Attribute> {
  if (!operands.some(({ dtype }) => dtype === 'bfloat16') || COMPUTES_IN_BFLOAT16.has(op)) return {}
  if (MOVES.has(op)) return { [op === 'GatherV2' ? 'Tparams' : 'T']: { type: DATA_TYPE.bfloat16 } }
  throw new Error(`the operation ${op} does not compute in bfloat16`)
}

function encodeAttributes(attributes: readonly OperationAttribute[]): Record<string, Attribute> {
  const { binding } = symbolicBackend()
  const encode = ({ name, type, value }: OperationAttribute): Attribute => {
    if (type === binding.TF_ATTR_TYPE) return { type: Number(value ?? DATA_TYPE.int32) }
    if (type === binding.TF_ATTR_BOOL) return { b: value === true }
    if (type === binding.TF_ATTR_FLOAT) return { f: Number(value) }
    if (type === binding.TF_ATTR_STRING) return { s: String(value) }
    if (type === binding.TF_ATTR_INT && Array.isArray(value)) return { list: { i: value.map(Number) } }
    if (type === binding.TF_ATTR_INT) return { i: Number(value) }
    throw new Error(`attribute ${name} has a kind that compiled steps do not use`)
  }
  return Object.fromEntries(attributes.map((attribute) => [attribute.name, encode(attribute)]))
}

/** Frees the traced tensors that `body` leaves behind; they hold no memory but are counted by tfjs. */
export const forgetSymbols = <T extends object>(body: () => T): T => {
  tf.engine().startScope()
  try {
    return body()
  } finally {
    tf.engine().endScope()
  }
}
