import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import type { Normalisation, PatchLayout } from './images'
import { randomFor } from './random'
import type { Batch, Split } from './task'

/** FPT's changes to a training image: RandomCrop(32, padding 4), a horizontal flip, RandomRotation(20). */
const PADDING = 4
const DEGREES = 20

/** So many variants of each image; each is a function of its number alone, so that a seed gives the same batches. */
const VARIANTS = 64

/**
 * What makes a split of images one of their variants. It is applied after validation was set apart, so that no variant
 * of a validation image is trained on.
 */
export function augmented(layout: PatchLayout, normalisation: Normalisation): (train: Split) => Split {
  return (train) => new AugmentedSplit(train, layout, normalisation)
}

class AugmentedSplit implements Split {
  readonly size: number
  readonly #side: number
  /** Where the value of a pixel stands in an example: at (channel * side + row) * side + column. */
  readonly #place: Uint32Array
  /** Black, by channel: what lies outside of the image. */
  readonly #black: readonly number[]

  constructor(
    private readonly train: Split,
    private readonly layout: PatchLayout,
    { mean, deviation }: Normalisation,
  ) {
    this.size = train.size * VARIANTS
    this.#side = 1 + layout.row.reduce((most, row) => Math.max(most, row), 0)
    this.#place = new Uint32Array(layout.row.length)
    layout.row.forEach((row, i) => (this.#place[this.#pixel(layout.channel[i], row, layout.column[i])] = i))
    this.#black = mean.map((value, channel) => -value / (deviation[channel] ?? 1))
  }

  batch(indices: ArrayLike<number>): Batch {
    const plain = this.train.batch(Uint32Array.from(indices, (index) => index % this.train.size))
    const length = this.layout.row.length
    const x = new Float32Array(plain.x.length)
    for (let i = 0; i < indices.length; i++) {
      const image = plain.x.subarray(i * length, (i + 1) * length)
      this.#change(indices[i] ?? 0, image, x.subarray(i * length, (i + 1) * length))
    }
    return { ...plain, x }
  }

  /** Draws the changes of an example and follows each of its pixels back to where it comes from. */
  #change(index: number, from: ArrayLike<number>, to: Float32Array): void {
    const random = randomFor('augmentation', index)
    const [down, right] = [uniformInt(random, 0, 2 * PADDING), uniformInt(random, 0, 2 * PADDING)]
    const isFlipped = uniformInt(random, 0, 1) === 1
    const angle = ((2 * uniformFloat32(random) - 1) * DEGREES * Math.PI) / 180
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
    const side = this.#side
    const { row, column, channel } = this.layout
    for (let i = 0; i < to.length; i++) {
      // Pixel centres, around the middle; the nearest pixel, as torchvision's default.
      const [across, along] = [(column[i] ?? 0) + 0.5 - side / 2, (row[i] ?? 0) + 0.5 - side / 2]
      const turnedColumn = Math.floor(cosine * across - sine * along + side / 2)
      const turnedRow = Math.floor(sine * across + cosine * along + side / 2)
      const isInside = turnedColumn >= 0 && turnedColumn < side && turnedRow >= 0 && turnedRow < side
      const sourceRow = turnedRow + down - PADDING
      const sourceColumn = (isFlipped ? side - 1 - turnedColumn : turnedColumn) + right - PADDING
      const exists = sourceRow >= 0 && sourceRow < side && sourceColumn >= 0 && sourceColumn < side
      to[i] =
        isInside && exists
          ? (from[this.#place[this.#pixel(channel[i], sourceRow, sourceColumn)] ?? 0] ?? 0)
          : (this.#black[channel[i] ?? 0] ?? 0)
    }
  }

  #pixel(channel = 0, row = 0, column = 0): number {
    return (channel * this.#side + row) * this.#side + column
  }
}
