import { InputError } from '../errors'
import { JsonNumber, parseStrictJson, type StrictJson } from './strict-json'

/**
 * The header of a safetensors file and every rule of the format: 8 bytes of length (little-endian), that many bytes of
 * JSON (at most 100 MB, first byte "{", no key twice), then the tensors' bytes, covered exactly: no hole, no overlap,
 * nothing after. All numbers are computed as BigInt, so nothing can overflow.
 */

/** Bits an element takes. A file may hold any of these types; `safetensors.ts` says which ones can be read. */
const BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const
export type DType = keyof typeof BITS

/** What an element of this type takes. */
export const bitsOf = (dtype: DType): number => BITS[dtype]

/** Can it be read as float32? */
export const isFloating = (dtype: DType): boolean => ['F64', 'F32', 'F16', 'BF16'].includes(dtype)

export interface TensorEntry {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Bytes from the start of the file. */
  readonly start: number
  readonly end: number
}

export interface Header {
  /** In the order of their bytes. */
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly metadata: ReadonlyMap<string, string>
}

export const MAX_HEADER_BYTES = 100_000_000
const LENGTH_BYTES = 8
const MAX_U64 = 2n ** 64n - 1n

/**
 * Length of the JSON part, from the file's first 8 bytes.
 * @throws InputError where the file cannot hold such a header.
 */
export function headerLength(firstBytes: Uint8Array, fileBytes: number, file: string): number {
  if (fileBytes < LENGTH_BYTES || firstBytes.length < LENGTH_BYTES)
    throw new InputError(
      `${fileBytes} bytes are too few for a safetensors file, which begins with an 8-byte length`,
      { file },
    )
  const length = new DataView(firstBytes.buffer, firstBytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true)
  if (length > BigInt(MAX_HEADER_BYTES)) {
    const why = isTorchFile(firstBytes)
      ? "what torch.save writes is a pickle, which can run code and is not read. In Python, safetensors.torch.save_file(torch.load(FILE, weights_only=True), 'new.safetensors') converts it"
      : `a header of ${length} bytes, at most ${MAX_HEADER_BYTES} are allowed`
    throw new InputError(`not a safetensors file: ${why}`, { file })
  }
  if (length > BigInt(fileBytes - LENGTH_BYTES))
    throw new InputError(
      `a header of ${length} bytes does not fit in a file of ${fileBytes} bytes (cut short?)`,
      { file },
    )
  return Number(length)
}

/** Begins as a pickle (protocol 2 or later) does, or as a zip archive of pickles. */
const isTorchFile = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x80 && (bytes[1] ?? 0) >= 2 && (bytes[1] ?? 0) <= 5) ||
  Buffer.from(bytes).toString('latin1', 0, 4) === 'PK\x03\x04'

/**
 * Checks and reads the JSON part of a file of `fileBytes` bytes.
 * @throws InputError naming the tensor and the broken rule.
 */
export function parseHeader(json: Uint8Array, fileBytes: number, file: string): Header {
  if (json[0] !== 0x7b)
    throw new InputError('not a safetensors file: its header does not begin with "{"', { file })
  let document: StrictJson
  try {
    document = parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json))
  } catch (error) {
    const why = error instanceof SyntaxError ? error.message : 'it is not UTF-8'
    throw new InputError(`the header is not valid JSON: ${why}`, { file })
  }
  const members = document as Map<string, StrictJson>
  const metadata = readMetadata(members.get('__metadata__') ?? null, file)
  const spans: Span[] = []
  for (const [name, value] of members) if (name !== '__metadata__') spans.push(readSpan(name, value, file))
  return { tensors: placeTensors(spans, LENGTH_BYTES + json.length, fileBytes, file), metadata }
}

interface Span {
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly bigint[]
  /** Bytes from the end of the header. */
  readonly start: bigint
  readonly end: bigint
}

function readMetadata(value: StrictJson, file: string): Map<string, string> {
  const metadata = new Map<string, string>()
  if (value === null) return metadata
  const place = { file, field: '__metadata__' }
  if (!(value instanceof Map)) throw new InputError('expected an object of strings', place)
  for (const [key, text] of value) {
    if (typeof text !== 'string') throw new InputError(`${JSON.stringify(key)} is not a string`, place)
    metadata.set(key, text)
  }
  return metadata
}

function readSpan(name: string, value: StrictJson, file: string): Span {
  const place = { file, field: name }
  if (!(value instanceof Map))
    throw new InputError('expected an object with dtype, shape and data_offsets', place)
  const dtype = value.get('dtype')
  if (typeof dtype !== 'string' || !Object.hasOwn(BITS, dtype))
    throw new InputError(
      `unknown dtype ${shown(dtype)}, expected one of ${Object.keys(BITS).join(' ')}`,
      place,
    )
  const shape = wholeNumbers(value.get('shape'))
  if (shape === null) throw new InputError('shape is not a list of whole numbers', place)
  const offsets = wholeNumbers(value.get('data_offsets'))
  const [start, end] = offsets ?? []
  if (start === undefined || end === undefined || offsets?.length !== 2)
    throw new InputError('data_offsets is not a list of two whole numbers', place)
  return { name, dtype: dtype as DType, shape, start, end }
}

function wholeNumbers(value: StrictJson | undefined): bigint[] | null {
  if (!Array.isArray(value)) return null
  const numbers: bigint[] = []
  for (const item of value) {
    // 20 digits hold every 64-bit number; more would only cost time.
    if (!(item instanceof JsonNumber) || !/^[0-9]{1,20}$/.test(item.text)) return null
    const number = BigInt(item.text)
    if (number > MAX_U64) return null
    numbers.push(number)
  }
  return numbers
}

function placeTensors(
  spans: Span[],
  base: number,
  fileBytes: number,
  file: string,
): Map<string, TensorEntry> {
  spans.sort((a, b) => compare(a.start, b.start) || compare(a.end, b.end))
  const tensors = new Map<string, TensorEntry>()
  const dataBytes = BigInt(fileBytes - base)
  let covered = 0n
  for (const { name, dtype, shape, start, end } of spans) {
    const place = { file, field: name }
    if (start > covered)
      throw new InputError(`bytes ${covered} to ${start} of the data belong to no tensor`, place)
    if (start < covered)
      throw new InputError(`begins at byte ${start}, inside or before another tensor`, place)
    if (end < start) throw new InputError(`ends at byte ${end}, before its start ${start}`, place)
    if (end > dataBytes)
      throw new InputError(`ends at byte ${end}, but the data has ${dataBytes} bytes (cut short?)`, place)
    const needed = bytesOf(dtype, shape, place)
    if (needed !== end - start)
      throw new InputError(
        `${dtype} [${shape.join(', ')}] takes ${needed} bytes, but its span has ${end - start}`,
        place,
      )
    tensors.set(name, {
      name,
      dtype,
      shape: shape.map(Number),
      start: base + Number(start),
      end: base + Number(end),
    })
    covered = end
  }
  if (covered !== dataBytes)
    throw new InputError(`the data has ${dataBytes} bytes, but the tensors cover ${covered}`, { file })
  return tensors
}

function bytesOf(dtype: DType, shape: readonly bigint[], place: { file: string; field: string }): bigint {
  let bits = 1n
  for (const size of [...shape, BigInt(BITS[dtype])]) {
    bits *= size
    // Stopping here keeps the product of a million dimensions from growing without bound.
    if (bits > MAX_U64) throw new InputError(`shape [${shape.slice(0, 8).join(', ')}] is too large`, place)
  }
  if (bits % 8n !== 0n)
    throw new InputError(`${dtype} [${shape.join(', ')}] does not fill whole bytes`, place)
  return bits / 8n
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

function shown(value: StrictJson | undefined): string {
  if (value === undefined) return '(missing)'
  if (value instanceof JsonNumber) return value.text
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : 'that is not a string'
}
