import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { InputError } from '../errors'
import { readSlices, type SlicedBytes } from '../tensor-files/file-slices'
import { inflated } from '../tensor-files/inflated'
import type { UnpackedFiles } from '../tensor-files/unpacked-files'

/** Unsigned bytes in the order of the file; `shape` as its header says ([N, rows, columns] or [N]). */
export interface IdxArray {
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

const UNSIGNED_BYTE = 0x08
/** A gzip file may unpack to this many bytes whatever its own size … */
const UNPACKED_ALWAYS_ALLOWED_BYTES = 64 * 2 ** 20
/** … and beyond that to this many times its own size. MNIST's four files lie between 2 and 5. */
const UNPACKED_MOST_TIMES = 100

/** An IDX file of images: `shape` is [N, rows, columns]. */
export interface IdxImages {
  readonly shape: readonly number[]
  /** The bytes of each of these images, row by row. */
  read(indices: readonly number[]): Uint8Array[]
}

/**
 * Opens an IDX file of images, which are read as they are asked for: from a plain one, which must not change meanwhile, or
 * from what a gzipped one unpacks to. Every rule of the format is checked; an error names the file and the byte.
 */
export async function openIdxImages(file: string, unpacked: UnpackedFiles): Promise<IdxImages> {
  const { header, isPacked, size, pieces } = await inspect(file, 3)
  const bytes: SlicedBytes = isPacked
    ? await unpacked.bytesOf({ file, what: 'images' }, () => checked(header, pieces()))
    : { size, read: (slices) => readSlices(file, slices) }
  const [first = Buffer.alloc(0)] = bytes.read([{ start: 0, end: Math.min(bytes.size, header.bytes) }])
  const shape = header.read(first) ?? header.endedAt(bytes.size)
  const count = countOf(shape)
  if (header.bytes + count < bytes.size) throw header.tooMuch(count)
  const each = count / (shape[0] ?? 1)
  const place = (index: number): number => header.bytes + index * each
  return {
    shape,
    read: (indices) => bytes.read(indices.map((i) => ({ start: place(i), end: place(i + 1) }))),
  }
}

/**
 * Reads an IDX file of unsigned bytes (the format of MNIST), plain or gzipped, with `rank` dimensions. The bytes are
 * held. Every rule of the format is checked; an error names the file and the byte.
 */
export async function readIdx(file: string, rank: 1 | 3): Promise<IdxArray> {
  const { header, pieces } = await inspect(file, rank)
  const held: Uint8Array[] = []
  for await (const piece of checked(header, pieces())) held.push(piece)
  const all = Buffer.concat(held)
  const shape = header.read(all) ?? header.endedAt(all.length)
  return { shape, data: new Uint8Array(all.subarray(header.bytes)) }
}

/** The rules of what stands before an array's bytes. */
class IdxHeader {
  readonly bytes: number

  /**
   * @param mostBytes more than the whole of the file, unpacked, cannot have
   * @param within what a byte's place is counted in, where that is not the file: " of what it unpacks to"
   */
  constructor(
    private readonly file: string,
    private readonly rank: number,
    private readonly mostBytes: number,
    private readonly within: string,
  ) {
    this.bytes = 4 + 4 * rank
  }

  /** The array's shape; null where `start`, the first bytes of the file, ends before it is known. */
  read(start: Buffer): readonly number[] | null {
    this.checkMagic(start)
    if (start.length < this.bytes) return null
    const shape = Array.from({ length: this.rank }, (_, i) => {
      const dimension = start.readUInt32BE(4 + 4 * i)
      if (dimension === 0) throw this.error(4 + 4 * i, `dimension ${i + 1} is 0`)
      return dimension
    })
    const count = countOf(shape)
    if (this.bytes + count > this.mostBytes)
      throw this.error(4, `dimensions ${shape.join(' × ')} need ${count} bytes, the file cannot hold them`)
    return shape
  }

  endedAt(offset: number): never {
    throw this.error(offset, `the file ends inside the header of ${this.bytes} bytes`)
  }

  tooMuch(count: number): InputError {
    return this.error(this.bytes + count, 'more bytes follow than the dimensions ask for')
  }

  error(offset: number, problem: string): InputError {
    return new InputError(`at byte ${offset}${this.within}: ${problem}`, { file: this.file })
  }

  private checkMagic(start: Buffer): void {
    const [first = 0, second = 0, type = UNSIGNED_BYTE, rank = this.rank] = start
    if (first !== 0 || second !== 0)
      throw this.error(0, `found bytes ${first}, ${second}, an IDX file starts with 0, 0`)
    if (type !== UNSIGNED_BYTE) {
      const found = type.toString(16).padStart(2, '0')
      throw this.error(2, `element type 0x${found}, expected 0x08 (unsigned bytes)`)
    }
    if (rank !== this.rank) throw this.error(3, `${rank} dimensions, expected ${this.rank}`)
  }
}

const countOf = (shape: readonly number[]): number =>
  shape.reduce((product, dimension) => product * dimension, 1)

/** The bytes of an IDX file as they pass by. @throws {InputError} where they are not as many as the header says */
async function* checked(header: IdxHeader, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let start: Buffer = Buffer.alloc(0)
  let size = 0
  let count: number | null = null
  for await (const piece of pieces) {
    if (count === null) {
      start = Buffer.concat([start, piece])
      const shape = header.read(start)
      if (shape !== null) count = countOf(shape)
    }
    size += piece.length
    if (count !== null && size > header.bytes + count) throw header.tooMuch(count)
    yield piece
  }
  if (count === null) return header.endedAt(size)
  const missing = header.bytes + count - size
  if (missing > 0)
    throw header.error(size, `the file ends here, its dimensions ask for ${missing} bytes more`)
}

/** What is known of a file before its header is read. */
interface Inspected {
  readonly header: IdxHeader
  readonly isPacked: boolean
  readonly size: number
  /** Its bytes, unpacked, from the beginning. */
  readonly pieces: () => AsyncIterable<Buffer>
}

async function inspect(file: string, rank: 1 | 3): Promise<Inspected> {
  const { isPacked, size } = await looked(file)
  if (!isPacked) {
    const pieces = (): AsyncIterable<Buffer> => createReadStream(file, { highWaterMark: 2 ** 20 })
    return { header: new IdxHeader(file, rank, size, ''), isPacked, size, pieces }
  }
  const mostBytes = Math.max(UNPACKED_ALWAYS_ALLOWED_BYTES, size * UNPACKED_MOST_TIMES)
  const header = new IdxHeader(file, rank, mostBytes, ' of what it unpacks to')
  return {
    ...{ header, isPacked, size },
    pieces: () => inflated({ file, format: 'gzip', start: 0, end: size }),
  }
}

async function looked(file: string): Promise<{ isPacked: boolean; size: number }> {
  try {
    const handle = await open(file)
    try {
      const stat = await handle.stat()
      if (!stat.isFile()) throw new InputError('not a file, expected an IDX file', { file })
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
      return { isPacked: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b, size: stat.size }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EACCES')) {
      throw new InputError(error.code === 'ENOENT' ? 'no such file' : 'may not be read', { file })
    }
    throw error
  }
}
