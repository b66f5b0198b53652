import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const RECORD = 1 + 3 * 32 * 32

/** The six files of CIFAR-10's binary version, with a few images of noise in each. */
export function writeTinyCifar(folder: string, imagesInAFile = 4): void {
  mkdirSync(folder, { recursive: true })
  const names = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`)
  for (const [file, name] of [...names, 'test_batch.bin'].entries()) {
    const bytes = Buffer.alloc(imagesInAFile * RECORD)
    for (let at = 0; at < bytes.length; at++) {
      const isLabel = at % RECORD === 0
      bytes[at] = isLabel ? (file + at / RECORD) % 10 : (at * 7919 + file * 104729) % 256
    }
    writeFileSync(join(folder, name), bytes)
  }
}
