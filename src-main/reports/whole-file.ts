import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'

/**
 * Writes text that comes in pieces to a file, whole or not at all: what was there before stays until all of it is on disk.
 * Pieces are asked for as fast as the disk takes them.
 */
export async function writeWhole(path: string, pieces: Iterable<string | Buffer>): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`
  try {
    const file = await open(draft, 'wx')
    await pipeline(pieces, file.createWriteStream({ flush: true }))
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  const folder = await open(dirname(path), 'r')
  await folder.sync().finally(() => folder.close())
}
