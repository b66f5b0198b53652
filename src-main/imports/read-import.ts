import { InputError } from '../errors'
import type { PublishedCell, RunRecord } from '../run'
import type { ImportBatch, ImportedRun } from '../store/store'
import { readSource } from './find-source'
import type { SourceOptions } from './find-source'
import { fieldNames, guessMapping, seriesNames } from './guess'
import { mapRuns } from './map-runs'
import { mappingText, nameIn, namesUsed, readMapping } from './mapping'
import type { Mapping } from './mapping'
import { nameTemplate } from './name-template'
import { outlineOf } from './outline'
import type { Source } from './source'

/**
 * The one door to other programs' runs. Nothing is executed, no network is used, no path is followed that the user did
 * not name; files are opened for reading only.
 */

export interface ImportOptions extends SourceOptions {
  /** A mapping file; what it leaves out is guessed. */
  readonly mapping?: string
  /** A mapping that is in nobody's file; what it leaves out is guessed. */
  readonly given?: Mapping
}

/** What is in the files, whether or not the mapping makes runs of it: what a person needs to correct the mapping. */
export interface ImportSurvey {
  readonly from: string
  readonly files: readonly string[]
  readonly mapping: Mapping
  /** Every name in the files, with the first values that stand under it. */
  readonly fields: readonly { readonly name: string; readonly examples: readonly string[] }[]
  readonly metrics: readonly string[]
  /** What the mapping makes of it, or why it makes nothing. */
  readonly read: ReadImport | InputError
}

/** What was read, before anything is stored. */
export interface ReadImport {
  readonly from: string
  readonly files: readonly string[]
  readonly mapping: Mapping
  readonly runs: readonly ImportedRun[]
  readonly published: readonly PublishedCell[]
  /** Fields and metrics that are not taken over, by their names there. */
  readonly unmapped: { readonly fields: readonly string[]; readonly metrics: readonly string[] }
  /** What was passed over or taken for granted, a sentence each. */
  readonly remarks: readonly string[]
}

/** @throws {InputError} with file and line or offset, where something is not as expected */
export async function readImport(paths: readonly string[], options: ImportOptions = {}): Promise<ReadImport> {
  const { read } = await surveyImport(paths, options)
  if (read instanceof InputError) throw read
  return read
}

/** @throws {InputError} where the files or the mapping file cannot be read; what a mapping cannot do is in the answer */
export async function surveyImport(
  paths: readonly string[],
  options: ImportOptions = {},
): Promise<ImportSurvey> {
  const given = options.mapping === undefined ? (options.given ?? {}) : await readMapping(options.mapping)
  const source = await readSource(paths, given, options)
  if (source.runs.length === 0) {
    throw new InputError('found no runs with a metric in it', { file: source.files.join(', ') })
  }
  const remarks = [...source.remarks, ...readNames(source, given.name)]
  const survey = {
    from: source.from,
    files: source.files,
    fields: fieldNames(source).map((name) => ({ name, examples: examplesOf(source, name) })),
    metrics: seriesNames(source),
  }
  try {
    checkNames(source, given, options.mapping)
    const mapping = guessMapping(source, given)
    return { ...survey, mapping, read: readBy(source, mapping, remarks) }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { ...survey, mapping: guessMapping(source), read: error }
  }
}

function readBy(source: Source, mapping: Mapping, remarks: readonly string[]): ReadImport | InputError {
  try {
    const mapped = mapRuns(source, mapping)
    return {
      from: source.from,
      files: source.files,
      mapping,
      runs: mapped.runs,
      published: mapped.published,
      unmapped: unmappedOf(source, mapping),
      remarks: [...remarks, ...mapped.remarks],
    }
  } catch (error) {
    if (error instanceof InputError) return error
    throw error
  }
}

const MOST_EXAMPLES = 3

function examplesOf({ runs }: Source, name: string): string[] {
  const found = new Set<string>()
  for (const { fields } of runs) {
    const value = fields.get(name)?.value
    if (value !== undefined) found.add(String(value).slice(0, 60))
    if (found.size === MOST_EXAMPLES) break
  }
  return [...found]
}

/**
 * What the store is to be given.
 * @param study the name of the study that the runs go to
 * @param before the runs that it has already
 */
export function importBatch(read: ReadImport, study: string, before: readonly RunRecord[]): ImportBatch {
  return {
    study: outlineOf(study, before, read.runs, read.published),
    from: read.from,
    detail: read.files.join(', '),
    text: mappingText(read.mapping),
    runs: read.runs,
    published: read.published,
  }
}

/** Fields from the names of runs; what does not fit the template is counted. */
function readNames({ runs }: Source, template: string | undefined): string[] {
  if (template === undefined) return []
  const { read } = nameTemplate(template)
  const other = runs.filter((run) => {
    const found = read(run.name ?? run.id ?? '')
    for (const [field, value] of found ?? []) run.fields.set(field, { value })
    return found === null
  })
  if (other.length === 0) return []
  const examples = other.slice(0, 3).map(({ id, name }) => name ?? id ?? 'a run without a name')
  return [`${other.length} run names are not of the form ${template}: ${examples.join(', ')}`]
}

/** A mapping that names what is not there has a slip of the pen in it. */
function checkNames(source: Source, { fields = {}, metrics = {} }: Mapping, file: string | undefined): void {
  const names = new Set([...fieldNames(source), ...seriesNames(source)])
  for (const [field, entry] of Object.entries(fields)) {
    const name = nameIn(entry)
    if (name !== null && !names.has(name)) throw missing(`fields.${field}`, name, names, file)
  }
  for (const [metric, name] of Object.entries(metrics)) {
    if (name !== null && !names.has(name)) throw missing(`metrics.${metric}`, name, names, file)
  }
}

function missing(
  field: string,
  name: string,
  names: ReadonlySet<string>,
  file: string | undefined,
): InputError {
  const there = [...names].slice(0, 30).join(', ')
  return new InputError(`found "${name}", expected a name that is there: ${there}`, { file, field })
}

function unmappedOf(source: Source, { keep = [], ...mapping }: Mapping): ReadImport['unmapped'] {
  const used = new Set([...namesUsed(mapping), ...keep])
  return {
    fields: fieldNames(source).filter((name) => !used.has(name)),
    metrics: seriesNames(source).filter((name) => !used.has(name)),
  }
}
