import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors'

/** As many files as anybody has; the oldest are forgotten. */
const MOST_ENTRIES = 10_000
const BLOCK_BYTES = 2 ** 21

const entrySchema = z.object({ stamp: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
const memorySchema = z.record(z.string(), entrySchema)
type Memory = Map<string, z.infer<typeof entrySchema>>

/**
 * SHA-256 of files, remembered between starts so that 90 MB of weights are not read again for every plan. A file
 * counts as unchanged while its size, inode, and both its times are; the time of its last change of status (ctime)
 * cannot be set by hand, so that a file unpacked over another with the same date is noticed.
 */
export class FileHashes {
  private memory: Promise<Memory> | null = null
  private readonly underway = new Map<string, Promise<string>>()

  /** @param file where the hashes are remembered; a file that cannot be read or written is as good as none. */
  constructor(private readonly file: string) {}

  /** @throws {InputError} when the file cannot be read. */
  async of(path: string): Promise<string> {
    const stamp = await stampOf(path)
    const memory = await (this.memory ??= load(this.file))
    const known = memory.get(path)
    if (known?.stamp === stamp) return known.sha256
    const underway = this.underway.get(path)
    if (underway !== undefined) return underway
    const hashing = this.hash(path).finally(() => this.underway.delete(path))
    this.underway.set(path, hashing)
    return hashing
  }

  /** Reads a file, whatever is remembered of it; tells how many bytes were read so far, and last its hash. */
  async *reread(path: string): AsyncGenerator<number, string> {
    const stamp = await stampOf(path)
    const hash = createHash('sha256')
    let bytes = 0
    try {
      for await (const block of createReadStream(path, { highWaterMark: BLOCK_BYTES })) {
        hash.update(block as Buffer)
        bytes += (block as Buffer).length
        yield bytes
      }
    } catch (error) {
      throw unreadable(path, error)
    }
    const sha256 = hash.digest('hex')
    if ((await stampOf(path)) !== stamp) throw new InputError('changed while it was read', { file: path })
    const memory = await (this.memory ??= load(this.file))
    memory.delete(path)
    memory.set(path, { stamp, sha256 })
    await save(this.file, memory)
    return sha256
  }

  /** Forgets everything, so that the next questions read the files. */
  async forget(): Promise<void> {
    const memory = await (this.memory ??= load(this.file))
    memory.clear()
  }

  private async hash(path: string): Promise<string> {
    const reading = this.reread(path)
    for (;;) {
      const step = await reading.next()
      if (step.done === true) return step.value
    }
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw new InputError('is not a file', { file: path })
    return [found.size, found.mtimeMs, found.ctimeMs, found.ino].join(' ')
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): InputError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return new InputError(code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`, {
    file: path,
  })
}

async function load(file: string): Promise<Memory> {
  try {
    return new Map(Object.entries(memorySchema.parse(JSON.parse(await readFile(file, 'utf8')))))
  } catch {
    return new Map()
  }
}

async function save(file: string, memory: Memory): Promise<void> {
  const newest = [...memory].slice(-MOST_ENTRIES)
  const temporary = `${file}.${process.pid}.tmp`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(temporary, JSON.stringify(Object.fromEntries(newest)), { mode: 0o600 })
    await rename(temporary, file)
  } catch {
    // A cache on a full or read-only disk is not worth stopping for: the next start reads the files again.
  }
}
