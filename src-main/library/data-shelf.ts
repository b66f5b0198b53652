import { rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { InputError } from '../errors'
import type { AddedShelf } from './added-shelf'
import type { TaskSpec } from '../study/study'
import type { Catalogue, CatalogueEntry } from './catalogue'
import { unpackCifar } from './cifar-archive'
import { dataIn } from './data-folder'
import type { DataFormat } from './data-folder'
import { compare, describeFiles, totalBytes } from './described-files'
import type { About, CheckState, InstalledFile } from './described-files'
import { fetchFile, readFrom } from './fetched-file'
import type { Transfer } from './fetched-file'
import type { FileHashes } from './file-hashes'
import { netProblem } from './hub'
import { isFile } from './on-disk'
import { mnistFiles } from './task-data'

/** Data that a study may name. */
export interface InstalledData extends About {
  /** The kind of task that reads it; null: it cannot be told. */
  readonly format: DataFormat | null
  readonly bytes: number
  readonly files: readonly InstalledFile[]
  readonly state: CheckState
  /** What is wrong and what to do, in a sentence; null when nothing is. */
  readonly problem: string | null
}

/** What CIFAR-10 is called where nobody says: the tasks look for it under this name. */
const CIFAR = 'cifar10'

/** The data sets that set-up brought, and those of a workspace: four files in MNIST's format, in a folder each. */
export class DataShelf {
  /** @param root the installation, among whose packages MNIST is */
  constructor(
    private readonly added: AddedShelf,
    private readonly root: string,
    private readonly catalogue: readonly CatalogueEntry[],
    private readonly downloads: Catalogue['downloads'],
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
    if ((await this.added.names()).includes(name)) return (await dataIn(this.added.pathOf(name))).paths
    throw new InputError(`no data set "${name}" is installed`, { field: 'data' })
  }

  /** A task that does not say where its data lie, with the data set of its name that was added, where there is one. */
  async placed(spec: TaskSpec): Promise<TaskSpec> {
    const isCifar = spec.kind === 'cifar10' || spec.kind === 'cifar10-lra'
    if (!isCifar || spec.options['dir'] !== undefined || !(await this.added.names()).includes(CIFAR))
      return spec
    return { ...spec, options: { ...spec.options, dir: this.added.pathOf(CIFAR) } }
  }

  /** Copies the files of a folder, or of CIFAR-10's archive, into the workspace. */
  async add(place: string, wanted?: string): Promise<InstalledData> {
    if (await isFile(place)) return this.addArchive(resolve(place), wanted)
    const { source, name } = await this.added.admit(place, wanted, await this.taken())
    const files: Record<string, string> = {}
    const { paths } = await dataIn(source)
    for (const path of paths) files[basename(path)] = await this.hashes.of(path)
    const [first = ''] = paths
    await this.added.copyIn(name, { source, from: dirname(first), files })
    return this.addedData(name)
  }

  /**
   * Fetches a data set from its official address, whole or not at all, and tells how far it is.
   * @throws {InputError} where none of that name has an address here, or the net is of no use
   */
  async *fetch(
    what: string,
    wanted: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Transfer, InstalledData> {
    const entry = this.downloads.find(({ name }) => name === what)
    if (entry === undefined)
      throw new InputError(
        `found ${what}, expected ${this.downloads.map(({ name }) => name).join(' or ')}: data that is fetched by name`,
        { field: 'data add' },
      )
    const name = wanted ?? entry.name
    this.added.admitName(name, await this.taken())
    const { folder, release } = await this.added.fetching(entry.name)
    const archive = join(folder, basename(new URL(entry.url).pathname))
    const file = {
      name: basename(archive),
      bytes: entry.bytes,
      digest: { algorithm: 'sha256', value: entry.sha256 },
    } as const
    try {
      for await (const done of fetchFile(archive, file, readFrom(entry.url, signal)))
        yield { what: file.name, done, of: entry.bytes }
      const added = await this.addArchive(archive, name, { source: entry.url, licence: entry.licence })
      await rm(folder, { recursive: true, force: true })
      return added
    } catch (error) {
      const otherwise = `are you offline? Fetch ${entry.url} elsewhere, then: data add ${file.name}`
      throw netProblem(error, new URL(entry.url).origin, otherwise) ?? error
    } finally {
      await release()
    }
  }

  private async addArchive(
    archive: string,
    wanted: string | undefined,
    about: { source: string; licence: string | null } = { source: archive, licence: null },
  ): Promise<InstalledData> {
    const name = wanted ?? CIFAR
    this.added.admitName(name, await this.taken())
    const { folder, release } = await this.added.fetching(`${name}.unpacking`)
    try {
      await unpackCifar(archive, folder)
      const files: Record<string, string> = {}
      for (const path of (await dataIn(folder)).paths) files[basename(path)] = await this.hashes.of(path)
      await this.added.takeIn(name, folder, { ...about, files })
    } finally {
      await rm(folder, { recursive: true, force: true })
      await release()
    }
    return this.addedData(name)
  }

  private async taken(): Promise<string[]> {
    return [...this.catalogue.map(({ name }) => name), ...(await this.added.names())]
  }

  async remove(name: string): Promise<void> {
    if (this.catalogue.some((entry) => entry.name === name)) {
      throw new InputError(`set-up brought ${name}, for all workspaces; it stays`, { field: 'data remove' })
    }
    await this.added.remove(name)
  }

  private async broughtData({ name, title, licence, source, files }: CatalogueEntry): Promise<InstalledData> {
    const about = { name, title, licence, source, from: 'set-up' as const }
    const format = 'idx-images'
    try {
      const paths = Object.values(await mnistFiles(this.root))
      return { ...(await this.described({ ...about, path: dirname(paths[0] ?? '') }, paths, files)), format }
    } catch (error) {
      return { ...about, path: '', format, files: [], bytes: 0, state: 'missing', problem: wordsOf(error) }
    }
  }

  private async addedData(name: string): Promise<InstalledData> {
    const path = this.added.pathOf(name)
    const manifest = await this.added.manifest(name)
    const { source, licence, files } = manifest
    const about = { name, title: name, licence, source, from: 'added' as const, path }
    try {
      const { format, paths } = await dataIn(path)
      return { ...(await this.described(about, paths, files)), format }
    } catch (error) {
      return { ...about, format: null, files: [], bytes: 0, state: 'unusable', problem: wordsOf(error) }
    }
  }

  private async described(
    about: About,
    paths: readonly string[],
    expected: Readonly<Record<string, string>>,
  ): Promise<Omit<InstalledData, 'format'>> {
    const files = await describeFiles(paths, this.hashes)
    return { ...about, files, bytes: totalBytes(files), ...compare(files, expected, about.from) }
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
