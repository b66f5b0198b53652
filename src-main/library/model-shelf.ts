import { constants } from 'node:fs'
import { copyFile, lstat, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { InputError, NotYetError } from '../errors'
import type { ModelDescription } from '../models/model'
import type { CatalogueEntry } from './catalogue'
import { compare, describeFiles, totalBytes } from './data-shelf'
import type { CheckState, InstalledFile } from './data-shelf'
import type { FileHashes } from './file-hashes'
import { identifyModel } from './model-identity'

/** A model that a study may name. */
export interface InstalledModel {
  readonly name: string
  readonly title: string
  readonly licence: string | null
  readonly source: string
  /** `set-up` brought it, or it was `added` to the workspace. */
  readonly from: 'set-up' | 'added'
  readonly path: string
  readonly bytes: number
  readonly files: readonly InstalledFile[]
  /** Null when the model cannot be used. */
  readonly facts: ModelDescription | null
  readonly state: CheckState
  /** What is wrong and what to do, in a sentence; null when nothing is. */
  readonly problem: string | null
}

/** What `models add` writes beside a copy: where it came from, and what its files were. */
const MANIFEST = 'added.json'
const manifestSchema = z.object({ source: z.string(), files: z.record(z.string(), z.string()) })

/** Names are folders' names too: nothing that means something in a path, on any system. */
const NAME = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9][a-z0-9._-]{0,63}(?<!\.)$/i

/** The models of a workspace and those that set-up brought; names differ in more than their case. */
export class ModelShelf {
  /**
   * @param added folder of the models that were added to the workspace
   * @param brought folder of the models that set-up brought
   */
  constructor(
    private readonly added: string,
    private readonly brought: string,
    private readonly catalogue: readonly CatalogueEntry[],
    private readonly hashes: FileHashes,
  ) {}

  async names(): Promise<string[]> {
    return [...(await foldersIn(this.brought)), ...(await foldersIn(this.added))]
  }

  async pathOf(name: string): Promise<string | null> {
    for (const shelf of [this.brought, this.added]) {
      if ((await foldersIn(shelf)).includes(name)) return join(shelf, name)
    }
    return null
  }

  async list(): Promise<InstalledModel[]> {
    const models: InstalledModel[] = []
    for (const name of await foldersIn(this.brought)) models.push(await this.broughtModel(name))
    for (const name of await foldersIn(this.added)) models.push(await this.addedModel(name))
    const missing = this.catalogue.filter((entry) => !models.some(({ name }) => name === entry.name))
    return [...models, ...missing.map((entry) => missingModel(entry, join(this.brought, entry.name)))]
  }

  async add(folder: string, wanted?: string): Promise<InstalledModel> {
    const source = resolve(folder)
    const isFolder = await stat(source).then(
      (found) => found.isDirectory(),
      () => false,
    )
    if (!isFolder && /^[\w.-]+(\/[\w.-]+)?$/.test(folder)) {
      throw new NotYetError(
        `there is no folder ${source}, and fetching ${folder} from the Hugging Face hub`,
        {
          field: 'models add',
        },
      )
    }
    const name = wanted ?? basename(source)
    await this.checkNew(name)
    const { identity } = await identifyModel(source, this.hashes)
    const files = identity.source === 'directory' ? identity.files : {}
    const target = join(this.added, name)
    const temporary = join(this.added, `.${name}.${process.pid}.tmp`)
    await rm(temporary, { recursive: true, force: true })
    await mkdir(temporary, { recursive: true, mode: 0o700 })
    try {
      // Links are followed (a hub cache is all links): what is copied are the files' contents, under their plain names.
      for (const file of await filesToCopy(source, Object.keys(files))) {
        await copyFile(join(source, file), join(temporary, file), constants.COPYFILE_FICLONE)
      }
      await writeFile(join(temporary, MANIFEST), JSON.stringify({ source, files }, null, 2))
      await rename(temporary, target)
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    return this.addedModel(name)
  }

  async remove(name: string): Promise<void> {
    if ((await foldersIn(this.added)).includes(name)) {
      return rm(join(this.added, name), { recursive: true })
    }
    const isBrought = (await foldersIn(this.brought)).includes(name)
    throw new InputError(
      isBrought
        ? `set-up brought ${name}, for all workspaces; it stays`
        : `no model "${name}" was added to this workspace`,
      { field: 'models remove' },
    )
  }

  private async checkNew(name: string): Promise<void> {
    if (!NAME.test(name)) {
      throw new InputError(
        `found the name "${name}", expected letters, digits, dots, dashes and underscores, 64 at most`,
        {
          field: 'models add',
        },
      )
    }
    const taken = (await this.names()).find((known) => known.toLowerCase() === name.toLowerCase())
    if (taken !== undefined) {
      throw new InputError(
        `a model "${taken}" is there already; remove it first, or add this one under another name`,
        {
          field: 'models add',
        },
      )
    }
  }

  private async broughtModel(name: string): Promise<InstalledModel> {
    const entry = this.catalogue.find((each) => each.name === name)
    const about = {
      name,
      title: entry?.title ?? name,
      licence: entry?.licence ?? null,
      source: entry?.source ?? 'set-up',
      from: 'set-up' as const,
    }
    return this.described(about, join(this.brought, name), entry?.files ?? {})
  }

  private async addedModel(name: string): Promise<InstalledModel> {
    const path = join(this.added, name)
    const manifest = await readFile(join(path, MANIFEST), 'utf8').then(
      (text) => manifestSchema.parse(JSON.parse(text)),
      () => ({ source: 'unknown', files: {} }),
    )
    const about = { name, title: name, licence: null, source: manifest.source, from: 'added' as const }
    return this.described(about, path, manifest.files)
  }

  private async described(
    about: Pick<InstalledModel, 'name' | 'title' | 'licence' | 'source' | 'from'>,
    path: string,
    expected: Readonly<Record<string, string>>,
  ): Promise<InstalledModel> {
    try {
      const { identity, facts } = await identifyModel(path, this.hashes)
      const names = identity.source === 'directory' ? Object.keys(identity.files) : []
      const files = await describeFiles(
        names.map((file) => join(path, file)),
        this.hashes,
      )
      return { ...about, path, files, bytes: totalBytes(files), facts, ...compare(files, expected) }
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return { ...about, path, files: [], bytes: 0, facts: null, state: 'unusable', problem: error.message }
    }
  }
}

const missingModel = (entry: CatalogueEntry, path: string): InstalledModel => ({
  name: entry.name,
  title: entry.title,
  licence: entry.licence,
  source: entry.source,
  from: 'set-up',
  path,
  files: [],
  bytes: 0,
  facts: null,
  state: 'missing',
  problem: 'not installed; run `npm run setup`, which brings it',
})

/** An index of shards is not part of a model's identity (the shards are), but belongs to its copy. */
async function filesToCopy(folder: string, files: readonly string[]): Promise<string[]> {
  const index = 'model.safetensors.index.json'
  const isSharded =
    !files.includes('model.safetensors') &&
    (await stat(join(folder, index)).then(
      () => true,
      () => false,
    ))
  return isSharded ? [...files, index] : [...files]
}

/** Models on a shelf: real folders with a plain name. Links are not followed, so that none leads elsewhere. */
async function foldersIn(shelf: string): Promise<string[]> {
  const names = await readdir(shelf).catch(() => [])
  const found: string[] = []
  for (const name of names.sort()) {
    if (NAME.test(name) && (await lstat(join(shelf, name))).isDirectory()) found.push(name)
  }
  return found
}
