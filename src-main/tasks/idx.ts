import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InputError } from '../errors'

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

/**
 * Reads an IDX file of unsigned bytes (the format of MNIST), plain or gzipped, with `rank` dimensions. The bytes are
 * held once. Every rule of the format is checked; an error names the file and the byte.
 */
export async function readIdx(file: string, rank: 1 | 3): Promise<IdxArray> {
  const { packed, size } = await inspect(file)
  const reading = new IdxReading(
    file,
    rank,
    packed ? Math.max(UNPACKED_ALWAYS_ALLOWED_BYTES, size * UNPACKED_MOST_TIMES) : size,
  )
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

/** What is known of the array so far, while its bytes arrive. */
class IdxReading {
  #header: Buffer = Buffer.alloc(0)
  #shape: readonly number[] | null = null
  #data = new Uint8Array(0)
  #filled = 0

  constructor(
    private readonly file: string,
    private readonly rank: number,
    private readonly mostBytes: number,
  ) {}

  take(chunk: Buffer): void {
    if (this.#shape !== null) return this.#fill(chunk)
    this.#header = Buffer.concat([this.#header, chunk])
    this.#checkMagic()
    if (this.#header.length < this.#headerBytes) return
    this.#shape = this.#readShape()
    const count = this.#shape.reduce((product, dimension) => product * dimension, 1)
    if (this.#headerBytes + count > this.mostBytes) {
      throw this.#error(
        4,
        `dimensions ${this.#shape.join(' × ')} need ${count} bytes, the file cannot hold them`,
      )
    }
    this.#data = new Uint8Array(count)
    this.#fill(this.#header.subarray(this.#headerBytes))
  }

  result(): IdxArray {
    if (this.#shape === null) {
      throw this.#error(this.#header.length, `the file ends inside the header of ${this.#headerBytes} bytes`)
    }
    const end = this.#headerBytes + this.#filled
    if (this.#filled < this.#data.length) {
      throw this.#error(
        end,
        `the file ends here, its dimensions ask for ${this.#data.length - this.#filled} bytes more`,
      )
    }
    return { shape: this.#shape, data: this.#data }
  }

  get #headerBytes(): number {
    return 4 + 4 * this.rank
  }

  #checkMagic(): void {
    const [first = 0, second = 0, type = UNSIGNED_BYTE, rank = this.rank] = this.#header
    if (first !== 0 || second !== 0) {
      throw this.#error(0, `found bytes ${first}, ${second}, an IDX file starts with 0, 0`)
    }
    if (type !== UNSIGNED_BYTE) {
      throw this.#error(
        2,
        `element type 0x${type.toString(16).padStart(2, '0')}, expected 0x08 (unsigned bytes)`,
      )
    }
    if (rank !== this.rank) throw this.#error(3, `${rank} dimensions, expected ${this.rank}`)
  }

  #readShape(): readonly number[] {
    return Array.from({ length: this.rank }, (_, i) => {
      const dimension = this.#header.readUInt32BE(4 + 4 * i)
      if (dimension === 0) throw this.#error(4 + 4 * i, `dimension ${i + 1} is 0`)
      return dimension
    })
  }

  #fill(chunk: Buffer): void {
    if (this.#filled + chunk.length > this.#data.length) {
      throw this.#error(
        this.#headerBytes + this.#data.length,
        'more bytes follow than the dimensions ask for',
      )
    }
    this.#data.set(chunk, this.#filled)
    this.#filled += chunk.length
  }

  #error(offset: number, problem: string): InputError {
    return new InputError(`at byte ${offset}: ${problem}`, { file: this.file })
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
