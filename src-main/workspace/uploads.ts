import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { InputError } from '../errors'

/**
 * Files that a window or a browser hands over piece by piece, kept in the workspace until they are imported. A name is
 * a path below the upload's own folder; nothing else can be written.
 */

const foldersOf = (workspace: string): string => join(workspace, 'uploads')

const LARGEST_BYTES = 2 ** 30
const DEEPEST = 32

export interface UploadPart {
  /** Of an upload that has begun; a first part begins one. */
  readonly upload?: string
  /** Below the upload's folder, with "/": "mlruns/0/meta.yaml". */
  readonly name: string
  /** Where in the file this part belongs: parts come in order. */
  readonly at: number
  readonly bytes: Uint8Array
}

/** Adds a part to a file of an upload, and gives the upload's id. @throws {InputError} where it does not fit */
export function addPart(workspace: string, { upload = randomUUID(), name, at, bytes }: UploadPart): string {
  const file = join(folderOf(workspace, upload), ...stepsOf(name))
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size !== at) throw new InputError(`found a part for byte ${at}, expected byte ${size}`, { file: name })
  if (size + bytes.length > LARGEST_BYTES) {
    throw new InputError(`is larger than ${LARGEST_BYTES} bytes; name its path instead`, { file: name })
  }
  appendFileSync(file, bytes, { mode: 0o600 })
  return upload
}

/** What an upload holds at its top: the paths to import. @throws {InputError} where there is no such upload */
export function uploadedPaths(workspace: string, upload: string): string[] {
  const folder = folderOf(workspace, upload)
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name))
  } catch {
    throw new InputError('these files are no longer here; choose them again')
  }
}

export const dropUpload = (workspace: string, upload: string): void =>
  rmSync(folderOf(workspace, upload), { recursive: true, force: true })

/** What an earlier session left behind. */
export const dropUploads = (workspace: string): void =>
  rmSync(foldersOf(workspace), { recursive: true, force: true })

function folderOf(workspace: string, upload: string): string {
  if (!/^[0-9a-f-]{36}$/.test(upload)) throw new InputError(`found '${upload}', expected the id of an upload`)
  return join(foldersOf(workspace), upload)
}

function stepsOf(name: string): string[] {
  const steps = name.split('/')
  const isWrong = (step: string): boolean =>
    step === '' || step === '.' || step === '..' || /[\\\0]/.test(step) || Buffer.byteLength(step) > 255
  if (steps.length > DEEPEST || steps.some(isWrong)) {
    throw new InputError(`found '${name}', expected the path of a file inside what was chosen`)
  }
  return steps
}
