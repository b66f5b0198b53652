import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { InputError } from '../../errors'
import { exportJson } from '../../reports/export'
import { exportPointsCsv, exportRunsCsv } from '../../reports/export-csv'
import { exportPointsParquet, exportRunsParquet } from '../../reports/export-parquet'
import { writeWhole } from '../../reports/whole-file'
import { writeBundle } from '../../store/store'
import type { ReadableStore } from '../../store/store'
import { openWorkbench } from '../../workbench'
import { makeFolder } from '../../workspace/folder'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { nameOfStudy } from '../which-study'

export function addExport(line: CommandLine): void {
  line
    .add('export <study>', 'every run with its configuration and summary', exportCommand)
    .option('--format <formats>', 'json, csv, parquet, bundle, or several with commas between', 'json')
    .option('--metrics', 'every logged point too')
    .option('--out <dir>', 'write files there; without it, one format goes to standard output')
}

interface Options {
  readonly format: string
  readonly metrics?: boolean
  readonly out?: string
}

/** One file of an export: in pieces, or written by the store itself. */
type Part = { readonly suffix: string } & (
  | { readonly pieces: (store: ReadableStore, study: string) => Iterable<string | Buffer> }
  | { readonly write: (store: ReadableStore, study: string, path: string) => void }
)

async function exportCommand(
  { terminal, workspace }: Invocation,
  options: Options,
  study = '',
): Promise<number> {
  const parts = partsOf(options)
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const name = await nameOfStudy(workbench, study)
    const { store } = workbench
    const [only] = parts
    if (options.out === undefined && only && 'pieces' in only) {
      await pipeline(Readable.from(only.pieces(store, name)), process.stdout, { end: false })
      return EXIT.done
    }
    const folder = options.out ?? '.'
    makeFolder(folder, { field: '--out' })
    const files: string[] = []
    for (const part of parts) {
      const file = join(folder, fileName(name) + part.suffix)
      if ('write' in part) part.write(store, name, file)
      else await writeWhole(file, part.pieces(store, name))
      files.push(file)
    }
    terminal.print(files.join('\n'))
    terminal.document({ files })
    return EXIT.done
  } finally {
    await workbench.close()
  }
}

function partsOf({ format, metrics = false, out }: Options): Part[] {
  const formats = new Set(format.split(',').map((word) => word.trim()))
  for (const wanted of formats) {
    if (['json', 'csv', 'parquet', 'bundle'].includes(wanted)) continue
    throw new InputError(`found '${wanted}', expected json, csv, parquet or bundle`, { field: '--format' })
  }
  const parts: Part[] = []
  if (formats.has('json')) {
    parts.push({ suffix: '.json', pieces: (store, study) => exportJson(store, study, { metrics }) })
  }
  if (formats.has('csv')) {
    parts.push({ suffix: '.runs.csv', pieces: exportRunsCsv })
    if (metrics) parts.push({ suffix: '.points.csv', pieces: exportPointsCsv })
  }
  if (formats.has('parquet')) {
    parts.push({ suffix: '.runs.parquet', pieces: exportRunsParquet })
    if (metrics) parts.push({ suffix: '.points.parquet', pieces: exportPointsParquet })
  }
  if (formats.has('bundle')) parts.push({ suffix: '.fairsweep', write: writeBundle })
  if (out === undefined && (parts.length > 1 || formats.has('bundle'))) {
    throw new InputError(
      `${parts.length === 1 ? 'a bundle is' : `${parts.length} files are`} to be written, expected a folder`,
      { field: '--out' },
    )
  }
  return parts
}

/** A study's name as the name of a file, on any system. */
const fileName = (study: string): string => study.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '_')
