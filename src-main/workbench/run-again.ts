import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { InputError } from '../errors'
import type { Library } from '../library/library'
import { exportDocument } from '../reports/export-schema'
import type { ExportDocument, ExportRun } from '../reports/export-schema'
import { runStudy, sortedParts } from '../study/run-study'
import type { RunPlaces } from '../study/run-study'
import { planStudy } from '../study/plan'
import { readStudy } from '../study/read'

/** Where the user says that files lie; what is left out is looked for among what is installed. */
export interface GivenPlaces {
  readonly data?: string
  readonly model?: string
  readonly startFrom?: string
}

/** A study that trains one exported run again. */
export interface RunAgain {
  readonly study: string
  /** The study file; at its head stands what is said here, since words on a screen are gone tomorrow. */
  readonly text: string
  /** Of the run as it was exported. */
  readonly run: string
  readonly key: string
  /** Of the run as it would be trained here; the same where nothing differs. */
  readonly keyHere: string
  /** Whether it is the same run, in words. */
  readonly said: string
  /** A sentence for each thing that is another one here. */
  readonly differences: readonly string[]
}

type TrainedExport = ExportRun & { readonly config: Exclude<ExportRun['config'], { imported: unknown }> }

/** Reads what `export --format json` wrote. @throws {InputError} where the file is none */
export async function readExport(file: string): Promise<ExportDocument> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new InputError(`cannot be read (${code}), expected a file of export --format json`, { file })
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InputError('is not JSON, expected a file of export --format json', { file })
  }
  return checkExport(value, file)
}

/** What stood in such a file. @throws {InputError} where it is no export */
export function checkExport(value: unknown, file: string): ExportDocument {
  const read = exportDocument.safeParse(value)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const field = issue?.path.map(String).join('.') ?? ''
  throw new InputError(`${issue?.message ?? 'unknown'}; expected a file of export --format json`, {
    file,
    ...(field === '' ? {} : { field }),
  })
}

/**
 * The study that trains one run of an export again, with the files that are installed here, and how it differs from the run
 * that was exported.
 * @param id the run's id or how it begins; may be left out where there is one run
 * @param file where the export was read, for errors and for the study file's first line
 * @throws {InputError} where there is no such run (its field is `run`), it was imported, or what it needs is nowhere to be found
 * (its field is the one of `given` that would say where)
 */
export async function runAgain(
  library: Library,
  document: ExportDocument,
  id: string | undefined,
  file: string,
  given: GivenPlaces = {},
): Promise<RunAgain> {
  const run = trainedRun(document, id, file)
  const { config } = run
  const places: RunPlaces = {
    ...(await dataPlace(library, run, given)),
    ...(await modelPlace(library, run, given)),
    ...startPlace(run, given),
  }
  const study = `${document.study}-${run.id.slice(0, 4)}`
  const text = runStudy(study, { ...run, config, selection: document.protocol.selection }, places)
  const plan = await planStudy(readStudy(text), text, library)
  const here = plan.runs[0]!
  const said = sayKey(run.key, here.key)
  const differences = here.key === run.key ? [] : differencesOf(config, here.config)
  const remarks = [`Trains run ${run.id} of ${file} again: ${said}.`, ...differences]
  return {
    study,
    text: remarks.map((line) => `# ${line.replace(/\s+/g, ' ')}\n`).join('') + text,
    run: run.id,
    key: run.key,
    keyHere: here.key,
    said,
    differences,
  }
}

const sayKey = (key: string, here: string): string =>
  here === key
    ? `the key is the same, ${key.slice(0, 12)}: it is the same run`
    : `the key is another one, ${here.slice(0, 12)} and not ${key.slice(0, 12)}: it is another run`

function trainedRun({ runs }: ExportDocument, id: string | undefined, file: string): TrainedExport {
  const found = id === undefined ? runs : runs.filter((run) => run.id.startsWith(id))
  const [run] = found
  if (run === undefined || found.length > 1) {
    const what =
      id === undefined
        ? `${runs.length} runs`
        : run === undefined
          ? `no run ${id}`
          : `${found.length} runs ${id}…`
    const there = (found.length > 1 ? found : runs).map((each) => each.id)
    const some =
      there.length > MOST_IDS ? [...there.slice(0, MOST_IDS), `${there.length - MOST_IDS} more`] : there
    throw new InputError(`found ${what}, expected one of ${some.join(', ') || 'the runs, but it has none'}`, {
      file,
      field: 'run',
    })
  }
  const { config } = run
  if ('imported' in config)
    throw new InputError(
      `run ${run.id} was imported (${config.imported.from}), expected one that Fairsweep trained: how this one was trained is not known`,
      { file, field: 'run' },
    )
  return { ...run, config }
}

const MOST_IDS = 30

async function dataPlace(
  library: Library,
  { id, config: { task } }: TrainedExport,
  { data: given }: GivenPlaces,
): Promise<Pick<RunPlaces, 'data'>> {
  const option = task.kind === 'tensors' ? 'path' : 'dir'
  const hasPlace = task.kind !== 'mnist' && Object.keys(task.data).length > 0
  if (given !== undefined) {
    if (hasPlace) return { data: { option, path: resolve(given) } }
    throw new InputError(`run ${id} learned ${task.kind}, which has no place to be given`, {
      field: 'data',
    })
  }
  if (!hasPlace) return {}
  const installed = (await library.data()).find(({ files }) => holdsAll(files, task.data))
  if (installed !== undefined) return { data: { option, path: installed.path } }
  // These are looked for where they are usually installed.
  if (task.kind.startsWith('cifar10')) return {}
  throw new InputError(
    `run ${id} learned from ${sayFiles(task.data)}, which no installed data set has; say where it lies`,
    { field: 'data' },
  )
}

async function modelPlace(
  library: Library,
  { id, model: name, config: { model } }: TrainedExport,
  { model: given }: GivenPlaces,
): Promise<Pick<RunPlaces, 'model'>> {
  if (given !== undefined) {
    if (model.source === 'directory') return { model: { path: resolve(given) } }
    throw new InputError(`run ${id} has a trunk of random values, which lies nowhere`, { field: 'model' })
  }
  if (model.source === 'random') return {}
  const models = await library.models()
  const same = models.find(({ files }) => holdsAll(files, model.files))
  const namesake = models.find((each) => each.name === name && each.facts !== null)
  const found = same ?? namesake
  if (found !== undefined) return { model: { installed: found.name } }
  throw new InputError(
    `run ${id} began with ${name}, ${sayFiles(model.files)}, which no installed model is; add it with models add, or say where it lies`,
    { field: 'model' },
  )
}

function startPlace(
  { id, config: { start_from: hash } }: TrainedExport,
  { startFrom }: GivenPlaces,
): Pick<RunPlaces, 'startFrom'> {
  if (hash === null && startFrom === undefined) return {}
  if (hash !== null && startFrom !== undefined) return { startFrom: resolve(startFrom) }
  throw new InputError(
    hash === null
      ? `run ${id} had no start_from, expected none`
      : `run ${id} had a start_from of SHA-256 ${short(hash)}; say where that file lies`,
    { field: 'startFrom' },
  )
}

const holdsAll = (
  files: readonly { readonly sha256: string }[],
  wanted: Readonly<Record<string, string>>,
): boolean => Object.values(wanted).every((hash) => files.some(({ sha256 }) => sha256 === hash))

const sayFiles = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([name, hash]) => `${name} (SHA-256 ${short(hash)})`)
    .join(', ')

/** Hashes are told apart by their first digits. */
const short = (value: string): string => (/^[0-9a-f]{64}$/.test(value) ? `${value.slice(0, 12)}…` : value)

/** A run's configuration, there or here. */
interface Compared {
  readonly setting: TrainedExport['config']['setting']
}

function differencesOf(exported: Compared, here: Compared): string[] {
  const [before, now] = [valuesOf(exported), valuesOf(here)]
  const paths = [...new Set([...before.keys(), ...now.keys()])]
  const found = paths.flatMap((path) => {
    const [was, is] = [before.get(path), now.get(path)]
    if (was === is) return []
    return [`${path}: ${was ?? 'not there'} in the export, ${is ?? 'not there'} here`]
  })
  if (found.length > 0) return found
  return ["the configuration in the file is not the one that the run's key was made of: the file was changed"]
}

/** Every value of a configuration by its path, as words. */
function valuesOf({ setting, ...rest }: Compared): Map<string, string> {
  const values = new Map<string, string>()
  const walk = (path: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) walk(path === '' ? key : `${path}.${key}`, inner)
    else values.set(path, typeof value === 'string' ? short(value) : JSON.stringify(value))
  }
  walk('', { ...rest, setting: { init: setting.init, train: sortedParts(setting.train) } })
  return values
}
