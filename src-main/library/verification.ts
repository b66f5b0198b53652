import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { FileHashes } from './file-hashes'

/** How far the hashing of some files is. */
export interface Verification {
  /** The file that is being read. */
  readonly file: string
  readonly done: number
  /** Bytes of all files. */
  readonly of: number
}

/** Hashes files again, one after the other. */
export async function* progressOver(
  paths: readonly string[],
  hashes: FileHashes,
): AsyncGenerator<Verification> {
  const sizes: number[] = []
  for (const path of paths) sizes.push((await stat(path)).size)
  const of = sizes.reduce((sum, size) => sum + size, 0)
  let before = 0
  for (const [i, path] of paths.entries()) {
    for await (const read of hashes.reread(path)) yield { file: basename(path), done: before + read, of }
    before += sizes[i] ?? 0
  }
  yield { file: '', done: of, of }
}
