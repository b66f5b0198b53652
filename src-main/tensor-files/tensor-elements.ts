import type { DType } from './safetensors-header'

/** Elements of one tensor, row-major. BOOL is one byte an element; F16 and BF16 become float32. */
export type TensorData =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>

/** Elements from their bytes; undefined where the type cannot be read. */
export function elementsOf(dtype: DType, bytes: ArrayBuffer): TensorData | undefined {
  const widen = widening(dtype)
  if (widen === null) return PLAIN[dtype]?.(bytes)
  const values = new Float32Array(bytes.byteLength / 2)
  widen(new Uint16Array(bytes), values, 0)
  return values
}

/** Types whose bytes are a typed array as they are (all supported machines are little-endian). */
export const PLAIN: Partial<Record<DType, (bytes: ArrayBuffer) => TensorData>> = {
  F32: (bytes) => new Float32Array(bytes),
  F64: (bytes) => new Float64Array(bytes),
  I8: (bytes) => new Int8Array(bytes),
  U8: (bytes) => new Uint8Array(bytes),
  BOOL: (bytes) => new Uint8Array(bytes),
  I16: (bytes) => new Int16Array(bytes),
  U16: (bytes) => new Uint16Array(bytes),
  I32: (bytes) => new Int32Array(bytes),
  U32: (bytes) => new Uint32Array(bytes),
  I64: (bytes) => new BigInt64Array(bytes),
  U64: (bytes) => new BigUint64Array(bytes),
}

type Widen = (from: Uint16Array, to: Float32Array, offset: number) => void

/** What makes float32 of a type of 16 bits; null where the type is no such one. */
export const widening = (dtype: DType): Widen | null =>
  dtype === 'F16' ? widenHalf : dtype === 'BF16' ? widenBrain : null

/** BF16 is the upper half of a float32. */
function widenBrain(from: Uint16Array, to: Float32Array, offset: number): void {
  const bits = new Uint32Array(to.buffer)
  for (let i = 0; i < from.length; i++) bits[offset + i] = (from[i] ?? 0) << 16
}

/** IEEE 754 half precision; every value is exact in float32, NaN payloads move up unchanged. */
function widenHalf(from: Uint16Array, to: Float32Array, offset: number): void {
  const bits = new Uint32Array(to.buffer)
  for (let i = 0; i < from.length; i++) {
    const half = from[i] ?? 0
    const sign = (half & 0x8000) << 16
    const exponent = (half >>> 10) & 0x1f
    const fraction = half & 0x3ff
    if (exponent === 0) to[offset + i] = (sign === 0 ? fraction : -fraction) * 2 ** -24
    else bits[offset + i] = sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13)
  }
}
