import type { GraphDType } from './graph-def'

/**
 * What an operation gives, from what it takes: the shapes TensorFlow would compute, for the operations that our
 * training steps use. With it a step is traced without being run, so tracing needs neither time nor memory.
 */

export interface Known {
  readonly shape: readonly number[]
  readonly dtype: GraphDType
  /** The values, where the operand is a constant (shapes, axes, sizes). */
  readonly values: ArrayLike<number> | null
}

export type OpAttributes = Readonly<Record<string, unknown>>

type Rule = (
  inputs: readonly Known[],
  attributes: OpAttributes,
  outputs: number,
) => readonly (readonly number[])[]

/** Shape and element type of every output; throws for an operation without a rule, by name. */
export function inferOutputs(
  op: string,
  inputs: readonly Known[],
  attributes: OpAttributes,
  outputs: number,
): { shape: number[]; dtype: GraphDType }[] {
  const rule = RULES[op]
  if (!rule) throw new Error(`no shape rule for the operation ${op}: add one to engine/compiled/shapes.ts`)
  const dtype = outputType(op, inputs, attributes)
  return rule(inputs, attributes, outputs).map((shape) => ({ shape: [...shape], dtype }))
}

const COMPARISONS = new Set([
  'Equal',
  'NotEqual',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'LogicalAnd',
])
const PREDICATES = new Set(['LogicalOr', 'LogicalNot', 'IsFinite', 'IsInf', 'IsNan', 'All', 'Any'])

function outputType(op: string, inputs: readonly Known[], attributes: OpAttributes): GraphDType {
  if (COMPARISONS.has(op) || PREDICATES.has(op)) return 'bool'
  if (op === 'Cast') return typeName(attributes.DstT)
  if (op === 'ArgMax') return 'int32'
  if (op === 'StatelessRandomUniform' || op === 'StatelessRandomNormal') return 'float32'
  if (op === 'OneHot') return typeName(attributes.T)
  if (op === 'Fill') return at(inputs, 1).dtype
  if (op === 'Select' || op === 'SelectV2') return at(inputs, 1).dtype
  return at(inputs, 0).dtype
}

function typeName(type: unknown): GraphDType {
  if (type === 1) return 'float32'
  if (type === 3) return 'int32'
  if (type === 10) return 'bool'
  if (type === 14) return 'bfloat16'
  throw new Error(`element type ${String(type)} is not used in compiled steps`)
}

const same: Rule = (inputs) => [at(inputs, 0).shape]
const broadcast: Rule = (inputs) => [inputs.map((input) => input.shape).reduce(broadcastShapes)]
const fromConstant: Rule = (inputs) => [numbers(at(inputs, 0))]

const reduce: Rule = (inputs, { keep_dims }) => {
  const { shape } = at(inputs, 0)
  const axes = new Set(numbers(at(inputs, 1)).map((axis) => (axis < 0 ? axis + shape.length : axis)))
  return [
    keep_dims === true
      ? shape.map((size, axis) => (axes.has(axis) ? 1 : size))
      : shape.filter((_, axis) => !axes.has(axis)),
  ]
}

const matMul: Rule = (inputs, attributes) => {
  const [a, b] = [at(inputs, 0).shape, at(inputs, 1).shape]
  const flipA = attributes.adj_x === true || attributes.transpose_a === true
  const flipB = attributes.adj_y === true || attributes.transpose_b === true
  const rows = a.at(flipA ? -1 : -2)
  const columns = b.at(flipB ? -2 : -1)
  if (rows === undefined || columns === undefined) throw new Error('a matrix product needs two matrices')
  return [[...broadcastShapes(a.slice(0, -2), b.slice(0, -2)), rows, columns]]
}

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    (
      'Neg Exp Log Log1p Expm1 Sqrt Rsqrt Square Tanh Sigmoid Erf Relu Abs Sign Reciprocal Softmax LogSoftmax ' +
      'Cast Identity ZerosLike OnesLike LogicalNot IsFinite IsInf IsNan StopGradient Floor'
    )
      .split(' ')
      .map((op) => [op, same]),
  ),
  ...Object.fromEntries(
    (
      'Add AddV2 Sub Mul RealDiv Div DivNoNan FloorDiv FloorMod Maximum Minimum Pow SquaredDifference AddN ' +
      'Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr Select SelectV2 ' +
      'SigmoidGrad TanhGrad'
    )
      .split(' ')
      .map((op) => [op, broadcast]),
  ),
  ...Object.fromEntries('Sum Mean Max Min Prod All Any'.split(' ').map((op) => [op, reduce])),
  BatchMatMul: matMul,
  BatchMatMulV2: matMul,
  MatMul: matMul,
  L2Loss: () => [[]],
  Fill: fromConstant,
  StatelessRandomUniform: fromConstant,
  StatelessRandomNormal: fromConstant,
  BroadcastTo: (inputs) => [numbers(at(inputs, 1))],
  Reshape: (inputs) => [resolveShape(numbers(at(inputs, 1)), elements(at(inputs, 0).shape))],
  Transpose: (inputs) => [numbers(at(inputs, 1)).map((axis) => at(at(inputs, 0).shape, axis))],
  ExpandDims: (inputs) => {
    const shape = [...at(inputs, 0).shape]
    const axis = at(numbers(at(inputs, 1)), 0)
    shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, 1)
    return [shape]
  },
  Slice: (inputs) => {
    const [begin, size] = [numbers(at(inputs, 1)), numbers(at(inputs, 2))]
    return [
      at(inputs, 0).shape.map((extent, axis) =>
        at(size, axis) < 0 ? extent - at(begin, axis) : at(size, axis),
      ),
    ]
  },
  Tile: (inputs) => [at(inputs, 0).shape.map((extent, axis) => extent * at(numbers(at(inputs, 1)), axis))],
  PadV2: (inputs) => {
    const padding = numbers(at(inputs, 1))
    return [
      at(inputs, 0).shape.map((extent, axis) => extent + at(padding, 2 * axis) + at(padding, 2 * axis + 1)),
    ]
  },
  Pack: (inputs, { axis }) => {
    const shape = [...at(inputs, 0).shape]
    const place = Number(axis ?? 0)
    shape.splice(place < 0 ? place + shape.length + 1 : place, 0, inputs.length)
    return [shape]
  },
  Unpack: (inputs, { axis }, outputs) => {
    const shape = at(inputs, 0).shape.filter((_, place) => place !== Number(axis ?? 0))
    return Array.from({ length: outputs }, () => shape)
  },
  ConcatV2: (inputs) => {
    const parts = inputs.slice(0, -1)
    const shape = [...at(parts, 0).shape]
    const given = at(numbers(at(inputs, inputs.length - 1)), 0)
    const axis = given < 0 ? given + shape.length : given
    shape[axis] = parts.reduce((sum, part) => sum + at(part.shape, axis), 0)
    return [shape]
  },
  SplitV: (inputs) => {
    const axis = at(numbers(at(inputs, 2)), 0)
    return numbers(at(inputs, 1)).map((size) =>
      at(inputs, 0).shape.map((extent, place) => (place === axis ? size : extent)),
    )
  },
  OneHot: (inputs) => [[...at(inputs, 0).shape, at(numbers(at(inputs, 1)), 0)]],
  UnsortedSegmentSum: (inputs) => {
    const segments = at(numbers(at(inputs, 2)), 0)
    return [[segments, ...at(inputs, 0).shape.slice(at(inputs, 1).shape.length)]]
  },
  ArgMax: (inputs) => {
    const { shape } = at(inputs, 0)
    const given = at(numbers(at(inputs, 1)), 0)
    return [shape.filter((_, place) => place !== (given < 0 ? given + shape.length : given))]
  },
  GatherV2: (inputs) => {
    const axis = at(numbers(at(inputs, 2)), 0)
    const { shape } = at(inputs, 0)
    return [[...shape.slice(0, axis), ...at(inputs, 1).shape, ...shape.slice(axis + 1)]]
  },
}

/** NumPy's rule: right-aligned, equal or 1. */
function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, place) => {
    const x = a[place - rank + a.length] ?? 1
    const y = b[place - rank + b.length] ?? 1
    if (x !== y && x !== 1 && y !== 1)
      throw new Error(`shapes [${a.join()}] and [${b.join()}] do not broadcast`)
    return x === 1 ? y : x
  })
}

function resolveShape(shape: readonly number[], total: number): readonly number[] {
  const known = shape.reduce((product, size) => (size < 0 ? product : product * size), 1)
  return shape.map((size) => (size < 0 ? total / known : size))
}

export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1)

function numbers(operand: Known): number[] {
  if (operand.values === null) throw new Error('a shape or axis must be a constant, not a computed tensor')
  return Array.from(operand.values)
}

function at<T>(list: ArrayLike<T>, index: number): T {
  const item = list[index]
  if (item === undefined) throw new Error(`operand ${index} is missing`)
  return item
}
