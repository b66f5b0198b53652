import { extname } from 'node:path'
import { InputError } from '../errors'
import { reportConclusions } from './json'
import { provenanceOf } from './report-source'
import type { ReportSource } from './report-source'
import { conclusionsIn, TABLE_FORMATS } from './table-files'
import type { FileCell, TableFile } from './table-files'
import { againstTables, referencesIn, reportTables } from './tables'

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

/** Recomputes every cell and conclusion of a file that `readTableFile` read, from the study as it is now. */
export function verifyTable(read: TableFile, file: string, source: ReportSource): Verification {
  const provenance = provenanceOf(source)
  const now = cellsNow(read, file, source)
  const cells = [...read.cells].flatMap(([key, cell]): ChangedCell[] => {
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
  const runsChanged = read.database !== provenance.database
  return {
    study: read.study,
    cells: read.cells.size + read.conclusions.size,
    changes: [...cells, ...changedConclusions(read, source, runsChanged)],
    ruleChanged: read.rule !== provenance.rule,
    runsChanged,
    altered: read.isWhole === null ? null : !read.isWhole,
  }
}

/** All cells as the file's format would write and read them today, with those of tables that only the file has. */
function cellsNow({ cells }: TableFile, file: string, source: ReportSource): ReadonlyMap<string, FileCell> {
  const extension = extname(file).toLowerCase()
  const against = referencesIn(cells.keys(), source.comparison.groups)
  const tables = [...reportTables(source), ...against.flatMap((of) => againstTables(source, of))]
  const text = TABLE_FORMATS[extension]?.write(tables, provenanceOf(source)) ?? ''
  // What a PDF carries is JSON.
  const reader = TABLE_FORMATS[extension === '.pdf' ? '.json' : extension]
  return reader?.read(Buffer.from(text))?.cells ?? new Map()
}

/** Of each conclusion that is another one today, the first value that differs. */
function changedConclusions(
  { conclusions }: TableFile,
  source: ReportSource,
  runsChanged: boolean,
): ChangedCell[] {
  if (conclusions.size === 0) return []
  // As JSON writes and reads them: NaN and infinity are null there.
  const today = JSON.parse(JSON.stringify(reportConclusions(source))) as Record<string, unknown>
  const now = conclusionsIn(today)
  return [...conclusions].flatMap(([key, found]): ChangedCell[] => {
    const [before, after] = [valuesIn(found), valuesIn(now.get(key))]
    const differing = [...new Set([...before.keys(), ...after.keys()])].filter(
      (path) => before.get(path) !== after.get(path),
    )
    const [path] = differing
    if (path === undefined) return []
    const more = differing.length > 1 ? ` (and ${differing.length - 1} more)` : ''
    return [
      {
        key: `${key}: ${path}${more}`,
        found: before.get(path) ?? 'not there',
        now: after.get(path) ?? null,
        runsChanged,
      },
    ]
  })
}

/** Every value inside, as JSON, by its path: "curves[0].points[2].mean". */
function valuesIn(value: unknown, path = ''): Map<string, string> {
  if (value === undefined) return new Map()
  if (value === null || typeof value !== 'object') return new Map([[path, JSON.stringify(value)]])
  const inner = Array.isArray(value)
    ? value.map((each, i) => valuesIn(each, `${path}[${i}]`))
    : Object.entries(value).map(([name, each]) => valuesIn(each, path === '' ? name : `${path}.${name}`))
  return new Map(inner.flatMap((values) => [...values]))
}
