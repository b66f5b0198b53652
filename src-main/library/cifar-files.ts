import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../errors'
import { isFile, isFolder } from './on-disk'

/** The files of CIFAR-10's binary version: role in a task, and the name it was published under. */
const FILES = {
  'train-1': 'data_batch_1.bin',
  'train-2': 'data_batch_2.bin',
  'train-3': 'data_batch_3.bin',
  'train-4': 'data_batch_4.bin',
  'train-5': 'data_batch_5.bin',
  test: 'test_batch.bin',
} as const

const TO_DO =
  "`data add cifar10 --download` fetches its binary version (cifar-10-binary.tar.gz, 170 MB, from Alex Krizhevsky's page at the University of Toronto), `data add FILE` takes the archive where you have it, or say where it is unpacked: {kind: cifar10, dir: DIR}"

/** The folder that the published archive unpacks to. */
const ARCHIVE_FOLDER = 'cifar-10-batches-bin'

/**
 * CIFAR-10's six binary files in a folder, or in the archive's own folder within it, by role.
 * @throws {InputError} naming what is missing, and where it is to be had
 */
export async function cifarFiles(folder: string | undefined): Promise<Record<string, string>> {
  const wrong = (problem: string): InputError => new InputError(`${problem}; ${TO_DO}`, { field: 'task.dir' })
  if (folder === undefined) throw wrong('CIFAR-10 is not here')
  if (!(await isFolder(folder))) throw wrong(`there is no folder ${folder}`)
  const within = join(folder, ARCHIVE_FOLDER)
  const place = (await isFolder(within)) ? within : folder
  const files = Object.fromEntries(Object.entries(FILES).map(([role, name]) => [role, join(place, name)]))
  const missing: string[] = []
  for (const [role, name] of Object.entries(FILES)) {
    if (!(await isFile(files[role] ?? ''))) missing.push(name)
  }
  if (missing.length === 0) return files
  refusePickles(await readdir(place), place)
  throw wrong(
    `${place} holds no ${missing.join(', no ')}, expected the six files of CIFAR-10's binary version`,
  )
}

export const CIFAR_NAMES: readonly string[] = Object.values(FILES)

/** Whether this folder, or the archive's own folder in it, holds some of CIFAR-10's binary files. */
export async function isCifarFolder(folder: string): Promise<boolean> {
  const places = [folder, join(folder, ARCHIVE_FOLDER)]
  for (const place of places) {
    if (await isFile(join(place, FILES['train-1']))) return true
  }
  return false
}

/** @throws {InputError} where these names are those of CIFAR-10's version for Python */
export function refusePickles(names: readonly string[], file: string): void {
  if (!names.includes('data_batch_1') && !names.includes('cifar-10-batches-py')) return
  throw new InputError(
    "is CIFAR-10's version for Python: pickles, which can run code and are not read; take the binary version, cifar-10-binary.tar.gz",
    { file },
  )
}
