import { closeSync, openSync, readSync } from 'node:fs'
import { InputError } from '../errors'

/** From `start` to before `end`. */
export interface Slice {
  readonly start: number
  readonly end: number
}

/** Bytes of which parts are read as they are asked for, so that a data set need not be held in memory. */
export interface SlicedBytes {
  readonly size: number
  /** Each in memory of its own. */
  read(slices: readonly Slice[]): Buffer<ArrayBuffer>[]
}

/** Node's single reads end at 2 GiB. */
const READ_BYTES = 2 ** 30

/**
 * Parts of a file as they are asked for. What is read often stays in the system's cache of files.
 * @throws {InputError} naming the file and the byte where it ends too soon
 */
export function readSlices(file: string, slices: readonly Slice[]): Buffer<ArrayBuffer>[] {
  const descriptor = openSync(file, 'r')
  try {
    return readOpened(descriptor, file, slices)
  } finally {
    closeSync(descriptor)
  }
}

/** The same of a file that is open. */
export function readOpened(
  descriptor: number,
  file: string,
  slices: readonly Slice[],
): Buffer<ArrayBuffer>[] {
  return slices.map(({ start, end }) => {
    // Memory of its own, which begins where elements of any type may begin.
    const bytes = Buffer.allocUnsafeSlow(end - start)
    let filled = 0
    while (filled < bytes.length) {
      const wanted = Math.min(READ_BYTES, bytes.length - filled)
      const count = readSync(descriptor, bytes, filled, wanted, start + filled)
      if (count === 0) {
        throw new InputError(`ends at byte ${start + filled}, expected data up to byte ${end}`, { file })
      }
      filled += count
    }
    return bytes
  })
}
