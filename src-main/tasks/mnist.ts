import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import type { UnpackedFiles } from '../tensor-files/unpacked-files'
import { openIdxImages as openImagesFile, readIdx } from './idx'
import { PatchSplit, UNCHANGED, fileOf, patchLayout, patchSide } from './images'
import type { LabelledImages } from './images'
import type { Task } from './task'

/** MNIST: ten digits. Files by role: train-images, train-labels, test-images, test-labels. */
export const openMnist = (source: TaskSource, unpacked: UnpackedFiles): Promise<Task> =>
  openImages(source, unpacked, 10)

/** Any data set in MNIST's format: as many classes as the largest training label asks for. */
export const openIdxImages = (source: TaskSource, unpacked: UnpackedFiles): Promise<Task> =>
  openImages(source, unpacked, null)

interface IdxImages extends LabelledImages {
  readonly labels: Uint8Array
}

/** Grey images in patches; no augmentation, no normalisation. */
async function openImages(
  source: TaskSource,
  unpacked: UnpackedFiles,
  classes: number | null,
): Promise<Task> {
  const train = await readLabelledImages(source, 'train', unpacked)
  const test = await readLabelledImages(source, 'test', unpacked)
  if (test.height !== train.height || test.width !== train.width) {
    throw new InputError(
      `test images are ${test.height} × ${test.width}, training images ${train.height} × ${train.width}`,
      { file: source.files['test-images'] },
    )
  }
  const layout = patchLayout(train, patchSide(source, train.height, train.width))
  const count = classes ?? 1 + largest(train.labels)
  if (count < 2)
    throw new InputError('all labels are 0, expected at least two classes', {
      file: source.files['train-labels'],
    })
  checkLabels(train, count, source.files['train-labels'])
  checkLabels(test, count, source.files['test-labels'])
  return {
    input: { kind: 'vectors', tokens: layout.tokens, width: layout.width },
    output: { kind: 'classes', count },
    readTokens: 1,
    train: new PatchSplit(train, layout, UNCHANGED),
    validation: null,
    test: new PatchSplit(test, layout, UNCHANGED),
  }
}

async function readLabelledImages(
  source: TaskSource,
  split: 'train' | 'test',
  unpacked: UnpackedFiles,
): Promise<IdxImages> {
  const imagesFile = fileOf(source, `${split}-images`)
  const labelsFile = fileOf(source, `${split}-labels`)
  const [images, labels] = await Promise.all([openImagesFile(imagesFile, unpacked), readIdx(labelsFile, 1)])
  const [count = 0, height = 0, width = 0] = images.shape
  if (labels.data.length !== count) {
    throw new InputError(`${labels.data.length} labels, ${imagesFile} holds ${count} images`, {
      file: labelsFile,
    })
  }
  return {
    ...{ count, height, width, channels: 1 },
    read: (indices) => images.read(indices),
    labels: labels.data,
    labelOf: (index) => labels.data[index] ?? 0,
  }
}

function checkLabels({ labels }: IdxImages, classes: number, file: string | undefined): void {
  const wrong = labels.findIndex((label) => label >= classes)
  if (wrong < 0) return
  const labelsStart = 8
  throw new InputError(
    `at byte ${labelsStart + wrong}: label ${labels[wrong]}, expected at most ${classes - 1}`,
    { file },
  )
}

const largest = (labels: Uint8Array): number => labels.reduce((most, label) => Math.max(most, label), 0)
