import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { TaskSource } from '../../src-main/study/study'

/** The bytes of an IDX file of unsigned bytes. */
export function idxBytes(shape: readonly number[], data: ArrayLike<number>): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header[2] = 0x08
  header[3] = shape.length
  shape.forEach((dimension, i) => header.writeUInt32BE(dimension, 4 + 4 * i))
  return Buffer.concat([header, Uint8Array.from(data)])
}

export interface TinyImages {
  readonly dir: string
  readonly train: number
  readonly test: number
  /** Side of the square images. */
  readonly side: number
  readonly classes: number
  readonly gzip?: boolean
  readonly patch?: number
}

/**
 * A learnable image task in four IDX files: each class is a bright stripe at its own place, over noise that follows
 * from the example's number alone.
 */
export async function writeTinyImages({
  dir,
  train,
  test,
  side,
  classes,
  gzip = false,
  patch = 4,
}: TinyImages): Promise<TaskSource> {
  await mkdir(dir, { recursive: true })
  const files: Record<string, string> = {}
  const write = async (role: string, bytes: Buffer): Promise<void> => {
    files[role] = join(dir, role + (gzip ? '.gz' : ''))
    await writeFile(files[role], gzip ? gzipSync(bytes) : bytes)
  }
  for (const [split, count, salt] of [
    ['train', train, 1],
    ['test', test, 2],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => (i * 7 + salt) % classes)
    const pixels = new Uint8Array(count * side * side)
    pixels.forEach((_, at) => {
      const example = Math.floor(at / side ** 2)
      const row = Math.floor((at % side ** 2) / side)
      const noise = (Math.imul(at + salt, 2654435761) >>> 16) % 120
      pixels[at] = noise + (Math.floor((row * classes) / side) === labels[example] ? 120 : 0)
    })
    await write(`${split}-images`, idxBytes([count, side, side], pixels))
    await write(`${split}-labels`, idxBytes([count], labels))
  }
  return { kind: 'idx-images', options: { patch }, files }
}
