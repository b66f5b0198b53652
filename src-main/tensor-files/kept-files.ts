import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Of, syncFolder, writeToDisk } from './on-disk'

/** How much may be kept; what was unused for longest makes room. The newest stays, however large it is. */
export interface KeptLimits {
  /** All files together. */
  readonly bytes: number
  readonly files?: number
}

const UNFINISHED = '.unfinished'
/** What was not finished in a day never will be. */
const UNFINISHED_MS = 24 * 3600 * 1000

/**
 * Files that could be made again, in a folder that may be removed at any time. A name holds the key and the SHA-256 of the
 * content, so that any reader can check the file; whoever makes the same at the same time makes the same file.
 */
export class KeptFiles {
  private readonly name: RegExp

  /** @param suffix ".safetensors" */
  constructor(
    private readonly folder: string,
    private readonly suffix: string,
    private readonly limits: KeptLimits,
  ) {
    this.name = new RegExp(`^([0-9a-f]{64})\\.([0-9a-f]{64})\\${suffix}$`)
  }

  /**
   * What `open` makes of the file of a key; null: there is none. One that is not whole is removed, and `warn` hears why.
   * It is opened before it is checked: whoever makes room from then on takes its name, not what was opened.
   */
  async find<Opened>(
    key: string,
    open: (path: string) => Opened,
    warn: (name: string, why: string) => void,
  ): Promise<Awaited<Opened> | null> {
    for (const name of await this.#names()) {
      const [, of, sum] = this.name.exec(name) ?? []
      if (of !== key) continue
      const path = join(this.folder, name)
      try {
        const opened = await open(path)
        if ((await sha256Of(path)) !== sum)
          throw new Error('its content does not have the SHA-256 of its name')
        const now = new Date()
        await utimes(path, now, now).catch(() => undefined)
        return opened
      } catch (error) {
        warn(name, error instanceof Error ? error.message : String(error))
        await rm(path, { force: true })
      }
    }
    return null
  }

  /**
   * Puts a file on disk, whole or not at all, and makes room for it.
   * @param check throws where what was written is not to be kept
   * @returns its path
   */
  async write(
    key: string,
    blocks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    check: () => Promise<void> = () => Promise.resolve(),
  ): Promise<string> {
    await mkdir(this.folder, { recursive: true })
    // Threads of one process may make the same.
    const unfinished = join(this.folder, `${key}.${randomUUID()}${UNFINISHED}`)
    const sum = await writeToDisk(unfinished, blocks)
    const path = join(this.folder, `${key}.${sum}${this.suffix}`)
    try {
      await check()
      await rename(unfinished, path)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
    await syncFolder(this.folder)
    await this.#makeRoom(path)
    return path
  }

  async #makeRoom(newest: string): Promise<void> {
    const files = await Promise.all(
      (await this.#names()).map(async (name) => {
        const path = join(this.folder, name)
        return stat(path).then(
          ({ size, mtimeMs }) => ({ name, path, size, mtimeMs }),
          () => ({ name, path, size: 0, mtimeMs: 0 }),
        )
      }),
    )
    const { bytes, files: most = Infinity } = this.limits
    let [taken, count] = [files.reduce((sum, { size }) => sum + size, 0), files.length]
    for (const { name, path, size, mtimeMs } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      const isDispensable = (taken > bytes || count > most) && this.name.test(name)
      const isGivenUp = name.endsWith(UNFINISHED) && mtimeMs < Date.now() - UNFINISHED_MS
      if (path === newest || !(isDispensable || isGivenUp)) continue
      await rm(path, { force: true })
      taken -= size
      count--
    }
  }

  /** Of this kind, whole or not finished. */
  async #names(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names.filter((name) => this.name.test(name) || name.endsWith(UNFINISHED))
  }
}
