import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ExpectedFiles } from './added-shelf'
import type { FileHashes } from './file-hashes'

/** How the files of a thing compare with what they were when it was published or added. */
export type CheckState = 'intact' | 'changed' | 'missing' | 'unusable'

export interface InstalledFile {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** What is known of a thing before its files are looked at. */
export interface About {
  readonly name: string
  readonly title: string
  readonly licence: string | null
  readonly source: string
  /** `set-up` brought it, or it was `added` to the workspace. */
  readonly from: 'set-up' | 'added'
  /** Absolute folder. */
  readonly path: string
}

export async function describeFiles(paths: readonly string[], hashes: FileHashes): Promise<InstalledFile[]> {
  const files: InstalledFile[] = []
  for (const path of paths) {
    files.push({ name: basename(path), bytes: (await stat(path)).size, sha256: await hashes.of(path) })
  }
  return files
}

export const totalBytes = (files: readonly Pick<InstalledFile, 'bytes'>[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0)

/** Compares files with the hashes that they should have; who can mend them says how. */
export function compare(
  files: readonly InstalledFile[],
  expected: ExpectedFiles,
  from: About['from'],
): { state: CheckState; problem: string | null } {
  const wrong = files.filter(({ name, sha256 }) => Object.hasOwn(expected, name) && expected[name] !== sha256)
  if (wrong.length === 0) return { state: 'intact', problem: null }
  const names = wrong.map(({ name }) => name).join(', ')
  return {
    state: 'changed',
    problem:
      from === 'set-up'
        ? `not as published: ${names}; delete and run \`npm run setup\` again`
        : `not as it was added: ${names}; remove it and add it again`,
  }
}
