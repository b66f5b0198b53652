/// <reference types="vite/types/importMeta.d.ts" />
import protobuf from 'protobufjs'

/** What an event file says, as far as it is scalars and hyperparameters. */
export type TensorBoardEvent =
  | {
      readonly kind: 'scalar'
      readonly tag: string
      readonly step: number
      readonly value: number
      /** Unix milliseconds. */
      readonly time: number
    }
  | { readonly kind: 'hparams'; readonly fields: Readonly<Record<string, string | number | boolean>> }
  /** A tag that holds something else: text, images, histograms. */
  | { readonly kind: 'other'; readonly tag: string }

interface EventMessage {
  readonly wallTime: number
  readonly step: number
  readonly summary?: { readonly value?: readonly ValueMessage[] }
}

interface ValueMessage {
  readonly tag?: string
  readonly simpleValue?: number
  readonly tensor?: TensorMessage
  readonly metadata?: {
    readonly pluginData?: { readonly pluginName?: string; readonly content?: Uint8Array }
  }
}

interface TensorMessage {
  readonly dtype?: number
  readonly tensorShape?: { readonly dim?: readonly { readonly size?: number }[] }
  readonly tensorContent?: Uint8Array
  readonly floatVal?: readonly number[]
  readonly doubleVal?: readonly number[]
}

interface HParamsMessage {
  readonly sessionStartInfo?: {
    readonly hparams?: Readonly<
      Record<
        string,
        { readonly numberValue?: number; readonly stringValue?: string; readonly boolValue?: boolean }
      >
    >
    readonly startTimeSecs?: number
  }
  readonly sessionEndInfo?: { readonly status?: number; readonly endTimeSecs?: number }
}

const FLOAT = 1
const DOUBLE = 2
/** `Status` of TensorBoard's hparams plugin. */
const STATUS: readonly (string | null)[] = [null, 'finished', 'failed', 'running']

/** @throws {Error} where the bytes are no such message */
export function readEvent(data: Uint8Array): TensorBoardEvent[] {
  const { event } = messages()
  const { summary, step, wallTime } = event.toObject(event.decode(data), {
    longs: Number,
    json: false,
  }) as Partial<EventMessage>
  return (summary?.value ?? []).flatMap((value): TensorBoardEvent[] => {
    const { tag = '', metadata } = value
    const plugin = metadata?.pluginData
    if (plugin?.pluginName === 'hparams') return readHParams(plugin.content ?? new Uint8Array())
    const scalar = value.simpleValue ?? (value.tensor ? scalarOf(value.tensor) : null)
    if (scalar === null) return [{ kind: 'other', tag }]
    return [{ kind: 'scalar', tag, step: step ?? 0, value: scalar, time: Math.round((wallTime ?? 0) * 1000) }]
  })
}

/** The value of a tensor of one float or double; null for any other. */
function scalarOf({ dtype, tensorShape, tensorContent, floatVal, doubleVal }: TensorMessage): number | null {
  const size = (tensorShape?.dim ?? []).reduce((product, dim) => product * (dim.size ?? 0), 1)
  if (size !== 1 || (dtype !== FLOAT && dtype !== DOUBLE)) return null
  const listed = dtype === FLOAT ? floatVal?.[0] : doubleVal?.[0]
  if (listed !== undefined) return listed
  const width = dtype === FLOAT ? 4 : 8
  // A tensor of one zero is written without any value.
  if (tensorContent === undefined || tensorContent.length === 0) return 0
  if (tensorContent.length !== width) return null
  const view = new DataView(tensorContent.buffer, tensorContent.byteOffset, width)
  return dtype === FLOAT ? view.getFloat32(0, true) : view.getFloat64(0, true)
}

function readHParams(content: Uint8Array): TensorBoardEvent[] {
  const { hparams } = messages()
  const { sessionStartInfo: start, sessionEndInfo: end } = hparams.toObject(
    hparams.decode(content),
  ) as HParamsMessage
  const given = Object.entries(start?.hparams ?? {}).flatMap(([name, value]) => {
    const plain = value.numberValue ?? value.stringValue ?? value.boolValue
    return plain === undefined ? [] : [[name, plain] as const]
  })
  const status = STATUS[end?.status ?? 0] ?? null
  const fields = {
    ...Object.fromEntries(given),
    ...(start?.startTimeSecs ? { start_time: start.startTimeSecs * 1000 } : {}),
    ...(end?.endTimeSecs ? { end_time: end.endTimeSecs * 1000 } : {}),
    ...(status === null ? {} : { status }),
  }
  return Object.keys(fields).length === 0 ? [] : [{ kind: 'hparams', fields }]
}

let parsed: { readonly event: protobuf.Type; readonly hparams: protobuf.Type } | undefined

function messages(): NonNullable<typeof parsed> {
  if (parsed !== undefined) return parsed
  const files = import.meta.glob<string>('./tensorboard.proto', {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  const { root } = protobuf.parse(Object.values(files).join('\n'))
  return (parsed = { event: root.lookupType('Event'), hparams: root.lookupType('HParams') })
}
