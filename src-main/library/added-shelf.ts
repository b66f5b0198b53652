import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors'
import { claimFolder } from './claim'
import { isFolder } from './on-disk'

/** What is written beside a copy: where it came from, and what its files were. */
const MANIFEST = 'added.json'
const manifestSchema = z.object({
  source: z.string(),
  files: z.record(z.string(), z.string()),
  licence: z.string().nullable().default(null),
})
export type Manifest = z.infer<typeof manifestSchema>

/** What the files of a thing were, and must be still: SHA-256 by file name. */
export type ExpectedFiles = Readonly<Record<string, string>>

/** Names are folders' names too: nothing that means something in a path, on any system. */
const NAME = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9][a-z0-9._-]{0,63}(?<!\.)$/i

const FETCHING = '.fetching.'
/** A folder that is fetched into. */
export interface Fetching {
  readonly folder: string
  readonly release: () => Promise<void>
}
const KEPT_MS = 7 * 24 * 3_600_000

/** Things of one kind that were copied into a workspace, a folder each. */
export class AddedShelf {
  /**
   * @param folder where they are
   * @param what one of them, in words: "model"
   * @param command of the command line, the place of its errors: "models"
   */
  constructor(
    private readonly folder: string,
    private readonly what: string,
    private readonly command: string,
  ) {}

  names(): Promise<string[]> {
    return foldersIn(this.folder)
  }

  pathOf = (name: string): string => join(this.folder, name)

  async manifest(name: string): Promise<Manifest> {
    try {
      return manifestSchema.parse(JSON.parse(await readFile(join(this.pathOf(name), MANIFEST), 'utf8')))
    } catch {
      return { source: 'unknown', files: {}, licence: null }
    }
  }

  /**
   * The folder that is to be added, and the name that it will have.
   * @param taken names that it may not have
   * @throws {InputError} where there is no such folder, or the name cannot be used
   */
  async admit(
    folder: string,
    wanted: string | undefined,
    taken: readonly string[],
  ): Promise<{ source: string; name: string }> {
    const source = resolve(folder)
    const field = `${this.command} add`
    if (!(await isFolder(source))) throw new InputError(`there is no folder ${source}`, { field })
    const name = wanted ?? basename(source)
    this.admitName(name, taken)
    return { source, name }
  }

  /** @throws {InputError} where a thing cannot have this name */
  admitName(name: string, taken: readonly string[]): void {
    const field = `${this.command} add`
    if (!NAME.test(name)) {
      throw new InputError(
        `found the name "${name}", expected letters, digits, dots, dashes and underscores, 64 at most`,
        { field },
      )
    }
    const same = taken.find((known) => known.toLowerCase() === name.toLowerCase())
    if (same !== undefined) {
      throw new InputError(
        `a ${this.what} "${same}" is there already; remove it first, or add this one under another name`,
        { field },
      )
    }
  }

  /**
   * Copies files of a folder under a name, all or none. Links are followed (a hub cache is all links): what is copied are
   * the files' contents, under their plain names.
   */
  async copyIn(
    name: string,
    from: { source: string; from?: string; files: ExpectedFiles; also?: readonly string[] },
  ): Promise<void> {
    const temporary = this.pathOf(`.${name}.${process.pid}.tmp`)
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary, { recursive: true, mode: 0o700 })
    try {
      for (const file of [...Object.keys(from.files), ...(from.also ?? [])]) {
        await copyFile(
          join(from.from ?? from.source, file),
          join(temporary, file),
          constants.COPYFILE_FICLONE,
        )
      }
      const manifest = { source: from.source, files: from.files }
      await writeFile(join(temporary, MANIFEST), JSON.stringify(manifest, null, 2))
      await rename(temporary, this.pathOf(name))
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
  }

  /**
   * A folder for what is being fetched, the same for the same thing, so that a later attempt goes on from there. It is
   * this caller's alone until it is released.
   * @throws {InputError} where another fetches the same thing
   */
  async fetching(what: string): Promise<Fetching> {
    await this.sweep()
    const folder = this.pathOf(`${FETCHING}${what.replace(/[^\w.-]+/g, '--')}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return { folder, release: await claimFolder(folder, `${this.command} add`) }
  }

  /** Puts a folder that `fetching` gave, with its files whole, on the shelf. */
  async takeIn(name: string, folder: string, manifest: Manifest): Promise<void> {
    await writeFile(join(folder, MANIFEST), JSON.stringify(manifest, null, 2))
    await rename(folder, this.pathOf(name))
  }

  /** Takes it off the shelf; `restore` puts it back until it is purged. @throws {InputError} where there is none. */
  async remove(name: string): Promise<void> {
    if (!(await this.names()).includes(name)) {
      throw new InputError(`no ${this.what} "${name}" was added to this workspace`, {
        field: `${this.command} remove`,
      })
    }
    await rm(this.asideOf(name), { recursive: true, force: true })
    await rename(this.pathOf(name), this.asideOf(name))
  }

  async restore(name: string): Promise<void> {
    const isAside = NAME.test(name) && (await this.aside()).includes(this.asideName(name))
    if (!isAside || (await this.names()).includes(name)) {
      throw new InputError(`the ${this.what} "${name}" cannot be brought back`)
    }
    await rename(this.asideOf(name), this.pathOf(name))
  }

  /** Removes for good what was taken off the shelf, and what nobody went on fetching. */
  async purge(): Promise<void> {
    await this.sweep()
    for (const name of await this.aside()) await rm(this.pathOf(name), { recursive: true, force: true })
  }

  /** Half a fetch of which nothing came for a week is given up. */
  private async sweep(now = Date.now()): Promise<void> {
    const names = await readdir(this.folder).catch(() => [])
    for (const name of names.filter((each) => each.startsWith(FETCHING))) {
      const folder = this.pathOf(name)
      if (now - (await newestIn(folder)) > KEPT_MS) await rm(folder, { recursive: true, force: true })
    }
  }

  private readonly asideName = (name: string): string => `.removed.${name}`
  private readonly asideOf = (name: string): string => this.pathOf(this.asideName(name))

  private async aside(): Promise<string[]> {
    const names = await readdir(this.folder).catch(() => [])
    return names.filter((name) => name.startsWith(this.asideName('')))
  }
}

/** When something in a folder was last written, or it was itself; Unix milliseconds. */
async function newestIn(folder: string): Promise<number> {
  const paths = [folder, ...(await readdir(folder).catch(() => [])).map((name) => join(folder, name))]
  const times = await Promise.all(
    paths.map((path) =>
      lstat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  )
  return Math.max(...times)
}

/** Folders of things: real folders with a plain name. Links are not followed, so that none leads elsewhere. */
export async function foldersIn(shelf: string): Promise<string[]> {
  const names = await readdir(shelf).catch(() => [])
  const found: string[] = []
  for (const name of names.sort()) {
    if (NAME.test(name) && (await lstat(join(shelf, name))).isDirectory()) found.push(name)
  }
  return found
}
