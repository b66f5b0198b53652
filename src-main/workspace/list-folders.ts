import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve, sep } from 'node:path'
import { InputError } from '../errors'

/** The folders in a folder, for who chooses one; no files. */
export interface FolderListing {
  /** Absolute. */
  readonly path: string
  /** Null: it is the root. */
  readonly parent: string | null
  /** Names, in order; links to folders too. */
  readonly folders: readonly string[]
  /** How many more there are than are listed. */
  readonly left: number
  /** Between the parts of a path here. */
  readonly separator: string
}

const MOST = 1_000

/**
 * Lists the folders in a folder, or in the nearest one above it that is there: a field may name one that is still to be made.
 * @param folder absolute; null: the home folder
 * @throws {InputError} where it may not be read
 */
export async function listFolders(
  folder: string | null,
  { hidden }: { readonly hidden: boolean },
): Promise<FolderListing> {
  const path = await nearest(resolve(folder ?? homedir()))
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException
    throw new InputError(`cannot be read (${code ?? message})`, { file: path })
  })
  const names: string[] = []
  for (const entry of entries) {
    if (!hidden && entry.name.startsWith('.')) continue
    if (await leadsToFolder(path, entry)) names.push(entry.name)
  }
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const parent = dirname(path)
  return {
    path,
    parent: parent === path ? null : parent,
    folders: names.slice(0, MOST),
    left: Math.max(0, names.length - MOST),
    separator: sep,
  }
}

async function nearest(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    try {
      if ((await stat(path)).isDirectory()) return path
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR')
        throw new InputError(`cannot be read (${code})`, { file: path })
    }
    if (path === dirname(path)) throw new InputError('there is no such place', { file: folder })
  }
}

/** A link may lead to a folder, to a file or nowhere. */
async function leadsToFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory()
  return stat(join(folder, entry.name)).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
