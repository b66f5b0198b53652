import { parse } from 'npyjs'
import { statSync, type Stats } from 'node:fs'
import { openPromise, type Entry, type ZipFile } from 'yauzl'
import { InputError } from '../errors'
import { readSlices, type Slice } from './file-slices'
import type { NamedArray } from './named-arrays'
import { bitsOf, isFloating, type DType } from './safetensors-header'
import { elementsOf } from './tensor-elements'

/** What NumPy calls the types that can be used. */
const TYPES: Readonly<Record<string, DType>> = {
  ...{ f2: 'F16', f4: 'F32', f8: 'F64', b1: 'BOOL', i1: 'I8', u1: 'U8', i2: 'I16', u2: 'U16' },
  ...{ i4: 'I32', u4: 'U32', i8: 'I64', u8: 'U64' },
}

/** The bytes of one array's file inside the archive. */
interface Member {
  readonly bytes: number
  read(slices: readonly Slice[]): ArrayBuffer[]
  /** Where a byte stands in the archive; null where it is compressed. */
  readonly start: number | null
}

/**
 * The arrays of a NumPy archive, row by row: read from the file as they are asked for where `numpy.savez` has stored them as
 * they are, unpacked and held where they are compressed. Half precision becomes float32.
 * @throws {InputError} where the file is no such archive, or an array's order or type cannot be used
 */
export async function openNpz(file: string): Promise<Map<string, NamedArray>> {
  const arrays = new Map<string, NamedArray>()
  try {
    const stamp = statSync(file)
    const archive = await openPromise(file, { autoClose: false })
    try {
      for await (const entry of archive.eachEntry()) {
        if (!entry.fileName.endsWith('.npy')) continue
        const name = entry.fileName.slice(0, -'.npy'.length)
        arrays.set(name, arrayOf(await memberOf(archive, entry, file, stamp), file, name))
      }
    } finally {
      archive.close()
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`is not a NumPy archive (${wordsOf(error)})`, { file })
  }
  return arrays
}

async function memberOf(archive: ZipFile, entry: Entry, file: string, stamp: Stats): Promise<Member> {
  const bytes = entry.uncompressedSize
  if (entry.compressionMethod !== STORED || entry.isEncrypted()) {
    const held = await unpacked(archive, entry)
    return {
      bytes,
      start: null,
      read: (slices) => slices.map(({ start, end }) => Uint8Array.from(held.subarray(start, end)).buffer),
    }
  }
  const { fileDataStart: first } = await archive.readLocalFileHeaderPromise(entry, { minimal: true })
  return {
    bytes,
    start: first,
    read(slices) {
      const now = statSync(file, { throwIfNoEntry: false })
      if (now === undefined || now.size !== stamp.size || now.mtimeMs !== stamp.mtimeMs)
        throw new InputError('the file changed while it was being read', { file })
      const places = slices.map(({ start, end }) => ({ start: first + start, end: first + end }))
      return readSlices(file, places).map(({ buffer }) => buffer)
    },
  }
}

/** Of compression methods, the one that is none. */
const STORED = 0

async function unpacked(archive: ZipFile, entry: Entry): Promise<Uint8Array> {
  const stream = await archive.openReadStreamPromise(entry)
  const held = new Uint8Array(entry.uncompressedSize)
  let filled = 0
  // The archive's reader refuses more or fewer bytes than the entry says.
  for await (const chunk of stream) {
    held.set(chunk as Buffer, filled)
    filled += (chunk as Buffer).length
  }
  return held
}

function arrayOf(member: Member, file: string, name: string): NamedArray {
  const { type, shape, isColumnwise, begin } = headerOf(member, file, name)
  const wrong = (problem: string): InputError => new InputError(problem, { file, field: name })
  const dtype = TYPES[type]
  if (dtype === undefined) throw wrong(`holds elements of type ${type}, expected numbers`)
  if (isColumnwise && shape.length > 1)
    throw wrong('is stored column by column, expected C order (numpy.ascontiguousarray)')
  const each = bitsOf(dtype) / 8
  const length = shape.reduce((product, extent) => product * extent, 1)
  const found = (member.bytes - begin) / each
  if (found !== length) throw wrong(`holds ${found} elements, its shape ${shape.join(' × ')} wants ${length}`)
  const place = (index: number): number => begin + index * each
  return {
    ...{ shape, isFloat: isFloating(dtype), length },
    read: (slices) =>
      member
        .read(slices.map(({ start, end }) => ({ start: place(start), end: place(end) })))
        .map((buffer) => elementsOf(dtype, buffer) ?? []),
    placeOf: (index) => (member.start === null ? '' : ` (byte ${member.start + place(index)})`),
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

function headerOf(member: Member, file: string, name: string): NpyHeader {
  try {
    const [first = new ArrayBuffer()] = member.read([{ start: 0, end: Math.min(FIRST_BYTES, member.bytes) }])
    const view = new DataView(first)
    const isOfVersion1 = view.getUint8(6) === 1
    const begin = isOfVersion1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)
    if (begin > Math.min(member.bytes, MOST_HEADER_BYTES)) throw new Error('its header is longer than itself')
    const [header = new ArrayBuffer()] = member.read([{ start: 0, end: begin }])
    const { dtype, shape, fortranOrder } = parse(header)
    return { type: dtype, shape, isColumnwise: fortranOrder, begin }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`is not an array of NumPy's (${wordsOf(error)})`, { file, field: name })
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
