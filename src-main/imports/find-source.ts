import { realpath } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { InputError } from '../errors'
import { readCsvSource } from './csv-source'
import { filesBelow, isFolder, withFile } from './file-bytes'
import type { FoundFile } from './file-bytes'
import type { Mapping } from './mapping'
import type { Source } from './source'
import { isDatabaseFile, readMlflowDatabase } from './mlflow-database'
import { isMlflowFile, isMlflowMeta, readMlflowFiles } from './mlflow-files'
import { isEventFile, readTensorBoard } from './tensorboard'
import { isTrainerState, readTrainerStates } from './trainer-state'
import { isWandbFile, readWandb } from './wandb'

export interface SourceOptions {
  /** Damaged records are passed over and counted instead of refused. */
  readonly skipDamaged?: boolean
}

/** A program's format: how its files are known by name, and how they are read. */
interface Format {
  readonly name: string
  /** A file by which a folder of this format is known. */
  readonly marks: (file: FoundFile) => boolean
  /** Files that are read; those that mark it, where this is left out. */
  readonly has?: (file: FoundFile) => boolean
  readonly read: (files: readonly FoundFile[], root: string, options: SourceOptions) => Promise<Source>
}

const FORMATS: readonly Format[] = [
  { name: 'TensorBoard', marks: isEventFile, read: readTensorBoard },
  { name: 'the Hugging Face Trainer', marks: isTrainerState, read: readTrainerStates },
  { name: 'MLflow (files)', marks: isMlflowMeta, has: isMlflowFile, read: readMlflowFiles },
  { name: 'MLflow (database)', marks: isDatabaseFile, read: readMlflowDatabase },
  { name: 'W&B', marks: isWandbFile, read: readWandb },
]

/** Files that hold Python objects: reading one runs what is in it. */
const PICKLES = /\.(pkl|pickle|pt|pth|bin|ckpt|joblib)$/i

/** Recognises what the user named, and reads it. */
export async function readSource(
  paths: readonly string[],
  given: Mapping,
  options: SourceOptions,
): Promise<Source> {
  const folder = await isFolder(paths[0] ?? '')
  if (!folder && paths.every((one) => ['.csv', '.tsv', '.txt'].includes(extname(one).toLowerCase()))) {
    return readCsvSource(paths, given)
  }
  if (paths.length > 1) {
    throw new InputError(
      `found ${paths.length} files, expected one file or folder, or several tables of one import`,
      {
        file: paths[1],
      },
    )
  }
  // What the user named may be a link; what lies below it may not.
  const path = await realpath(paths[0] ?? '')
  const { files, links } = folder
    ? await filesBelow(path)
    : { files: [{ path, relative: basename(path) }], links: 0 }
  const found = FORMATS.filter(({ marks }) => files.some(marks))
  const [format, other] = found
  if (format === undefined) {
    if (!folder && (await isOurExport(path))) throw new InputError(OUR_EXPORT, { file: path })
    throw new InputError(`holds nothing that can be imported, ${expected(files)}`, { file: path })
  }
  if (other !== undefined) {
    const names = found.map(({ name }) => name).join(' and ')
    throw new InputError(`holds files of ${names}, expected a folder with those of one`, { file: path })
  }
  const source = await format.read(files.filter(format.has ?? format.marks), path, options)
  const passed = links === 0 ? [] : [`${links} links are not followed`]
  return { ...source, remarks: [...source.remarks, ...passed] }
}

const OUR_EXPORT =
  'is an export of Fairsweep, which is not imported: fairsweep study-of, or Start from in Design, makes a study that trains a run of it again; to move a study with its history, expected a bundle (export --format bundle)'

/** By how our JSON exports begin. */
const isOurExport = (path: string): Promise<boolean> =>
  withFile(
    path,
    async (file) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
      return /^\s*\{\s*"study"\s*:\s*"/.test(buffer.toString('utf8', 0, bytesRead))
    },
    { largest: Infinity },
  )

function expected(files: readonly FoundFile[]): string {
  const kinds =
    'expected a .csv or .tsv table, TensorBoard event files, an MLflow database or mlruns folder, trainer_state.json, or .wandb and .jsonl files'
  const pickle = files.find(({ relative }) => PICKLES.test(relative))
  if (pickle === undefined) return kinds
  return `${kinds}; ${pickle.relative} may hold Python objects, which are never opened`
}
