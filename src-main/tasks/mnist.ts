import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { readIdx } from './idx'
import type { Batch, Split, Task } from './task'

/** Images of one split: bytes 0 … 255, row by row, one class each. */
interface LabelledImages {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly pixels: Uint8Array
  readonly labels: Uint8Array
}

const DEFAULT_PATCH = 4

/** MNIST: ten digits. Files by role: train-images, train-labels, test-images, test-labels. */
export const openMnist = (source: TaskSource): Promise<Task> => openImages(source, 10)

/** Any data set in MNIST's format: as many classes as the largest training label asks for. */
export const openIdxImages = (source: TaskSource): Promise<Task> => openImages(source, null)

/**
 * An image is a sequence of its patches, row by row as in FPT ('(h p1) (w p2) -> (h w) (p1 p2)'): T = (H / p)(W / p)
 * tokens of F = p² pixels in [0, 1]. No augmentation, no normalisation.
 */
async function openImages(source: TaskSource, classes: number | null): Promise<Task> {
  const train = await readLabelledImages(source, 'train')
  const test = await readLabelledImages(source, 'test')
  if (test.height !== train.height || test.width !== train.width) {
    throw new InputError(
      `test images are ${test.height} × ${test.width}, training images ${train.height} × ${train.width}`,
      { file: source.files['test-images'] },
    )
  }
  const patch = patchSide(source.options['patch'] ?? DEFAULT_PATCH, train)
  const count = classes ?? 1 + largest(train.labels)
  if (count < 2)
    throw new InputError('all labels are 0, expected at least two classes', {
      file: source.files['train-labels'],
    })
  checkLabels(train, count, source.files['train-labels'])
  checkLabels(test, count, source.files['test-labels'])
  return {
    input: { kind: 'vectors', tokens: (train.height * train.width) / patch ** 2, width: patch ** 2 },
    output: { kind: 'classes', count },
    readTokens: 1,
    train: new PatchSplit(train, patch),
    validation: null,
    test: new PatchSplit(test, patch),
  }
}

/** Cuts images into patches as they are asked for; the bytes stay as the file has them. */
class PatchSplit implements Split {
  readonly size: number
  /** Where in an image each of its values comes from, in the order tokens, patch rows, patch columns. */
  readonly #origin: Uint32Array

  constructor(
    private readonly images: LabelledImages,
    patch: number,
  ) {
    this.size = images.count
    this.#origin = patchOrigins(images.height, images.width, patch)
  }

  batch(indices: ArrayLike<number>): Batch {
    const pixelsPerImage = this.#origin.length
    const { pixels, labels } = this.images
    const x = new Float32Array(indices.length * pixelsPerImage)
    const y = new Int32Array(indices.length)
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] ?? -1
      if (index < 0 || index >= this.size) throw new RangeError(`example ${index} of a split of ${this.size}`)
      const from = index * pixelsPerImage
      const to = i * pixelsPerImage
      for (let j = 0; j < pixelsPerImage; j++) x[to + j] = (pixels[from + (this.#origin[j] ?? 0)] ?? 0) / 255
      y[i] = labels[index] ?? 0
    }
    return { size: indices.length, x, y }
  }
}

function patchOrigins(height: number, width: number, patch: number): Uint32Array {
  const origins: number[] = []
  for (let top = 0; top < height; top += patch) {
    for (let left = 0; left < width; left += patch) {
      for (let row = top; row < top + patch; row++) {
        for (let column = left; column < left + patch; column++) origins.push(row * width + column)
      }
    }
  }
  return Uint32Array.from(origins)
}

async function readLabelledImages(source: TaskSource, split: 'train' | 'test'): Promise<LabelledImages> {
  const imagesFile = fileOf(source, `${split}-images`)
  const labelsFile = fileOf(source, `${split}-labels`)
  const [images, labels] = await Promise.all([readIdx(imagesFile, 3), readIdx(labelsFile, 1)])
  const [count = 0, height = 0, width = 0] = images.shape
  if (labels.data.length !== count) {
    throw new InputError(`${labels.data.length} labels, ${imagesFile} holds ${count} images`, {
      file: labelsFile,
    })
  }
  return { count, height, width, pixels: images.data, labels: labels.data }
}

function fileOf(source: TaskSource, role: string): string {
  const file = source.files[role]
  if (file === undefined) throw new InputError(`no ${role} file`, { field: 'task' })
  return file
}

function patchSide(patch: string | number | boolean, { height, width }: LabelledImages): number {
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

function checkLabels({ labels }: LabelledImages, classes: number, file: string | undefined): void {
  const wrong = labels.findIndex((label) => label >= classes)
  if (wrong < 0) return
  const labelsStart = 8
  throw new InputError(
    `at byte ${labelsStart + wrong}: label ${labels[wrong]}, expected at most ${classes - 1}`,
    { file },
  )
}

const largest = (labels: Uint8Array): number => labels.reduce((most, label) => Math.max(most, label), 0)
