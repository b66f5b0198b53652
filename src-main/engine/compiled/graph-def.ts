import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import protobuf from 'protobufjs'

/** TensorFlow's numbers for the element types in use (`DataType` of types.proto). */
export const DATA_TYPE = { float32: 1, int32: 3, bool: 10, bfloat16: 14 } as const
export type GraphDType = keyof typeof DATA_TYPE

/** One attribute of a node, by the field of `AttrValue` that carries it. */
export type Attribute =
  | { readonly type: number }
  | { readonly b: boolean }
  | { readonly i: number }
  | { readonly f: number }
  | { readonly s: string }
  | { readonly shape: readonly number[] }
  | { readonly list: { readonly i: readonly number[] } }
  | {
      readonly tensor: {
        readonly dtype: number
        readonly shape: readonly number[]
        readonly content: Uint8Array
      }
    }

/** One operation of a graph. Inputs are "node:output", or "^node" for a control edge. */
export interface GraphNode {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

/** A GraphDef version that TensorFlow 2 accepts with all operations in use (its "producer" number). */
const GRAPH_PRODUCER = 1882

/** The bytes of a `saved_model.pb` that holds one graph under the tag "serve". */
export function encodeSavedModel(nodes: readonly GraphNode[]): Uint8Array {
  const SavedModel = schema().lookupType('tensorflow.SavedModel')
  const node = nodes.map(({ name, op, inputs, attributes }) => ({
    name,
    op,
    input: inputs,
    attr: Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, attributeMessage(value)]),
    ),
  }))
  return SavedModel.encode(
    SavedModel.create({
      savedModelSchemaVersion: 1,
      metaGraphs: [
        { metaInfoDef: { tags: ['serve'] }, graphDef: { node, versions: { producer: GRAPH_PRODUCER } } },
      ],
    }),
  ).finish()
}

function attributeMessage(attribute: Attribute): object {
  if ('shape' in attribute) return { shape: shapeMessage(attribute.shape) }
  if ('s' in attribute) return { s: Buffer.from(attribute.s) }
  if ('tensor' in attribute) {
    const { dtype, shape, content } = attribute.tensor
    return { tensor: { dtype, tensorShape: shapeMessage(shape), tensorContent: content } }
  }
  return attribute
}

const shapeMessage = (shape: readonly number[]): object => ({ dim: shape.map((size) => ({ size })) })

let parsed: protobuf.Root | undefined

/** TensorFlow's own message definitions, as the engine's package ships them. */
function schema(): protobuf.Root {
  const file = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/src/proto/api.proto')
  return (parsed ??= protobuf.parse(readFileSync(file, 'utf8')).root)
}
