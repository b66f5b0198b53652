import type { ExportDocument, ExportRun } from '../src-main/reports/export-schema'
import { RUN_STATES } from '../src-main/run'

/** A JSON export that the user chose, as far as a page reads it: the workbench checks the rest when it is asked of a run. */
export interface ExportFile {
  readonly name: string
  readonly document: ExportDocument
}

/** A run without its points, which say nothing of how it was trained and are most of the file. */
type RunAlone = Omit<ExportRun, 'series' | 'damaged'>

const LARGEST_BYTES = 400_000_000

/**
 * Reads what `export --format json` or a run's page wrote.
 * @returns null where it is another file
 * @throws {Error} where it is too large for a page
 */
export async function readExportFile(file: File): Promise<ExportFile | null> {
  if (!/\.json$/i.test(file.name)) return null
  if (file.size > LARGEST_BYTES)
    throw new Error(
      `${file.name} has ${Math.round(file.size / 1e6)} MB, and a page reads at most ${LARGEST_BYTES / 1e6}: export it without --metrics, or use fairsweep study-of`,
    )
  let value: unknown
  try {
    value = JSON.parse(await file.text())
  } catch {
    return null
  }
  return isExport(value) ? { name: file.name, document: value } : null
}

/** The export with this run alone in it, to ask the workbench about. */
export const exportOf = (
  document: ExportDocument,
  { series: _points, damaged: _lost, ...run }: ExportRun,
): Omit<ExportDocument, 'runs'> & { readonly runs: readonly RunAlone[] } => ({ ...document, runs: [run] })

/** By what a page shows of it. */
function isExport(value: unknown): value is ExportDocument {
  if (!isRecord(value) || typeof value['study'] !== 'string' || !isRecord(value['protocol'])) return false
  return Array.isArray(value['runs']) && value['runs'].every(isRun)
}

const isRun = (run: unknown): boolean =>
  isRecord(run) &&
  ['id', 'task', 'model', 'setting'].every((key) => typeof run[key] === 'string') &&
  ['learning_rate', 'seed'].every((key) => typeof run[key] === 'number') &&
  RUN_STATES.some((state) => state === run['state']) &&
  isRecord(run['metrics']) &&
  isRecord(run['config'])

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
