import { unzipSync } from 'fflate'
import { readFile } from 'node:fs/promises'
import { parse } from 'npyjs'
import { InputError } from '../errors'
import type { NamedArray } from './named-arrays'

/**
 * The arrays of a NumPy archive (`numpy.savez`, compressed or not), row by row. Half precision becomes float32.
 * @throws {InputError} where the file is no such archive, or an array's order or type cannot be used
 */
export async function readNpz(file: string): Promise<Map<string, NamedArray>> {
  let inside: Readonly<Record<string, Uint8Array>>
  try {
    inside = unzipSync(await readFile(file))
  } catch (error) {
    throw new InputError(
      `is not a NumPy archive (${error instanceof Error ? error.message : String(error)})`,
      {
        file,
      },
    )
  }
  const arrays = new Map<string, NamedArray>()
  for (const [member, bytes] of Object.entries(inside)) {
    if (!member.endsWith('.npy')) continue
    const name = member.slice(0, -'.npy'.length)
    arrays.set(name, arrayOf(bytes, file, name))
  }
  return arrays
}

const FLOATS = ['f2', 'f4', 'f8']
const INTEGERS = ['i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', 'b1']

type Numbers = ArrayLike<number | bigint> & { subarray(start: number, end: number): Numbers }

function arrayOf(bytes: Uint8Array, file: string, name: string): NamedArray {
  const array = readNpy(bytes, file, name)
  const { dtype, shape, fortranOrder } = array
  if (!FLOATS.includes(dtype) && !INTEGERS.includes(dtype)) {
    throw new InputError(`holds elements of type ${dtype}, expected numbers`, { file, field: name })
  }
  if (fortranOrder && shape.length > 1) {
    throw new InputError('is stored column by column, expected C order (numpy.ascontiguousarray)', {
      file,
      field: name,
    })
  }
  const data = array.data as unknown as Numbers
  const size = shape.reduce((product, length) => product * length, 1)
  if (data.length !== size) {
    throw new InputError(`holds ${data.length} elements, its shape ${shape.join(' × ')} wants ${size}`, {
      file,
      field: name,
    })
  }
  return {
    ...{ shape, isFloat: FLOATS.includes(dtype), length: size },
    read: (slices) => slices.map(({ start, end }) => data.subarray(start, end)),
    placeOf: () => '',
  }
}

function readNpy(bytes: Uint8Array, file: string, name: string): ReturnType<typeof parse> {
  try {
    // A copy of its own, aligned as its elements want it.
    return parse(Uint8Array.from(bytes).buffer)
  } catch (error) {
    throw new InputError(
      `is not an array of NumPy's (${error instanceof Error ? error.message : String(error)})`,
      {
        file,
        field: name,
      },
    )
  }
}
