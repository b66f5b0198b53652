import { constants } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors'

/** Files of other programs: only what the user named is opened, links inside it are not followed, sizes are capped. */

export const LARGEST_FILE_BYTES = 256 * 2 ** 20
const MOST_ENTRIES = 200_000
const DEEPEST = 32

export interface FoundFile {
  readonly path: string
  /** Below the folder that was searched, with "/" on every system. */
  readonly relative: string
}

/** @throws {InputError} where there is nothing of that name */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw new InputError(`cannot be read (${codeOf(error)}), expected a file or folder to import`, {
      file: path,
    })
  }
}

/** Every file below a folder, by name. Links are counted, never followed. */
export async function filesBelow(root: string): Promise<{ files: FoundFile[]; links: number }> {
  const files: FoundFile[] = []
  let links = 0
  let entries = 0
  const visit = async (folder: string, prefix: string, depth: number): Promise<void> => {
    if (depth > DEEPEST) throw new InputError(`folders lie more than ${DEEPEST} deep`, { file: folder })
    const found = await readdir(folder, { withFileTypes: true })
    found.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of found) {
      if (++entries > MOST_ENTRIES) {
        throw new InputError(`found more than ${MOST_ENTRIES} files, expected a folder of runs`, {
          file: root,
        })
      }
      const path = join(folder, entry.name)
      const relative = prefix === '' ? entry.name : `${prefix}/${entry.name}`
      if (entry.isSymbolicLink()) links++
      else if (entry.isDirectory()) await visit(path, relative, depth + 1)
      else if (entry.isFile()) files.push({ path, relative })
    }
  }
  await visit(root, '', 0)
  return { files, links }
}

/**
 * Calls `work` with an open file and its size.
 * @param follow whether the last part of the path may be a link: only where the user named it
 * @throws {InputError} where it cannot be opened, is no plain file, or is larger than `largest` bytes
 */
export async function withFile<T>(
  path: string,
  work: (file: FileHandle, bytes: number) => Promise<T>,
  { largest = LARGEST_FILE_BYTES, follow = false } = {},
): Promise<T> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW))
  } catch (error) {
    throw new InputError(`cannot be read (${codeOf(error)})`, { file: path })
  }
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new InputError('is no plain file', { file: path })
    if (stats.size > largest) {
      throw new InputError(`found ${stats.size} bytes, expected at most ${largest}`, { file: path })
    }
    return await work(file, stats.size)
  } finally {
    await file.close()
  }
}

/** All bytes of a file; see `withFile`. */
export const readBytes = (path: string, options?: { largest?: number; follow?: boolean }): Promise<Buffer> =>
  withFile(path, (file) => file.readFile(), options)

/** The text of a UTF-8 file; see `withFile`. */
export async function readUtf8(
  path: string,
  options?: { largest?: number; follow?: boolean },
): Promise<string> {
  const bytes = await readBytes(path, options)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InputError('is not UTF-8 text', { file: path })
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)
