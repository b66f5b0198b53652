import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { CatalogueEntry } from './catalogue'
import type { FileHashes } from './file-hashes'
import { mnistFiles } from './task-data'

/** How the files of a thing compare with what they were when it was published or added. */
export type CheckState = 'intact' | 'changed' | 'missing' | 'unusable'

export interface InstalledFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** Data that a study may name without saying where it lies. */
export interface InstalledData {
  readonly name: string
  readonly title: string
  readonly licence: string
  readonly source: string
  readonly bytes: number
  readonly files: readonly InstalledFile[]
  readonly state: CheckState
  /** What is wrong and what to do, in a sentence; null when nothing is. */
  readonly problem: string | null
}

/** MNIST as it is on this machine. */
export async function mnistEntry(
  entry: CatalogueEntry,
  root: string,
  hashes: FileHashes,
): Promise<InstalledData> {
  const { name, title, licence, source } = entry
  const about = { name, title, licence, source }
  try {
    const files = await describeFiles(Object.values(await mnistFiles(root)), hashes)
    return { ...about, files, bytes: totalBytes(files), ...compare(files, entry.files) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...about, files: [], bytes: 0, state: 'missing', problem }
  }
}

export async function describeFiles(paths: readonly string[], hashes: FileHashes): Promise<InstalledFile[]> {
  const files: InstalledFile[] = []
  for (const path of paths) {
    files.push({ name: basename(path), bytes: (await stat(path)).size, sha256: await hashes.of(path) })
  }
  return files
}

export const totalBytes = (files: readonly InstalledFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0)

/** Compares files with the hashes that they should have. */
export function compare(
  files: readonly InstalledFile[],
  expected: Readonly<Record<string, string>>,
): { state: CheckState; problem: string | null } {
  const wrong = files.filter(({ name, sha256 }) => Object.hasOwn(expected, name) && expected[name] !== sha256)
  if (wrong.length === 0) return { state: 'intact', problem: null }
  const names = wrong.map(({ name }) => name).join(', ')
  return { state: 'changed', problem: `not as published: ${names}; delete and run \`npm run setup\` again` }
}
