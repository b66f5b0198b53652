import { InputError } from '../errors'
import type { NamedArray, NamedArrays } from '../tensor-files/named-arrays'

/** How many rows of each example of a split are real: `train_lengths` … beside its x; null where all are. */
export type RowLengths = Int32Array | null

/**
 * The lengths of a split, checked.
 * @param x [N, T, …]
 * @throws {InputError} naming the example that has another number than 1 to T
 */
export async function rowLengthsOf(
  arrays: NamedArrays,
  split: string,
  x: NamedArray,
  file: string,
): Promise<RowLengths> {
  const field = `${split}_lengths`
  const array = await arrays.get(field)
  if (array === null) return null
  const [size = 0, rows = 0] = x.shape
  if (array.isFloat || array.shape.length !== 1) {
    const shape = array.shape.join(', ')
    throw new InputError(`is ${array.isFloat ? 'float' : 'whole'} [${shape}], expected whole [${size}]`, {
      file,
      field,
    })
  }
  if (array.length !== size)
    throw new InputError(`holds ${array.length} lengths, ${split}_x has ${size} examples`, { file, field })
  const [data = []] = array.read([{ start: 0, end: size }])
  return Int32Array.from({ length: size }, (_, example) => {
    const length = Number(data[example])
    if (length >= 1 && length <= rows) return length
    throw new InputError(
      `example ${example} has length ${length}${array.placeOf(example)}, expected 1 to ${rows}, the rows of ${split}_x`,
      { file, field },
    )
  })
}

/** @throws {InputError} where some splits have lengths and others have none */
export function checkAllHaveLengths(
  splits: readonly { readonly split: string; readonly lengths: RowLengths }[],
  file: string,
): void {
  const having = splits.find(({ lengths }) => lengths !== null)
  const lacking = splits.find(({ lengths }) => lengths === null)
  if (having === undefined || lacking === undefined) return
  throw new InputError(
    `holds ${having.split}_lengths, but no ${lacking.split}_lengths; where all rows are real, they are their number`,
    { file },
  )
}
