import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib'
import { InputError } from '../errors'

/** What stands compressed in a file: all of it, or from byte `start` to before `end`. */
export interface Compressed {
  readonly file: string
  /** Of an archive's array: its name, for whoever reads of its damage. */
  readonly field?: string
  readonly format: 'gzip' | 'deflate'
  readonly start: number
  readonly end: number
}

/** Small: where unpacking fails is looked for byte by byte within a piece. */
const PIECE_BYTES = 2 ** 16
const UNPACKED_BYTES = 2 ** 20

/**
 * Unpacks piece by piece.
 * @throws {InputError} naming the byte of the file at which unpacking fails
 */
export async function* inflated(of: Compressed): AsyncGenerator<Buffer> {
  const unpacking = unpackingOf(of)
  const packed = packedOf(of)
  packed.on('error', (error) => unpacking.destroy(error))
  packed.pipe(unpacking)
  try {
    for await (const piece of unpacking) yield piece as Buffer
  } catch (error) {
    if (!isZlibError(error)) throw unreadable(of, error)
    const at = of.start + (await failingByte(of, unpacking.bytesWritten))
    throw new InputError(`at byte ${at}: broken ${of.format} data (${error.message})`, placeOf(of))
  } finally {
    packed.destroy()
    unpacking.destroy()
  }
}

/** Where unpacking fails is looked for in steps of so many bytes, then within the step: a byte at a time takes long. */
const STEPS = [512, 1] as const

/**
 * The byte, counted from the beginning, that cannot be unpacked; where there is none, the data end too soon.
 * @param sound so many bytes could be
 */
async function failingByte(of: Compressed, sound: number): Promise<number> {
  for (const step of STEPS) sound = await soundBytes(of, sound, step)
  return sound
}

/** How many bytes can be unpacked: at least so many as it is known, in steps. */
async function soundBytes(of: Compressed, known: number, step: number): Promise<number> {
  const unpacking = unpackingOf(of)
  // What fails ends the stream, and not the call that wrote it.
  const failed = new Promise<false>((resolve) => unpacking.once('error', () => resolve(false)))
  unpacking.resume()
  const write = (bytes: Buffer): Promise<boolean> =>
    Promise.race([
      failed,
      new Promise<boolean>((resolve) => unpacking.write(bytes, (error) => resolve(!error))),
    ])
  let sound = 0
  try {
    for await (const piece of packedOf(of)) {
      const bytes = piece as Buffer
      for (let at = 0, end; at < bytes.length; at = end) {
        end = Math.min(bytes.length, Math.max(at + step, at + known - sound))
        if (!(await write(bytes.subarray(at, end)))) return sound
        sound += end - at
      }
    }
    return sound
  } finally {
    unpacking.destroy()
  }
}

function unpackingOf({ format }: Compressed): Gunzip | InflateRaw {
  const options = { chunkSize: UNPACKED_BYTES }
  return format === 'gzip' ? createGunzip(options) : createInflateRaw(options)
}

const packedOf = ({ file, start, end }: Compressed): Readable =>
  end === start
    ? Readable.from([])
    : createReadStream(file, { highWaterMark: PIECE_BYTES, start, end: end - 1 })

const placeOf = ({ file, field }: Compressed) => ({ file, ...(field === undefined ? {} : { field }) })

function isZlibError(error: unknown): error is Error {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  )
}

function unreadable(of: Compressed, error: unknown): Error {
  if (!(error instanceof Error) || !('code' in error)) return error as Error
  return new InputError(`cannot be read (${String(error.code)})`, placeOf(of))
}
