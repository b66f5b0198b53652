import { createHash } from 'node:crypto'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InputError } from '../errors'
import { readOpened, type Slice, type SlicedBytes } from './file-slices'
import { KeptFiles } from './kept-files'

/** What is unpacked, and of which file. */
export interface Origin {
  readonly file: string
  /** The part of it, and what is made of it: other words are another unpacked file. */
  readonly what: string
  /** So many bytes it will be, where that is known. */
  readonly bytes?: number
}

/** All files together, and how many; the longest unused make room. The newest stays, however large it is. */
const MOST_BYTES = 32 * 2 ** 30
const MOST_FILES = 1000
/** What is known to take no more is held in memory at once … */
const SMALL_BYTES = 2 ** 20
/** … and so much at most where it cannot be written. */
const MOST_HELD_BYTES = 256 * 2 ** 20

/**
 * What data sets unpack to, on disk: what can only be read from its beginning (compressed files, pickles, text) is unpacked
 * once, and read where it lies from then on. The folder may be removed at any time: what is missing or damaged is unpacked
 * again, and what is being read stays on disk until nobody reads it. A file counts as unchanged while its size, inode
 * and both its times are.
 */
export class UnpackedFiles {
  /** What whoever trains on the data should know. */
  readonly remarks: string[] = []

  private readonly files: KeptFiles | null

  /** @param folder absolute; null: what is small enough is held in memory */
  constructor(
    private readonly folder: string | null,
    mostBytes = MOST_BYTES,
    private readonly mostHeldBytes = MOST_HELD_BYTES,
  ) {
    this.files =
      folder === null ? null : new KeptFiles(folder, '.unpacked', { bytes: mostBytes, files: MOST_FILES })
  }

  /**
   * @param unpack what the origin unpacks to, from the beginning; throws an InputError where it is damaged
   * @throws {InputError} where it can be neither written nor held
   */
  async bytesOf(origin: Origin, unpack: () => AsyncIterable<Uint8Array>): Promise<SlicedBytes> {
    const { folder, files } = this
    if ((origin.bytes ?? Infinity) <= SMALL_BYTES) return this.#held(origin, unpack, null)
    if (folder === null || files === null) return this.#held(origin, unpack, 'there is no folder for it')
    const key = await keyOf(origin)
    const checkUnchanged = async (): Promise<void> => {
      if ((await keyOf(origin)) !== key)
        throw new InputError('the file changed while it was being read', { file: origin.file })
    }
    let failure: string
    try {
      const warn = (name: string): void =>
        void this.remarks.push(`${join(folder, name)} was damaged and is unpacked anew`)
      const kept = await files.find(key, (path) => new OpenedFile(path), warn)
      return kept ?? new OpenedFile(await files.write(key, unpack(), checkUnchanged))
    } catch (error) {
      failure = systemErrorOf(error)
    }
    return this.#held(origin, unpack, `${folder} cannot be written (${failure})`)
  }

  /** @param reason why it is not written; null: that is not worth a word */
  async #held(
    { file, what }: Origin,
    unpack: () => AsyncIterable<Uint8Array>,
    reason: string | null,
  ): Promise<SlicedBytes> {
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of unpack()) {
      size += piece.length
      if (size > this.mostHeldBytes)
        throw new InputError(
          `${what} takes more than the ${this.mostHeldBytes / 2 ** 20} MiB that are held in memory, and ${reason ?? ''}: make room there, or let FAIRSWEEP_CACHE name another folder`,
          { file },
        )
      pieces.push(piece)
    }
    const bytes = Buffer.concat(pieces)
    if (reason !== null && this.folder !== null)
      this.remarks.push(`${what} of ${file} is held in memory (${size} bytes): ${reason}`)
    return {
      size,
      read: (slices) =>
        slices.map(({ start, end }) => Buffer.from(Uint8Array.from(bytes.subarray(start, end)).buffer)),
    }
  }
}

/** A file that stays readable when its name is taken away, and is closed when nobody can read it any more. */
class OpenedFile implements SlicedBytes {
  readonly size: number
  readonly #descriptor: number
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    this.#descriptor = openSync(path, 'r')
    this.size = fstatSync(this.#descriptor).size
    unread.register(this, this.#descriptor)
  }

  read(slices: readonly Slice[]): Buffer<ArrayBuffer>[] {
    return readOpened(this.#descriptor, this.#path, slices)
  }
}

/** Data sets are dropped wherever they are no longer used, by nobody's word. */
const unread = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor))

/** Another layout of what is made of files gives other keys. */
const LAYOUT = 1

async function keyOf({ file, what }: Origin): Promise<string> {
  const path = resolve(file)
  const { size, mtimeMs, ctimeMs, ino } = await stat(path)
  const content = JSON.stringify([LAYOUT, path, what, size, mtimeMs, ctimeMs, ino])
  return createHash('sha256').update(content).digest('hex')
}

/** The code of an error of the system's, "ENOSPC"; others are not for us. */
function systemErrorOf(error: unknown): string {
  if (!(error instanceof InputError) && error instanceof Error && 'code' in error) return String(error.code)
  throw error
}
