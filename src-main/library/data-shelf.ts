import { basename, dirname } from 'node:path'
import { InputError } from '../errors'
import type { AddedShelf } from './added-shelf'
import type { CatalogueEntry } from './catalogue'
import { compare, describeFiles, totalBytes } from './described-files'
import type { About, CheckState, InstalledFile } from './described-files'
import type { FileHashes } from './file-hashes'
import { idxFiles, mnistFiles } from './task-data'

/** Data that a study may name. */
export interface InstalledData extends About {
  readonly bytes: number
  readonly files: readonly InstalledFile[]
  readonly state: CheckState
  /** What is wrong and what to do, in a sentence; null when nothing is. */
  readonly problem: string | null
}

/** The data sets that set-up brought, and those of a workspace: four files in MNIST's format, in a folder each. */
export class DataShelf {
  /** @param root the installation, among whose packages MNIST is */
  constructor(
    private readonly added: AddedShelf,
    private readonly root: string,
    private readonly catalogue: readonly CatalogueEntry[],
    private readonly hashes: FileHashes,
  ) {}

  async list(): Promise<InstalledData[]> {
    const data: InstalledData[] = []
    for (const entry of this.catalogue) data.push(await this.broughtData(entry))
    for (const name of await this.added.names()) data.push(await this.addedData(name))
    return data
  }

  /** Its files, absolute. @throws {InputError} where there is no such data, or not all of it. */
  async filesOf(name: string): Promise<string[]> {
    if (this.catalogue.some((entry) => entry.name === name)) return Object.values(await mnistFiles(this.root))
    if ((await this.added.names()).includes(name)) {
      return Object.values(await idxFiles(this.added.pathOf(name)))
    }
    throw new InputError(`no data set "${name}" is installed`, { field: 'data' })
  }

  /** Copies the four files of a folder into the workspace. */
  async add(folder: string, wanted?: string): Promise<InstalledData> {
    const taken = [...this.catalogue.map(({ name }) => name), ...(await this.added.names())]
    const { source, name } = await this.added.admit(folder, wanted, taken)
    const files: Record<string, string> = {}
    for (const path of Object.values(await idxFiles(source)))
      files[basename(path)] = await this.hashes.of(path)
    await this.added.copyIn(name, { source, files })
    return this.addedData(name)
  }

  async remove(name: string): Promise<void> {
    if (this.catalogue.some((entry) => entry.name === name)) {
      throw new InputError(`set-up brought ${name}, for all workspaces; it stays`, { field: 'data remove' })
    }
    await this.added.remove(name)
  }

  private async broughtData({ name, title, licence, source, files }: CatalogueEntry): Promise<InstalledData> {
    const about = { name, title, licence, source, from: 'set-up' as const }
    try {
      const paths = Object.values(await mnistFiles(this.root))
      return await this.described({ ...about, path: dirname(paths[0] ?? '') }, paths, files)
    } catch (error) {
      return { ...about, path: '', files: [], bytes: 0, state: 'missing', problem: wordsOf(error) }
    }
  }

  private async addedData(name: string): Promise<InstalledData> {
    const path = this.added.pathOf(name)
    const manifest = await this.added.manifest(name)
    const about = { name, title: name, licence: null, source: manifest.source, from: 'added' as const, path }
    try {
      return await this.described(about, Object.values(await idxFiles(path)), manifest.files)
    } catch (error) {
      return { ...about, files: [], bytes: 0, state: 'unusable', problem: wordsOf(error) }
    }
  }

  private async described(
    about: About,
    paths: readonly string[],
    expected: Readonly<Record<string, string>>,
  ): Promise<InstalledData> {
    const files = await describeFiles(paths, this.hashes)
    return { ...about, files, bytes: totalBytes(files), ...compare(files, expected, about.from) }
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
