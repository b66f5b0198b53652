import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Series } from '../run'

/**
 * Points of one metric as bytes, small enough for 10⁹ of them:
 * steps as first and stride where they are even (else varint distances), times as varint distances in whole milliseconds,
 * values as float32 where that loses nothing (the engine's losses; else float64), split into byte planes because the sign
 * and exponent bytes of neighbours are alike, and all of it deflated where that pays. NaN, ±Infinity and -0 survive.
 *
 * Layout: format u8, flags u8, count u32, then the body: steps, times (first f64, then distances), value planes.
 * Little-endian, like every machine this runs on.
 */
const FORMAT = 1
const HEADER_BYTES = 6
const EVEN_STEPS = 1
const PLAIN_TIMES = 2
const FLOAT32 = 4
const DEFLATED = 8

/** Below this, deflate has nothing to work with and tail chunks are rewritten soon anyway. */
const DEFLATE_FROM_BYTES = 512

/** No chunk has more points; bytes that claim more are not ours. */
const MOST_POINTS = 2 ** 24

/** Bytes that so many points take at most before they are deflated. */
const largestBody = (count: number): number => count * (5 + 8 + 8) + 16

/** @param points steps strictly rising, at least one; times whole milliseconds */
export function packPoints({ steps, values, times }: Series): Buffer {
  const count = steps.length
  const body = Buffer.allocUnsafe(largestBody(count))
  const stride = evenStride(steps)
  const plainTimes = !distancesFitInt32(times)
  const narrow = values.every((value) => Object.is(Math.fround(value), value))

  let end = 0
  if (stride !== null) {
    end = body.writeUInt32LE(stride, body.writeUInt32LE(steps[0]!, 0))
  } else {
    for (let i = 0; i < count; i++) end = writeVarint(body, end, steps[i]! - (i > 0 ? steps[i - 1]! : 0))
  }
  if (plainTimes) {
    for (let i = 0; i < count; i++) end = body.writeDoubleLE(times[i]!, end)
  } else {
    end = body.writeDoubleLE(times[0]!, end)
    for (let i = 1; i < count; i++) {
      const distance = times[i]! - times[i - 1]!
      end = writeVarint(body, end, ((distance << 1) ^ (distance >> 31)) >>> 0)
    }
  }
  end = writePlanes(body, end, narrow ? Float32Array.from(values) : values)

  const plain = body.subarray(0, end)
  const deflated = end >= DEFLATE_FROM_BYTES ? deflateRawSync(plain, { level: 1 }) : plain
  const packed = deflated.length < plain.length ? deflated : plain
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt8(FORMAT, 0)
  header.writeUInt8(
    (stride === null ? 0 : EVEN_STEPS) |
      (plainTimes ? PLAIN_TIMES : 0) |
      (narrow ? FLOAT32 : 0) |
      (packed === deflated && packed !== plain ? DEFLATED : 0),
    1,
  )
  header.writeUInt32LE(count, 2)
  return Buffer.concat([header, packed])
}

/** @throws {RangeError} on bytes that packPoints did not write */
export function unpackPoints(packed: Buffer): Series {
  if (packed.readUInt8(0) !== FORMAT) throw new RangeError(`unknown chunk format ${packed.readUInt8(0)}`)
  const flags = packed.readUInt8(1)
  const count = packed.readUInt32LE(2)
  if (count > MOST_POINTS) throw new RangeError(`${count} points in a chunk, expected at most ${MOST_POINTS}`)
  const rest = packed.subarray(HEADER_BYTES)
  const body = { bytes: flags & DEFLATED ? inflated(rest, largestBody(count)) : rest, at: 0 }

  const steps = new Uint32Array(count)
  if (flags & EVEN_STEPS) {
    const [first, stride] = [body.bytes.readUInt32LE(0), body.bytes.readUInt32LE(4)]
    for (let i = 0; i < count; i++) steps[i] = first + i * stride
    body.at = 8
  } else {
    for (let i = 0, step = 0; i < count; i++) steps[i] = step += readVarint(body)
  }

  const times = new Float64Array(count)
  if (flags & PLAIN_TIMES) {
    for (let i = 0; i < count; i++, body.at += 8) times[i] = body.bytes.readDoubleLE(body.at)
  } else {
    times[0] = body.bytes.readDoubleLE(body.at)
    body.at += 8
    for (let i = 1; i < count; i++) {
      const zigzag = readVarint(body)
      times[i] = times[i - 1]! + ((zigzag >>> 1) ^ -(zigzag & 1))
    }
  }

  const values = flags & FLOAT32 ? Float64Array.from(readFloat32(body, count)) : readFloat64(body, count)
  if (body.at !== body.bytes.length) throw new RangeError('bytes left over at the end of a chunk')
  return { steps, values, times }
}

/** @throws {RangeError} where the bytes cannot be inflated, or grow to more than a chunk of this size can have */
function inflated(bytes: Buffer, largest: number): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: largest })
  } catch (error) {
    throw new RangeError('a chunk cannot be inflated', { cause: error })
  }
}

/** A cursor over the body of a chunk. */
interface Body {
  readonly bytes: Buffer
  at: number
}

function evenStride(steps: Uint32Array): number | null {
  if (steps.length < 2) return 0
  const stride = steps[1]! - steps[0]!
  for (let i = 2; i < steps.length; i++) if (steps[i]! - steps[i - 1]! !== stride) return null
  return stride
}

function distancesFitInt32(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) {
    const distance = times[i]! - times[i - 1]!
    if (distance !== (distance | 0)) return false
  }
  return true
}

/** @param value an unsigned 32-bit integer */
function writeVarint(bytes: Buffer, at: number, value: number): number {
  while (value > 0x7f) {
    bytes[at++] = (value & 0x7f) | 0x80
    value >>>= 7
  }
  bytes[at++] = value
  return at
}

function readVarint(body: Body): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = body.bytes.readUInt8(body.at++)
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value >>> 0
  }
  throw new RangeError('a number in a chunk is too long')
}

/** Byte 0 of every value, then byte 1 of every value, and so on. */
function writePlanes(target: Buffer, at: number, values: Float32Array | Float64Array): number {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const width = values.BYTES_PER_ELEMENT
  for (let plane = 0; plane < width; plane++) {
    for (let i = plane; i < bytes.length; i += width) target[at++] = bytes[i]!
  }
  return at
}

function readPlanes(body: Body, target: Uint8Array, width: number): void {
  if (body.at + target.length > body.bytes.length) throw new RangeError('a chunk is cut short')
  for (let plane = 0; plane < width; plane++) {
    for (let i = plane; i < target.length; i += width) target[i] = body.bytes[body.at++]!
  }
}

function readFloat32(body: Body, count: number): Float32Array {
  const values = new Float32Array(count)
  readPlanes(body, new Uint8Array(values.buffer), 4)
  return values
}

function readFloat64(body: Body, count: number): Float64Array {
  const values = new Float64Array(count)
  readPlanes(body, new Uint8Array(values.buffer), 8)
  return values
}
