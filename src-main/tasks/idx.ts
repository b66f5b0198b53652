import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InputError } from '../errors'
import { readSlices } from '../tensor-files/file-slices'

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
 * Opens an IDX file of images. A plain one is read image by image, as they are asked for, and must not change meanwhile; a
 * gzipped one is unpacked and held. Every rule of the format is checked; an error names the file and the byte.
 */
export async function openIdxImages(file: string): Promise<IdxImages> {
  const { packed, size } = await inspect(file)
  if (packed) {
    const { shape, data } = await readIdx(file, 3)
    const each = data.length / (shape[0] ?? 1)
    return { shape, read: (indices) => indices.map((i) => data.subarray(i * each, (i + 1) * each)) }
  }
  const header = new IdxHeader(file, 3, size)
  const [first = Buffer.alloc(0)] = readSlices(file, [{ start: 0, end: Math.min(size, header.bytes) }])
  const shape = header.read(first) ?? header.endedAt(size)
  const count = shape.reduce((product, dimension) => product * dimension, 1)
  if (header.bytes + count < size) throw header.tooMuch(count)
  const each = count / (shape[0] ?? 1)
  return {
    shape,
    read: (indices) =>
      readSlices(
        file,
        indices.map((i) => ({ start: header.bytes + i * each, end: header.bytes + (i + 1) * each })),
      ),
  }
}

/**
 * Reads an IDX file of unsigned bytes (the format of MNIST), plain or gzipped, with `rank` dimensions. The bytes are
 * held once. Every rule of the format is checked; an error names the file and the byte.
 */
export async function readIdx(file: string, rank: 1 | 3): Promise<IdxArray> {
  const { packed, size } = await inspect(file)
  const mostBytes = packed ? Math.max(UNPACKED_ALWAYS_ALLOWED_BYTES, size * UNPACKED_MOST_TIMES) : size
  const reading = new IdxReading(new IdxHeader(file, rank, mostBytes))
  const bytes = createReadStream(file, { highWaterMark: 2 ** 20 })
  try {
    for await (const chunk of packed ? unpacked(bytes) : bytes) reading.take(chunk as Buffer)
  } catch (error) {
    if (isZlibError(error)) throw new InputError(`broken gzip data (${error.message})`, { file })
    throw error
  } finally {
    bytes.destroy()
  }
  return reading.result()
}

/** The rules of what stands before an array's bytes. */
class IdxHeader {
  readonly bytes: number

  /** @param mostBytes more than the whole of the file, unpacked, cannot have */
  constructor(
    private readonly file: string,
    private readonly rank: number,
    private readonly mostBytes: number,
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
    const count = shape.reduce((product, dimension) => product * dimension, 1)
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
    return new InputError(`at byte ${offset}: ${problem}`, { file: this.file })
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

/** What is known of the array so far, while its bytes arrive. */
class IdxReading {
  #start: Buffer = Buffer.alloc(0)
  #shape: readonly number[] | null = null
  #data = new Uint8Array(0)
  #filled = 0

  constructor(private readonly header: IdxHeader) {}

  take(chunk: Buffer): void {
    if (this.#shape !== null) return this.#fill(chunk)
    this.#start = Buffer.concat([this.#start, chunk])
    this.#shape = this.header.read(this.#start)
    if (this.#shape === null) return
    this.#data = new Uint8Array(this.#shape.reduce((product, dimension) => product * dimension, 1))
    this.#fill(this.#start.subarray(this.header.bytes))
  }

  result(): IdxArray {
    if (this.#shape === null) return this.header.endedAt(this.#start.length)
    const missing = this.#data.length - this.#filled
    if (missing > 0) {
      const end = this.header.bytes + this.#filled
      throw this.header.error(end, `the file ends here, its dimensions ask for ${missing} bytes more`)
    }
    return { shape: this.#shape, data: this.#data }
  }

  #fill(chunk: Buffer): void {
    if (this.#filled + chunk.length > this.#data.length) throw this.header.tooMuch(this.#data.length)
    this.#data.set(chunk, this.#filled)
    this.#filled += chunk.length
  }
}

function unpacked(bytes: Readable): Readable {
  const gunzip = createGunzip({ chunkSize: 2 ** 20 })
  bytes.on('error', (error) => gunzip.destroy(error))
  return bytes.pipe(gunzip)
}

async function inspect(file: string): Promise<{ packed: boolean; size: number }> {
  try {
    const handle = await open(file)
    try {
      const stat = await handle.stat()
      if (!stat.isFile()) throw new InputError('not a file, expected an IDX file', { file })
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
      return { packed: bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b, size: stat.size }
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

function isZlibError(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  )
}
