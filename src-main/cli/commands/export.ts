import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { InputError } from '../../errors'
import { exportJson } from '../../reports/export'
import { exportPointsCsv, exportRunsCsv } from '../../reports/export-csv'
import { exportPointsParquet, exportRunsParquet } from '../../reports/export-parquet'
import { writeWhole } from '../../reports/whole-file'
import type { ReadableStore } from '../../store/store'
import { openWorkbench } from '../../workbench'
import { makeFolder } from '../../workspace/folder'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { nameOfStudy } from '../which-study'

export function addExport(line: CommandLine): void {
  line
    .add('export <study>', 'every run with its configuration and summary', exportCommand)
    .option('--format <formats>', 'json, csv, parquet, or several with commas between', 'json')
    .option('--metrics', 'every logged point too')
    .option('--out <dir>', 'write files there; without it, one format goes to standard output')
}

interface Options {
  readonly format: string
  readonly metrics?: boolean
  readonly out?: string
}

/** One file of an export. */
interface Part {
  readonly suffix: string
  readonly pieces: (store: ReadableStore, study: string) => Iterable<string | Buffer>
}

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
    if (options.out === undefined && only) {
      await pipeline(Readable.from(only.pieces(store, name)), process.stdout, { end: false })
      return EXIT.done
    }
    const folder = options.out ?? '.'
    makeFolder(folder, { field: '--out' })
    const files: string[] = []
    for (const { suffix, pieces } of parts) {
      const file = join(folder, fileName(name) + suffix)
      await writeWhole(file, pieces(store, name))
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
    if (['json', 'csv', 'parquet'].includes(wanted)) continue
    throw new InputError(`found '${wanted}', expected json, csv or parquet`, { field: '--format' })
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
  if (out === undefined && parts.length > 1) {
    throw new InputError(`${parts.length} files are to be written, expected a folder`, { field: '--out' })
  }
  return parts
}

/** A study's name as the name of a file, on any system. */
const fileName = (study: string): string => study.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '_')
