import { headerLength, parseHeader, type Header } from '../../src-main/tensor-files/safetensors-header'
import { InputError } from '../../src-main/errors'

/** Fields of a tensor of two float32 numbers, in a file with 8 bytes of data. */
export const F32_PAIR = '"dtype":"F32","shape":[2],"data_offsets":[0,8]'

/** A file with this header text, its true length in front (unless told otherwise), and `data` bytes of data. */
export function file(header: string | Uint8Array, data = 8, length?: bigint): Buffer {
  const json = Buffer.from(header as string)
  const front = Buffer.alloc(8)
  front.writeBigUInt64LE(length ?? BigInt(json.length))
  return Buffer.concat([front, json, Buffer.alloc(data)])
}

/** Checks a whole file as `openSafetensors` does. */
export function parse(bytes: Uint8Array): Header {
  const length = headerLength(bytes.subarray(0, 8), bytes.length, 'x')
  return parseHeader(bytes.subarray(8, 8 + length), bytes.length, 'x')
}

/** A file with one tensor, `a`, of these fields. */
export const tensor = (fields: string): Buffer => file(`{"a":{${fields}}}`)

/** Null where the file is taken, else why not; any other error than an InputError is passed on. */
export function verdict(bytes: Uint8Array): string | null {
  try {
    parse(bytes)
    return null
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}
