import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { InputError } from '../../errors'
import { EXPORT_FORMATS } from '../../reports/formats'
import { exportParts, writeExport } from '../../reports/run-export'
import { openWorkbench } from '../../workbench'
import { makeFolder } from '../../workspace/folder'
import type { CommandLine, Invocation } from '../command-line'
import { EXIT } from '../exit'
import { wordsOption } from '../options'
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

async function exportCommand(
  { terminal, workspace }: Invocation,
  { format, metrics = false, out }: Options,
  study = '',
): Promise<number> {
  const parts = exportParts(wordsOption(format, EXPORT_FORMATS, '--format'), metrics)
  const [only] = parts
  const isStream = parts.length === 1 && only !== undefined && 'pieces' in only
  if (out === undefined && !isStream) {
    const what = parts.length === 1 ? 'a bundle is' : `${parts.length} files are`
    throw new InputError(`${what} to be written, expected a folder`, { field: '--out' })
  }
  const workbench = await openWorkbench({ workspace, access: 'reader' })
  try {
    const name = await nameOfStudy(workbench, study)
    const { store } = workbench
    if (out === undefined && isStream) {
      await pipeline(Readable.from(only.pieces(store, name)), process.stdout, { end: false })
      return EXIT.done
    }
    const folder = out ?? '.'
    makeFolder(folder, { field: '--out' })
    const files = await writeExport(store, name, folder, parts)
    terminal.print(files.join('\n'))
    terminal.document({ files })
    return EXIT.done
  } finally {
    await workbench.close()
  }
}
