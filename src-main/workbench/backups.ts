import { copyFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { InputError } from '../errors'
import type { EventStream } from '../queue/event-stream'
import type { ReadableStore, Store } from '../store/store'
import { makeFolder } from '../workspace/folder'

/** A copy of the history: models, data and checkpoints are not in it. */
export interface Backup {
  /** Of its file, in the workspace's folder `backups`. */
  readonly name: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly bytes: number
  /** Made daily on opening, when somebody asked, or before the history was brought up to a newer version. */
  readonly kind: 'daily' | 'asked' | 'upgrade'
}

/** Daily copies that are kept; the others are kept until somebody removes them. */
const KEPT = 7
const DAY_MS = 24 * 60 * 60_000
const NAMES = [
  { kind: 'daily', pattern: /^history-daily-(.+)\.db$/ },
  { kind: 'asked', pattern: /^history-asked-(.+)\.db$/ },
  { kind: 'upgrade', pattern: /^history\.db-schema\d+-(.+)\.sqlite$/ },
] as const

/** Copies of the history of one workspace. */
export class Backups {
  private readonly folder: string
  private readonly stopping = new AbortController()
  private underway: Promise<void> = Promise.resolve()

  constructor(
    private readonly workspace: string,
    private readonly store: ReadableStore,
    /** Null for a reader, which can only list and restore. */
    private readonly owned: Store | null,
    private readonly events: EventStream,
  ) {
    this.folder = join(workspace, 'backups')
  }

  /** The newest first. */
  list(): Backup[] {
    return namesIn(this.folder)
      .flatMap((name): Backup[] => {
        const found = NAMES.map(({ kind, pattern }) => ({ kind, stamp: pattern.exec(name)?.[1] }))
        const known = found.find(({ stamp }) => stamp !== undefined)
        const at = momentOf(known?.stamp)
        if (known === undefined || at === null) return []
        return [{ name, at, bytes: statSync(join(this.folder, name)).size, kind: known.kind }]
      })
      .sort((a, b) => (a.at < b.at ? 1 : -1))
  }

  /** One now; kept until somebody removes it. */
  make(): Promise<Backup> {
    return this.copy('asked')
  }

  /** One a day, of a history that has something in it; the oldest give way. What hinders it is told as a warning. */
  async daily(): Promise<void> {
    if (this.owned === null) return
    const [newest] = this.list()
    const isFresh = newest !== undefined && Date.now() - Date.parse(newest.at) < DAY_MS
    if (isFresh || this.store.studies().length === 0) return
    try {
      await this.copy('daily')
    } catch (error) {
      if (this.stopping.signal.aborted) return
      const why = error instanceof Error ? error.message : String(error)
      const message = `the daily backup could not be made: ${why}`
      return this.events.emit({ type: 'log', level: 'warning', study: null, run: null, message })
    }
    const old = this.list().filter(({ kind }) => kind === 'daily')
    for (const { name } of old.slice(KEPT)) rmSync(join(this.folder, name), { force: true })
  }

  /**
   * Makes a workspace of its own from a copy; this one stays as it is.
   * @param folder absolute; new or empty
   * @throws {InputError} where there is no such copy, or the folder has something in it
   */
  restore(name: string, folder: string): { readonly folder: string } {
    if (!this.list().some((backup) => backup.name === name))
      throw new InputError(`there is no backup '${name}'`)
    if (!isAbsolute(folder))
      throw new InputError(`found '${folder}', expected a whole path`, { field: 'folder' })
    const target = resolve(folder)
    makeFolder(target, { field: 'folder' })
    if (namesIn(target).length > 0) {
      throw new InputError('has something in it, expected a new or empty folder', {
        file: target,
        field: 'folder',
      })
    }
    const history = join(target, 'history.db')
    copyFileSync(join(this.folder, name), history)
    return { folder: target }
  }

  /** Ends a copy that is underway, without leaving half of it. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.underway
  }

  private async copy(kind: 'daily' | 'asked'): Promise<Backup> {
    const store = this.owned
    if (store === null) throw new Error('this workbench only looks on')
    makeFolder(this.folder)
    const name = `history-${kind}-${new Date().toISOString().replaceAll(':', '-')}.db`
    const copying = store.backUp(join(this.folder, name), this.stopping.signal)
    this.underway = copying.catch(() => undefined)
    await copying
    this.events.emit({ type: 'settings-changed' })
    const made = this.list().find((backup) => backup.name === name)
    if (made === undefined) throw new Error(`${name} was made and is not there`)
    return made
  }
}

const namesIn = (folder: string): string[] =>
  statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? readdirSync(folder) : []

/** "2026-11-23T07-30-00.000Z" → the same moment as ISO 8601 writes it. */
function momentOf(stamp: string | undefined): string | null {
  const at = stamp?.replace(/T(\d\d)-(\d\d)-(\d\d)/, 'T$1:$2:$3') ?? ''
  return Number.isNaN(Date.parse(at)) ? null : new Date(at).toISOString()
}
