import { InputError } from '../errors'
import type { Slice } from './file-slices'
import { openNpz } from './npz'
import { openSafetensors } from './safetensors'
import { bitsOf, isFloating } from './safetensors-header'
import type { UnpackedFiles } from './unpacked-files'

/** An array of numbers, row by row. */
export interface NamedArray {
  readonly shape: readonly number[]
  readonly isFloat: boolean
  /** How many numbers. */
  readonly length: number
  /** The numbers of each slice: from memory, or from the file as they are asked for. */
  read(slices: readonly Slice[]): ArrayLike<number | bigint>[]
  /** Where a number stands in the file, " (byte 96)", or in what it unpacks to. */
  placeOf(index: number): string
}

/** A file of arrays by name. */
export interface NamedArrays {
  readonly names: readonly string[]
  /** Null where the file has none of that name. @throws {InputError} where it is damaged */
  get(name: string): Promise<NamedArray | null>
}

/**
 * Opens a `.safetensors` file or a NumPy archive (`.npz`), of which nothing but headers is held. They are told apart by
 * their names.
 * @param unpacked where compressed arrays are unpacked to
 * @throws {InputError} where it is neither, or breaks a rule of its format
 */
export async function openNamedArrays(file: string, unpacked: UnpackedFiles): Promise<NamedArrays> {
  if (file.endsWith('.npz')) return openNpz(file, unpacked)
  if (!file.endsWith('.safetensors')) {
    throw new InputError('expected a file whose name ends in .safetensors or .npz', { file })
  }
  const opened = await openSafetensors(file)
  return {
    names: [...opened.tensors.keys()],
    get(name) {
      const entry = opened.tensors.get(name)
      if (entry === undefined) return Promise.resolve(null)
      const { shape, dtype, start } = entry
      return Promise.resolve({
        shape,
        isFloat: isFloating(dtype),
        length: shape.reduce((product, size) => product * size, 1),
        read: (slices) => opened.readSlices(name, slices),
        placeOf: (index) => ` (byte ${start + (index * bitsOf(dtype)) / 8})`,
      })
    },
  }
}

/** So many numbers are looked at together. */
const LOOKED_AT = 2 ** 18

/** All numbers of an array, a block at a time with the index of its first, so that they need not be held. */
export function* numbersOf(
  array: NamedArray,
): Generator<readonly [start: number, ArrayLike<number | bigint>]> {
  for (let start = 0; start < array.length; start += LOOKED_AT) {
    const [numbers = []] = array.read([{ start, end: Math.min(array.length, start + LOOKED_AT) }])
    yield [start, numbers]
  }
}
