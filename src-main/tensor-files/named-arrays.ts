import { InputError } from '../errors'
import { readNpz } from './npz'
import { openSafetensors } from './safetensors'
import { isFloating } from './safetensors-header'

/** An array of numbers, row by row. */
export interface NamedArray {
  readonly shape: readonly number[]
  readonly isFloat: boolean
  readonly data: ArrayLike<number | bigint>
}

/** A file of arrays by name, of which those are read that are asked for. */
export interface NamedArrays {
  readonly names: readonly string[]
  /** Null where the file has none of that name. */
  read(name: string): Promise<NamedArray | null>
}

/**
 * Opens a `.safetensors` file or a NumPy archive (`.npz`), told apart by their names.
 * @throws {InputError} where it is neither, or breaks a rule of its format
 */
export async function openNamedArrays(file: string): Promise<NamedArrays> {
  if (file.endsWith('.npz')) {
    const arrays = await readNpz(file)
    return { names: [...arrays.keys()], read: (name) => Promise.resolve(arrays.get(name) ?? null) }
  }
  if (!file.endsWith('.safetensors')) {
    throw new InputError('expected a file whose name ends in .safetensors or .npz', { file })
  }
  const opened = await openSafetensors(file)
  return {
    names: [...opened.tensors.keys()],
    async read(name) {
      const entry = opened.tensors.get(name)
      return entry === undefined
        ? null
        : { shape: entry.shape, isFloat: isFloating(entry.dtype), data: await opened.read(name) }
    },
  }
}
