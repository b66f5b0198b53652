import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { exampleAt } from './task'
import type { Batch, Split } from './task'

/** Images of one split as a file holds them. */
export interface LabelledImages {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly channels: number
  /** The bytes of each of these images: its channels one after the other, row by row. */
  read(indices: readonly number[]): readonly Uint8Array[]
  readonly labelOf: (index: number) => number
}

/** A byte b of channel c becomes (b / 255 - mean[c]) / deviation[c]. */
export interface Normalisation {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

/** Pixels in [0, 1]. */
export const UNCHANGED: Normalisation = { mean: [0], deviation: [1] }

/** Where each value of an example stands in the image, in the order tokens, patch rows, patch columns, channels. */
export interface PatchLayout {
  readonly tokens: number
  /** Values of a token. */
  readonly width: number
  readonly row: Uint16Array
  readonly column: Uint16Array
  readonly channel: Uint8Array
}

/**
 * An image is a sequence of its patches, row by row as in FPT ('b c (h p1) (w p2) -> b (h w) (p1 p2 c)'):
 * T = (H / p)(W / p) tokens of F = p² C values.
 */
export function patchLayout(
  { height, width, channels }: Pick<LabelledImages, 'height' | 'width' | 'channels'>,
  patch: number,
): PatchLayout {
  const places: [row: number, column: number, channel: number][] = []
  for (let top = 0; top < height; top += patch) {
    for (let left = 0; left < width; left += patch) {
      for (let row = top; row < top + patch; row++) {
        for (let column = left; column < left + patch; column++) {
          for (let channel = 0; channel < channels; channel++) places.push([row, column, channel])
        }
      }
    }
  }
  return {
    tokens: (height * width) / patch ** 2,
    width: channels * patch ** 2,
    row: Uint16Array.from(places, ([row]) => row),
    column: Uint16Array.from(places, ([, column]) => column),
    channel: Uint8Array.from(places, ([, , channel]) => channel),
  }
}

/** Cuts images into patches as they are asked for. */
export class PatchSplit implements Split {
  readonly size: number
  /** Where in an example's bytes each of its values comes from. */
  readonly #origin: Uint32Array
  /** The value of byte b in channel c, at 256 c + b. */
  readonly #value: Float32Array

  constructor(
    private readonly images: LabelledImages,
    private readonly layout: PatchLayout,
    { mean, deviation }: Normalisation,
  ) {
    const { height, width, channels, count } = images
    this.size = count
    this.#origin = Uint32Array.from(
      layout.row,
      (row, i) => ((layout.channel[i] ?? 0) * height + row) * width + (layout.column[i] ?? 0),
    )
    this.#value = Float32Array.from({ length: 256 * channels }, (_, i) => {
      const channel = Math.floor(i / 256)
      return ((i % 256) / 255 - (mean[channel] ?? 0)) / (deviation[channel] ?? 1)
    })
  }

  batch(indices: ArrayLike<number>): Batch {
    const { channel } = this.layout
    const length = this.#origin.length
    const x = new Float32Array(indices.length * length)
    const examples = Array.from(indices, (_, i) => exampleAt(indices, i, this))
    this.images.read(examples).forEach((bytes, i) => {
      const to = i * length
      for (let j = 0; j < length; j++) {
        const byte = bytes[this.#origin[j] ?? 0] ?? 0
        x[to + j] = this.#value[256 * (channel[j] ?? 0) + byte] ?? 0
      }
    })
    return { size: indices.length, x, lengths: null, y: Int32Array.from(examples, this.images.labelOf) }
  }
}

/** Side of the patches. @throws {InputError} unless it divides height and width. */
export function patchSide({ options }: TaskSource, height: number, width: number): number {
  const patch = options['patch'] ?? 4
  if (
    typeof patch === 'number' &&
    Number.isInteger(patch) &&
    patch > 0 &&
    height % patch === 0 &&
    width % patch === 0
  ) {
    return patch
  }
  throw new InputError(`found ${patch}, expected a whole number that divides ${height} and ${width}`, {
    field: 'task.patch',
  })
}

/** The file of a task that has this role. */
export function fileOf(source: TaskSource, role: string): string {
  const file = source.files[role]
  if (file === undefined) throw new InputError(`no ${role} file`, { field: 'task' })
  return file
}
