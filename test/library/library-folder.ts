import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { installation } from '../../src-main/installation'
import { openLibrary } from '../../src-main/library/library'
import type { Library } from '../../src-main/library/library'
import { writeTinyImages } from '../tasks/idx-files'

export const TINY_MODEL = resolve(import.meta.dirname, '../parity/tiny-bert')

/** A folder of its own with a workspace and a cache in it, both empty, and things to put into a library. */
export class LibraryFolder {
  private constructor(readonly path: string) {}

  static async make(): Promise<LibraryFolder> {
    return new LibraryFolder(await mkdtemp(join(tmpdir(), 'fairsweep-library-')))
  }

  /** The path of something inside. */
  in(...names: string[]): string {
    return join(this.path, ...names)
  }

  open(): Promise<Library> {
    const { root, resources } = installation
    const cache = this.in('cache')
    return openLibrary({
      workspace: this.in('workspace'),
      installation: {
        root,
        resources,
        cache,
        unpacked: join(cache, 'unpacked'),
        models: join(cache, 'models'),
      },
    })
  }

  /** A model directory, with files added, changed or taken away (null). */
  async model(name: string, changes: Readonly<Record<string, string | null>> = {}): Promise<string> {
    const path = this.in(name)
    await mkdir(path, { recursive: true })
    for (const file of ['config.json', 'model.safetensors'])
      await cp(join(TINY_MODEL, file), join(path, file))
    for (const [file, text] of Object.entries(changes)) {
      if (text === null) await rm(join(path, file))
      else await writeFile(join(path, file), text)
    }
    return path
  }

  /** 12 images to train and 6 to test, of 8 × 8 pixels and 3 classes, under the names of MNIST's files. */
  async images(name: string, { dotted = false, gzip = false } = {}): Promise<string> {
    const dir = this.in(name)
    const { files } = await writeTinyImages({ dir, train: 12, test: 6, side: 8, classes: 3, gzip })
    for (const [role, file] of Object.entries(files)) {
      const kind = role.endsWith('images') ? 'idx3-ubyte' : 'idx1-ubyte'
      const name = `${role.replace('test', 't10k')}${dotted ? '.' : '-'}${kind}${gzip ? '.gz' : ''}`
      await rename(file, join(dir, name))
    }
    return dir
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true, force: true })
  }
}
