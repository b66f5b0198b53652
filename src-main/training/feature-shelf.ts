import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeSafetensors, openSafetensors } from '../tensor-files/safetensors'
import { sha256Of, syncFolder, writeToDisk } from '../tensor-files/on-disk'

/** Features of one split, row by row. */
export interface FeatureTable {
  readonly examples: number
  /** Numbers of one example. */
  readonly width: number
  readonly values: Float32Array<ArrayBuffer>
}

/** All files together; the longest unused make room. */
export const MOST_FEATURE_BYTES = 4 * 2 ** 30

/** The name holds the key and the SHA-256 of the content, so that any reader can check the file. */
const NAME = /^([0-9a-f]{64})\.([0-9a-f]{64})\.safetensors$/
const TENSOR = 'features'

/**
 * Features of frozen trunks on disk, in a folder that may be removed at any time: what is missing or damaged is computed
 * again. Whoever writes the same features at the same time writes the same file.
 */
export class FeatureShelf {
  constructor(
    private readonly folder: string,
    private readonly mostBytes = MOST_FEATURE_BYTES,
  ) {}

  /** Null: there are none. A file that is not whole is removed, and `warn` hears of it. */
  async read(key: string, warn: (message: string) => void): Promise<FeatureTable | null> {
    for (const name of await this.#names()) {
      const [, of, sum] = NAME.exec(name) ?? []
      if (of !== key) continue
      const path = join(this.folder, name)
      try {
        if ((await sha256Of(path)) !== sum)
          throw new Error('its content does not have the SHA-256 of its name')
        const file = await openSafetensors(path)
        const [examples = 0, width = 0] = file.tensors.get(TENSOR)?.shape ?? []
        const values = await file.readFloats(TENSOR)
        const now = new Date()
        await utimes(path, now, now).catch(() => {})
        return { examples, width, values }
      } catch (error) {
        warn(`features ${name} are computed anew: ${error instanceof Error ? error.message : String(error)}`)
        await rm(path, { force: true })
      }
    }
    return null
  }

  /** Puts features on disk, whole or not at all. Those that were unused for longest make room for them. */
  async write(key: string, { examples, width, values }: FeatureTable): Promise<void> {
    if (values.byteLength > this.mostBytes) return
    await mkdir(this.folder, { recursive: true })
    await this.#makeRoom(values.byteLength)
    const unfinished = join(this.folder, `${key}.${process.pid}.unfinished`)
    const blocks = encodeSafetensors([{ name: TENSOR, shape: [examples, width], data: values }])
    const sum = await writeToDisk(unfinished, blocks)
    await rename(unfinished, join(this.folder, `${key}.${sum}.safetensors`))
    await syncFolder(this.folder)
  }

  async #makeRoom(bytes: number): Promise<void> {
    const files = await Promise.all(
      (await this.#names()).map(async (name) => {
        const path = join(this.folder, name)
        return stat(path).then(
          ({ size, mtimeMs }) => ({ path, size, mtimeMs }),
          () => ({ path, size: 0, mtimeMs: 0 }),
        )
      }),
    )
    let taken = bytes + files.reduce((sum, { size }) => sum + size, 0)
    for (const { path, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (taken <= this.mostBytes) return
      await rm(path, { force: true })
      taken -= size
    }
  }

  async #names(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names.filter((name) => NAME.test(name))
  }
}
