import { join } from 'node:path'
import { writeBundle } from '../store/store'
import type { ReadableStore } from '../store/store'
import { exportJson } from './export'
import { exportPointsCsv, exportRunsCsv } from './export-csv'
import { exportPointsParquet, exportRunsParquet } from './export-parquet'
import type { ExportFormat } from './formats'
import { writeWhole } from './whole-file'

/** One file of an export: in pieces, or written by the store itself. */
export type ExportPart = { readonly suffix: string } & (
  | { readonly pieces: (store: ReadableStore, study: string) => Iterable<string | Buffer> }
  | { readonly write: (store: ReadableStore, study: string, path: string) => void }
)

/** The files of an export in these formats, with every logged point too where `metrics` says so. */
export function exportParts(formats: readonly ExportFormat[], metrics: boolean): ExportPart[] {
  const wanted = new Set(formats)
  const parts: ExportPart[] = []
  if (wanted.has('json')) {
    parts.push({ suffix: '.json', pieces: (store, study) => exportJson(store, study, { metrics }) })
  }
  if (wanted.has('csv')) {
    parts.push({ suffix: '.runs.csv', pieces: exportRunsCsv })
    if (metrics) parts.push({ suffix: '.points.csv', pieces: exportPointsCsv })
  }
  if (wanted.has('parquet')) {
    parts.push({ suffix: '.runs.parquet', pieces: exportRunsParquet })
    if (metrics) parts.push({ suffix: '.points.parquet', pieces: exportPointsParquet })
  }
  if (wanted.has('bundle')) parts.push({ suffix: '.fairsweep', write: writeBundle })
  return parts
}

/**
 * Writes an export into a folder that is there, each file whole or not at all, named after the study.
 * @returns the paths written
 */
export async function writeExport(
  store: ReadableStore,
  study: string,
  folder: string,
  parts: readonly ExportPart[],
): Promise<string[]> {
  const files: string[] = []
  for (const part of parts) {
    const file = join(folder, fileName(study) + part.suffix)
    if ('write' in part) part.write(store, study, file)
    else await writeWhole(file, part.pieces(store, study))
    files.push(file)
  }
  return files
}

/** A study's name as the name of a file or folder, on any system. */
export const fileName = (study: string): string =>
  study.replace(/[^\p{L}\p{N}._-]+/gu, '_').replace(/^\.+/, '_')
