import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../errors'
import type { InputPlace } from '../errors'

/**
 * Makes a folder, with those above it, where there is none.
 * @throws {InputError} where there cannot be one
 */
export function makeFolder(folder: string, place: InputPlace = {}): void {
  try {
    make(folder)
  } catch (error) {
    throw new InputError(`cannot be made a folder (${codeOf(error)})`, { file: folder, ...place })
  }
}

/** `mkdir` does this by itself with `recursive`, but in /proc it then tries for ever. */
function make(folder: string): void {
  if (isFolder(folder)) return
  const parent = dirname(folder)
  if (!existsSync(parent)) make(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    if (!isFolder(folder)) throw error
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/**
 * Whether a file of a workspace is there; the workspace itself need not be.
 * @throws {InputError} where it cannot be told, or something else has that name
 */
export function hasFile(workspace: string, file: string): boolean {
  try {
    if (statSync(workspace, { throwIfNoEntry: false })?.isDirectory() === false) {
      throw new InputError('found no folder, expected a workspace', { file: workspace })
    }
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.isFile() === false) throw new InputError('found no file, expected a database', { file })
    return found !== undefined
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`cannot be read (${codeOf(error)})`, { file: workspace })
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)
