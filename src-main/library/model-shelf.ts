import { rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../errors'
import { readArchitecture } from '../models/architecture'
import type { ModelDescription } from '../models/model'
import { readText } from '../models/model-files'
import { foldersIn } from './added-shelf'
import type { AddedShelf } from './added-shelf'
import type { CatalogueEntry } from './catalogue'
import { compare, describeFiles, totalBytes } from './described-files'
import type { About, CheckState, InstalledFile } from './described-files'
import { fetchFile } from './fetched-file'
import type { FetchedFile, Transfer } from './fetched-file'
import type { FileHashes } from './file-hashes'
import { Hub, netProblem } from './hub'
import type { HubName } from './hub'
import { identifyModel } from './model-identity'

/** A model that a study may name. */
export interface InstalledModel extends About {
  readonly bytes: number
  readonly files: readonly InstalledFile[]
  /** Null when the model cannot be used. */
  readonly facts: ModelDescription | null
  readonly state: CheckState
  /** What is wrong and what to do, in a sentence; null when nothing is. */
  readonly problem: string | null
}

/** The models of a workspace and those that set-up brought; names differ in more than their case. */
export class ModelShelf {
  /** @param brought folder of the models that set-up brought */
  constructor(
    private readonly added: AddedShelf,
    private readonly brought: string,
    private readonly catalogue: readonly CatalogueEntry[],
    private readonly hashes: FileHashes,
  ) {}

  async names(): Promise<string[]> {
    return [...(await foldersIn(this.brought)), ...(await this.added.names())]
  }

  async pathOf(name: string): Promise<string | null> {
    if ((await foldersIn(this.brought)).includes(name)) return join(this.brought, name)
    return (await this.added.names()).includes(name) ? this.added.pathOf(name) : null
  }

  async list(): Promise<InstalledModel[]> {
    const models: InstalledModel[] = []
    for (const name of await foldersIn(this.brought)) models.push(await this.broughtModel(name))
    for (const name of await this.added.names()) models.push(await this.addedModel(name))
    const missing = this.catalogue.filter((entry) => !models.some(({ name }) => name === entry.name))
    return [...models, ...missing.map((entry) => missingModel(entry, join(this.brought, entry.name)))]
  }

  async add(folder: string, wanted?: string): Promise<InstalledModel> {
    const { source, name } = await this.added.admit(folder, wanted, await this.names())
    const { identity } = await identifyModel(source, this.hashes)
    const files = identity.source === 'directory' ? identity.files : {}
    await this.added.copyIn(name, { source, files, also: await indexOf(source, Object.keys(files)) })
    return this.addedModel(name)
  }

  /**
   * Fetches a model from the Hugging Face hub, whole or not at all, and tells how far it is; what came before the signal
   * or a broken connection stays for the next attempt.
   */
  async *fetch(
    { repo, revision }: HubName,
    wanted: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Transfer, InstalledModel> {
    const name = wanted ?? basename(repo)
    this.added.admitName(name, await this.names())
    const hub = new Hub(signal)
    let release = (): Promise<void> => Promise.resolve()
    try {
      const model = await hub.find({ repo, revision })
      const fetching = await this.added.fetching(`${repo}@${model.commit}`)
      const { folder } = fetching
      release = fetching.release
      const of = totalBytes(model.files)
      let before = 0
      // The configuration first: a model that cannot be used is not fetched for nothing.
      for (const file of inOrder(model.files)) {
        for await (const done of fetchFile(join(folder, file.name), file, hub.reader(model)))
          yield { what: file.name, done: before + done, of }
        before += file.bytes
        if (file.name === 'config.json') await checkConfig(folder)
      }
      const { identity } = await identifyModel(folder, this.hashes)
      const files = identity.source === 'directory' ? identity.files : {}
      this.added.admitName(name, await this.names())
      const source = `${repo}@${model.commit}, from the Hugging Face hub`
      await this.added.takeIn(name, folder, { source, files, licence: model.licence })
    } catch (error) {
      const otherwise =
        'are you offline? What was fetched is kept; a folder of this machine is added by models add DIR'
      throw netProblem(error, hub.place, otherwise) ?? error
    } finally {
      await release()
    }
    return this.addedModel(name)
  }

  async remove(name: string): Promise<void> {
    const added = await this.added.names()
    if (!added.includes(name) && (await foldersIn(this.brought)).includes(name)) {
      throw new InputError(`set-up brought ${name}, for all workspaces; it stays`, { field: 'models remove' })
    }
    await this.added.remove(name)
  }

  private async broughtModel(name: string): Promise<InstalledModel> {
    const entry = this.catalogue.find((each) => each.name === name)
    const about = {
      name,
      title: entry?.title ?? name,
      licence: entry?.licence ?? null,
      source: entry?.source ?? 'set-up',
      from: 'set-up' as const,
      path: join(this.brought, name),
    }
    return this.described(about, entry?.files ?? {})
  }

  private async addedModel(name: string): Promise<InstalledModel> {
    const { source, files, licence } = await this.added.manifest(name)
    const path = this.added.pathOf(name)
    return this.described({ name, title: name, licence, source, from: 'added', path }, files)
  }

  private async described(about: About, expected: Readonly<Record<string, string>>): Promise<InstalledModel> {
    try {
      const { identity, facts } = await identifyModel(about.path, this.hashes)
      const names = identity.source === 'directory' ? Object.keys(identity.files) : []
      const files = await describeFiles(
        names.map((file) => join(about.path, file)),
        this.hashes,
      )
      return { ...about, files, bytes: totalBytes(files), facts, ...compare(files, expected, about.from) }
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return { ...about, files: [], bytes: 0, facts: null, state: 'unusable', problem: error.message }
    }
  }
}

const CONFIG = 'config.json'

/** Small things first, since they may say that the rest is of no use. */
const inOrder = (files: readonly FetchedFile[]): FetchedFile[] =>
  [...files].sort((a, b) => Number(b.name === CONFIG) - Number(a.name === CONFIG) || a.bytes - b.bytes)

/** @throws {InputError} where it describes no trunk that can be used; nothing of it stays */
async function checkConfig(folder: string): Promise<void> {
  const file = join(folder, CONFIG)
  try {
    readArchitecture(await readText(file), CONFIG)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

const missingModel = ({ name, title, licence, source }: CatalogueEntry, path: string): InstalledModel => ({
  ...{ name, title, licence, source, path },
  from: 'set-up',
  files: [],
  bytes: 0,
  facts: null,
  state: 'missing',
  problem: 'not installed; run `npm run setup`, which brings it',
})

/** An index of shards is not part of a model's identity (the shards are), but belongs to its copy. */
async function indexOf(folder: string, files: readonly string[]): Promise<string[]> {
  const index = 'model.safetensors.index.json'
  const isSharded =
    !files.includes('model.safetensors') &&
    (await stat(join(folder, index)).then(
      () => true,
      () => false,
    ))
  return isSharded ? [index] : []
}
