import { extname } from 'node:path'
import { InputError } from '../errors'
import { provenanceOf } from './report-source'
import type { ReportSource } from './report-source'
import { TABLE_FORMATS } from './table-files'
import type { FileCell, TableFile } from './table-files'
import { reportTables } from './tables'

export interface ChangedCell {
  readonly key: string
  readonly found: string
  /** What it would be today; null: no such cell any more. */
  readonly now: string | null
  readonly runsChanged: boolean
}

export interface Verification {
  readonly study: string
  readonly cells: number
  readonly changes: readonly ChangedCell[]
  readonly ruleChanged: boolean
  /** Some run of the study changed, whether or not a cell shows it. */
  readonly runsChanged: boolean
  /** The file itself was altered since it was written, whatever its cells say; null where its format cannot say. */
  readonly altered: boolean | null
}

const EXTENSIONS = Object.keys(TABLE_FORMATS)

/**
 * Reads an exported table: Markdown, LaTeX, CSV, HTML, JSON or PDF.
 * @throws {InputError} where the file is none of ours
 */
export function readTableFile(data: Buffer, file: string): TableFile {
  const format = TABLE_FORMATS[extname(file).toLowerCase()]
  if (!format) {
    throw new InputError(
      `found a ${extname(file) || 'file without extension'}, expected ${EXTENSIONS.slice(0, -1).join(', ')} or ${EXTENSIONS.at(-1) ?? ''} as report writes them`,
      { file },
    )
  }
  const read = format.read(data)
  if (!read || read.cells.size === 0)
    throw new InputError('found no cells of a Fairsweep report, so there is nothing to verify', { file })
  return read
}

/** Recomputes every cell of a file that `readTableFile` read, from the study as it is now. */
export function verifyTable(read: TableFile, file: string, source: ReportSource): Verification {
  const provenance = provenanceOf(source)
  const now = cellsNow(file, source)
  const changes = [...read.cells].flatMap(([key, cell]): ChangedCell[] => {
    const today = now.get(key)
    if (today?.shown === cell.shown && today.runs === cell.runs) return []
    return [
      {
        key: decodeURIComponent(key),
        found: cell.shown,
        now: today?.shown ?? null,
        runsChanged: today?.runs !== cell.runs,
      },
    ]
  })
  return {
    study: read.study,
    cells: read.cells.size,
    changes,
    ruleChanged: read.rule !== provenance.rule,
    runsChanged: read.database !== provenance.database,
    altered: read.isWhole === null ? null : !read.isWhole,
  }
}

/** All cells as the file's format would write and read them today. */
function cellsNow(file: string, source: ReportSource): ReadonlyMap<string, FileCell> {
  const extension = extname(file).toLowerCase()
  const text = TABLE_FORMATS[extension]?.write(reportTables(source), provenanceOf(source)) ?? ''
  // What a PDF carries is JSON.
  const reader = TABLE_FORMATS[extension === '.pdf' ? '.json' : extension]
  return reader?.read(Buffer.from(text))?.cells ?? new Map()
}
