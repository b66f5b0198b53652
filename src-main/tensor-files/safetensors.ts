import { statSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { InputError } from '../errors'
import { readSlices, type Slice } from './file-slices'
import { elementsOf, PLAIN, widening, type TensorData } from './tensor-elements'
import {
  bitsOf,
  headerLength,
  parseHeader,
  type DType,
  type Header,
  type TensorEntry,
} from './safetensors-header'

export type { DType, TensorEntry } from './safetensors-header'
export type { TensorData } from './tensor-elements'

/** A checked file of which only the header has been read; tensors come one by one, each with one copy in memory. */
export interface SafetensorsFile extends Header {
  readonly path: string
  /** @throws InputError where the type cannot be read, or the file has changed since it was opened. */
  read(name: string): Promise<TensorData>
  /** The elements of each slice of a tensor, counted row-major, read as they are asked for. @throws as `read` */
  readSlices(name: string, slices: readonly Slice[]): TensorData[]
  /** A tensor of any floating-point type as float32. */
  readFloats(name: string): Promise<Float32Array<ArrayBuffer>>
}

/** Bytes per read: Node's single reads end at 2 GiB, and conversion needs only a small window. */
const READ_BYTES = 64 * 2 ** 20
const CONVERT_BYTES = 4 * 2 ** 20

/** @throws InputError where the file is missing or breaks a rule of the format. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const { header, stamp } = await withFile(path, async (handle) => {
    const { size, mtimeMs } = await handle.stat()
    const firstBytes = await readBytes(handle, 0, Math.min(8, size), path)
    const length = headerLength(firstBytes, size, path)
    const json = await readBytes(handle, 8, length, path)
    return { header: parseHeader(json, size, path), stamp: { size, mtimeMs } }
  })

  const entryOf = (name: string): TensorEntry => {
    const entry = header.tensors.get(name)
    if (entry === undefined) throw new InputError('there is no such tensor', { file: path, field: name })
    return entry
  }

  const checkStamp = (now: typeof stamp): void => {
    if (now.size !== stamp.size || now.mtimeMs !== stamp.mtimeMs)
      throw new InputError('the file changed while it was being read', { file: path })
  }

  const read = async (name: string): Promise<TensorData> => {
    const entry = entryOf(name)
    return withFile(path, async (handle) => {
      checkStamp(await handle.stat())
      return readTensor(handle, entry, path)
    })
  }

  const readParts: SafetensorsFile['readSlices'] = (name, slices) => {
    const { dtype, start } = entryOf(name)
    const now = statSync(path, { throwIfNoEntry: false })
    if (now === undefined) throw new InputError('there is no such file any more', { file: path })
    checkStamp(now)
    const each = bitsOf(dtype) / 8
    const places = slices.map((slice) => ({
      start: start + each * slice.start,
      end: start + each * slice.end,
    }))
    return readSlices(path, places).map(({ buffer }) => {
      const data = elementsOf(dtype, buffer)
      if (data === undefined) throw unreadable(dtype, path, name)
      return data
    })
  }

  const readFloats = async (name: string): Promise<Float32Array<ArrayBuffer>> => {
    const data = await read(name)
    if (data instanceof Float32Array) return data
    if (data instanceof Float64Array) return Float32Array.from(data)
    const dtype = header.tensors.get(name)?.dtype ?? ''
    throw new InputError(`found ${dtype}, expected floating-point numbers`, { file: path, field: name })
  }

  return { ...header, path, read, readSlices: readParts, readFloats }
}

async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  let handle: FileHandle
  try {
    handle = await open(path, 'r')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new InputError(code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${code})`, {
      file: path,
    })
  }
  try {
    if (!(await handle.stat()).isFile()) throw new InputError('is not a file', { file: path })
    return await use(handle)
  } finally {
    await handle.close()
  }
}

async function readBytes(
  handle: FileHandle,
  start: number,
  length: number,
  path: string,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  await fill(handle, bytes, start, path)
  return bytes
}

/** Fills all of `bytes` from position `start` of the file. */
async function fill(handle: FileHandle, bytes: Uint8Array, start: number, path: string): Promise<void> {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(
      bytes,
      done,
      Math.min(READ_BYTES, bytes.length - done),
      start + done,
    )
    if (bytesRead === 0)
      throw new InputError(`ends at byte ${start + done}, more was expected`, { file: path })
    done += bytesRead
  }
}

async function readTensor(handle: FileHandle, entry: TensorEntry, path: string): Promise<TensorData> {
  const { dtype, start, end } = entry
  const widen = widening(dtype)
  if (widen !== null) {
    const values = new Float32Array((end - start) / 2)
    for (let at = start; at < end; at += CONVERT_BYTES) {
      const part = await readBytes(handle, at, Math.min(CONVERT_BYTES, end - at), path)
      widen(new Uint16Array(part.buffer), values, (at - start) / 2)
    }
    return values
  }
  const data = PLAIN[dtype]?.(new ArrayBuffer(end - start))
  if (data === undefined) throw unreadable(dtype, path, entry.name)
  await fill(handle, new Uint8Array(data.buffer), start, path)
  return data
}

const unreadable = (dtype: DType, path: string, name: string): InputError =>
  new InputError(`${dtype} cannot be read, expected F64, F32, F16, BF16, BOOL or an integer type`, {
    file: path,
    field: name,
  })

export interface NamedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: TensorData
}

const WRITTEN = new Map<unknown, DType>([
  [Float32Array, 'F32'],
  [Float64Array, 'F64'],
  [Int8Array, 'I8'],
  [Uint8Array, 'U8'],
  [Int16Array, 'I16'],
  [Uint16Array, 'U16'],
  [Int32Array, 'I32'],
  [Uint32Array, 'U32'],
  [BigInt64Array, 'I64'],
  [BigUint64Array, 'U64'],
])

/**
 * The bytes of a file with these tensors, as blocks to be written one after the other: the header, then the tensors'
 * own memory, uncopied (so do not change them until it is written). Wide types come first, so that every tensor is
 * aligned; within a width the order is kept.
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const described = tensors.map((tensor) => {
    const { name, shape, data } = tensor
    if (shape.reduce((product, size) => product * size, 1) !== data.length)
      throw new Error(`${name}: [${shape.join(', ')}] does not hold ${data.length} elements`)
    return { ...tensor, dtype: dtypeOf(data), bytes: data.byteLength }
  })
  const ordered = aligned(described)
  return [headerOf(ordered, metadata), ...ordered.map(({ data }) => bytesOf(data))]
}

/** A tensor that is read when its turn comes. */
export interface DeferredTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly read: () => Promise<TensorData>
}

/** As `encodeSafetensors`, for tensors that together are too many to be in memory: one is read at a time. */
export async function* streamSafetensors(
  tensors: readonly DeferredTensor[],
  metadata: Readonly<Record<string, string>> = {},
): AsyncGenerator<Uint8Array> {
  const ordered = aligned(
    tensors.map((tensor) => {
      const elements = tensor.shape.reduce((product, size) => product * size, 1)
      return { ...tensor, bytes: (elements * bitsOf(tensor.dtype)) / 8 }
    }),
  )
  yield headerOf(ordered, metadata)
  for (const { name, bytes, read } of ordered) {
    const data = bytesOf(await read())
    if (data.length !== bytes) throw new Error(`${name}: read ${data.length} bytes of ${bytes}`)
    yield data
  }
}

interface Described {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly bytes: number
}

const dtypeOf = (data: TensorData): DType => {
  const dtype = WRITTEN.get(data.constructor)
  if (dtype === undefined) throw new Error(`${data.constructor.name} has no type in a safetensors file`)
  return dtype
}

const bytesOf = (data: TensorData): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

const aligned = <T extends Described>(tensors: readonly T[]): T[] =>
  [...tensors].sort((a, b) => bitsOf(b.dtype) - bitsOf(a.dtype))

function headerOf(tensors: readonly Described[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const members = new Map<string, string>()
  if (Object.keys(metadata).length > 0) members.set('__metadata__', JSON.stringify(metadata))
  let covered = 0
  for (const { name, shape, dtype, bytes } of tensors) {
    if (members.has(name) || name === '__metadata__')
      throw new Error(`two tensors are called ${JSON.stringify(name)}`)
    const end = covered + bytes
    members.set(name, JSON.stringify({ dtype, shape, data_offsets: [covered, end] }))
    covered = end
  }
  const json = `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
  const text = new TextEncoder().encode(json)
  const padded = Math.ceil(text.length / 8) * 8
  const header = new Uint8Array(8 + padded).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true)
  header.set(text, 8)
  return header
}
