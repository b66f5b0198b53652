import { join } from 'node:path'
import { InputError } from '../errors'
import { isFile, isFolder } from './on-disk'

const TO_DO =
  "unpack TAPE's data (remote_homology.tar.gz, linked from songlab-cal/tape on GitHub) and say where: {kind: remote-homology, dir: DIR}"

/** The folder that TAPE's archive unpacks to. */
const ARCHIVE_FOLDER = 'remote_homology'

/**
 * TAPE's remote homology files in a folder, or in the archive's own folder within it, by role: for each split the LMDB
 * (a folder with data.mdb, or that file alone) or the JSON export.
 * @param holdout which test set: fold, superfamily or family
 * @throws {InputError} naming what is missing, and where it is to be had
 */
export async function homologyFiles(
  folder: string | undefined,
  holdout: string,
): Promise<Record<string, string>> {
  if (folder === undefined) {
    throw new InputError(`remote homology is not brought by set-up; ${TO_DO}`, { field: 'task.dir' })
  }
  if (!(await isFolder(folder)))
    throw new InputError(`there is no folder ${folder}; ${TO_DO}`, { field: 'task.dir' })
  const within = join(folder, ARCHIVE_FOLDER)
  const place = (await isFolder(within)) ? within : folder
  const names = { train: 'train', val: 'valid', test: `test_${holdout}_holdout` }
  const files: Record<string, string> = {}
  const missing: string[] = []
  for (const [role, split] of Object.entries(names)) {
    const name = `remote_homology_${split}`
    const spellings = [`${name}.lmdb/data.mdb`, `${name}.lmdb`, `${name}.json`].map((each) =>
      join(place, each),
    )
    const found = await firstFile(spellings)
    if (found === null) missing.push(name)
    else files[role] = found
  }
  if (missing.length === 0) return files
  throw new InputError(`${place} holds no ${missing.join(', no ')}, as .lmdb or .json; ${TO_DO}`, {
    field: 'task.dir',
  })
}

async function firstFile(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if (await isFile(path)) return path
  return null
}
