import { closeSync, openSync, readSync } from 'node:fs'
import { InputError } from '../errors'

/**
 * Parts of a file as they are asked for, so that a data set need not be held in memory. What is read often stays in the
 * system's cache of files.
 * @throws {InputError} naming the file and the byte where it ends too soon
 */
export function readSlices(
  file: string,
  slices: readonly { readonly start: number; readonly end: number }[],
): Buffer[] {
  const descriptor = openSync(file, 'r')
  try {
    return slices.map(({ start, end }) => {
      const bytes = Buffer.allocUnsafe(end - start)
      let filled = 0
      while (filled < bytes.length) {
        const count = readSync(descriptor, bytes, filled, bytes.length - filled, start + filled)
        if (count === 0) {
          throw new InputError(`ends at byte ${start + filled}, expected data up to byte ${end}`, { file })
        }
        filled += count
      }
      return bytes
    })
  } finally {
    closeSync(descriptor)
  }
}
