import { parse } from 'npyjs'
import { createReadStream, statSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { openPromise, type Entry } from 'yauzl'
import { InputError } from '../errors'
import { readSlices, type Slice } from './file-slices'
import { inflated, type Compressed } from './inflated'
import type { NamedArray, NamedArrays } from './named-arrays'
import { bitsOf, isFloating, type DType } from './safetensors-header'
import { elementsOf } from './tensor-elements'
import type { UnpackedFiles } from './unpacked-files'

/** What NumPy calls the types that can be used. */
const TYPES: Readonly<Record<string, DType>> = {
  ...{ f2: 'F16', f4: 'F32', f8: 'F64', b1: 'BOOL', i1: 'I8', u1: 'U8', i2: 'I16', u2: 'U16' },
  ...{ i4: 'I32', u4: 'U32', i8: 'I64', u8: 'U64' },
}
const SUFFIX = '.npy'
/** Of ZIP's methods of compression, the one that is none and the one that NumPy takes. */
const [STORED, DEFLATED] = [0, 8]

/** Where one array's file stands in the archive. */
interface Packed {
  readonly archive: string
  readonly name: string
  readonly entry: Entry
  /** The first of its bytes, which are compressed or not. */
  readonly start: number
}

/** The bytes of one array's file. */
interface Member {
  readonly size: number
  read(slices: readonly Slice[]): ArrayBuffer[]
  /** Where one of them stands, for people. */
  placeOf(byte: number): string
}

/**
 * The arrays of a NumPy archive, row by row: read from the file as they are asked for where `numpy.savez` has stored them as
 * they are, from what they unpack to where they are compressed. Half precision becomes float32.
 * @throws {InputError} where the file is no such archive; `get` throws where an array is damaged, or its order or type
 * cannot be used
 */
export async function openNpz(file: string, unpacked: UnpackedFiles): Promise<NamedArrays> {
  const packed = new Map<string, Packed>()
  const { size, mtimeMs } = statSync(file)
  try {
    const archive = await openPromise(file, { autoClose: false })
    try {
      for await (const entry of archive.eachEntry()) {
        if (!entry.fileName.endsWith(SUFFIX)) continue
        const { fileDataStart: start } = await archive.readLocalFileHeaderPromise(entry, { minimal: true })
        const name = entry.fileName.slice(0, -SUFFIX.length)
        packed.set(name, { archive: file, name, entry, start })
      }
    } finally {
      archive.close()
    }
  } catch (error) {
    throw new InputError(`is not a NumPy archive, or not all of its ${size} bytes (${wordsOf(error)})`, {
      file,
    })
  }
  return {
    names: [...packed.keys()],
    async get(name) {
      const found = packed.get(name)
      if (found === undefined) return null
      if (found.entry.isEncrypted()) throw wrong(found, 'is encrypted')
      const method = found.entry.compressionMethod
      if (method === STORED) return arrayOf(await storedMember(found, { size, mtimeMs }), found)
      if (method === DEFLATED) return arrayOf(await unpackedMember(found, unpacked), found)
      throw wrong(found, `is compressed by method ${method}, expected NumPy's (${DEFLATED})`)
    },
  }
}

const wrong = ({ archive, name }: Packed, problem: string): InputError =>
  new InputError(problem, { file: archive, field: name })

async function storedMember(
  of: Packed,
  stamp: { readonly size: number; readonly mtimeMs: number },
): Promise<Member> {
  const { archive, entry, start: first } = of
  const size = entry.uncompressedSize
  if (size === 0) throw wrong(of, `byte ${first}: is empty`)
  const pieces = createReadStream(archive, { highWaterMark: 2 ** 20, start: first, end: first + size - 1 })
  for await (const _ of checked(pieces, of)) continue
  return {
    size,
    placeOf: (byte) => `byte ${first + byte}`,
    read(slices) {
      const now = statSync(archive, { throwIfNoEntry: false })
      if (now === undefined || now.size !== stamp.size || now.mtimeMs !== stamp.mtimeMs)
        throw new InputError('the file changed while it was being read', { file: archive })
      const places = slices.map(({ start, end }) => ({ start: first + start, end: first + end }))
      return readSlices(archive, places).map(({ buffer }) => buffer)
    },
  }
}

async function unpackedMember(of: Packed, unpacked: UnpackedFiles): Promise<Member> {
  const { archive, name, entry, start } = of
  const { uncompressedSize: bytes, compressedSize } = entry
  const packed: Compressed = {
    ...{ file: archive, field: name, format: 'deflate' as const },
    ...{ start, end: start + compressedSize },
  }
  const held = await unpacked.bytesOf({ file: archive, what: entry.fileName, bytes }, () =>
    checked(inflated(packed), of),
  )
  return {
    size: held.size,
    placeOf: (byte) => `byte ${byte} of ${entry.fileName}, unpacked`,
    read: (slices) => held.read(slices).map(({ buffer }) => buffer),
  }
}

/** The bytes of an array's file as they pass by. @throws {InputError} unless they are those that the archive was made with */
async function* checked(pieces: AsyncIterable<Uint8Array>, of: Packed): AsyncGenerator<Uint8Array> {
  const { entry, start } = of
  const end = start + entry.compressedSize
  let [size, sum] = [0, 0]
  for await (const piece of pieces) {
    size += piece.length
    if (size > entry.uncompressedSize) break
    sum = crc32(piece, sum)
    yield piece
  }
  const range = `bytes ${start} to ${end}`
  if (size !== entry.uncompressedSize) {
    const found = size > entry.uncompressedSize ? 'more' : size
    throw wrong(of, `${range}: hold ${found} bytes, unpacked, the archive says ${entry.uncompressedSize}`)
  }
  if (sum !== entry.crc32) throw wrong(of, `${range}: do not have the CRC-32 that the archive says`)
}

function arrayOf(member: Member, of: Packed): NamedArray {
  const { type, shape, isColumnwise, begin } = headerOf(member, of)
  const dtype = TYPES[type]
  if (dtype === undefined) throw wrong(of, `holds elements of type ${type}, expected numbers`)
  if (isColumnwise && shape.length > 1)
    throw wrong(of, 'is stored column by column, expected C order (numpy.ascontiguousarray)')
  const each = bitsOf(dtype) / 8
  const length = shape.reduce((product, extent) => product * extent, 1)
  const found = (member.size - begin) / each
  if (found !== length)
    throw wrong(
      of,
      `${member.placeOf(member.size)}: ends after ${found} elements, its shape ${shape.join(' × ')} wants ${length}`,
    )
  const place = (index: number): number => begin + index * each
  return {
    ...{ shape, isFloat: isFloating(dtype), length },
    read: (slices) =>
      member
        .read(slices.map(({ start, end }) => ({ start: place(start), end: place(end) })))
        .map((buffer) => elementsOf(dtype, buffer) ?? []),
    placeOf: (index) => ` (${member.placeOf(place(index))})`,
  }
}

/** The magic word, the version, and the length of the rest of the header; of which no honest one is longer than … */
const FIRST_BYTES = 12
const MOST_HEADER_BYTES = 2 ** 20

interface NpyHeader {
  /** "f4". */
  readonly type: string
  readonly shape: readonly number[]
  readonly isColumnwise: boolean
  /** The byte of the first element. */
  readonly begin: number
}

function headerOf(member: Member, of: Packed): NpyHeader {
  try {
    const [first = new ArrayBuffer()] = member.read([{ start: 0, end: Math.min(FIRST_BYTES, member.size) }])
    const view = new DataView(first)
    const isOfVersion1 = view.getUint8(6) === 1
    const begin = isOfVersion1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)
    if (begin > Math.min(member.size, MOST_HEADER_BYTES)) throw new Error('its header is longer than itself')
    const [header = new ArrayBuffer()] = member.read([{ start: 0, end: begin }])
    const { dtype, shape, fortranOrder } = parse(header)
    return { type: dtype, shape, isColumnwise: fortranOrder, begin }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw wrong(of, `${member.placeOf(0)}: is not an array of NumPy's (${wordsOf(error)})`)
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
