import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
import { readSlices } from '../tensor-files/file-slices'
import { augmented } from './augment'
import { PatchSplit, fileOf, patchLayout, patchSide } from './images'
import type { LabelledImages, Normalisation } from './images'
import { positionsBeyondOf, type Task } from './task'

/** CIFAR-10's binary format: a record is a label byte, then 32 × 32 pixels red, as many green, as many blue. */
const SIDE = 32
const PLANE = SIDE * SIDE
const RECORD = 1 + 3 * PLANE
const CLASSES = 10

/** Roles of the five training files, in order. */
const TRAIN_ROLES = [1, 2, 3, 4, 5].map((number) => `train-${number}`)

/** FPT's normalisation (torchvision's usual one for this data set). */
const COLOURS: Normalisation = { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.201] }
const GREYS: Normalisation = { mean: [0.5], deviation: [0.5] }

/** CIFAR-10 in colour; option `patch`, and FPT's augmentation of training images by `augment: true`. */
export async function openCifar10(source: TaskSource): Promise<Task> {
  const patch = patchSide(source, SIDE, SIDE)
  const isAugmented = source.options['augment'] === true
  return cifarTask(
    await openTrain(source),
    await openRecords([fileOf(source, 'test')]),
    patch,
    COLOURS,
    isAugmented,
  )
}

/** CIFAR-10 as Long Range Arena has it: grey, a token for each of its 1024 pixels, in [-1, 1] as FPT feeds it. */
export async function openCifar10Lra(source: TaskSource): Promise<Task> {
  const [train, test] = [await openTrain(source), await openRecords([fileOf(source, 'test')])]
  const task = cifarTask(grey(train), grey(test), 1, GREYS, false)
  return { ...task, input: { ...task.input, positionsBeyond: positionsBeyondOf(source.options) } }
}

function cifarTask(
  train: LabelledImages,
  test: LabelledImages,
  patch: number,
  normalisation: Normalisation,
  isAugmented: boolean,
): Task {
  const layout = patchLayout(train, patch)
  return {
    input: { kind: 'vectors', tokens: layout.tokens, width: layout.width },
    output: { kind: 'classes', count: CLASSES },
    readTokens: 1,
    train: new PatchSplit(train, layout, normalisation),
    validation: null,
    test: new PatchSplit(test, layout, normalisation),
    ...(isAugmented ? { augment: augmented(layout, normalisation) } : {}),
  }
}

const openTrain = (source: TaskSource): Promise<LabelledImages> =>
  openRecords(TRAIN_ROLES.map((role) => fileOf(source, role)))

/** The records of files, one after the other, of which no more than the labels is held. @throws {InputError} naming file and byte */
async function openRecords(files: readonly string[]): Promise<LabelledImages> {
  const parts: { readonly file: string; readonly first: number; readonly end: number }[] = []
  const labels: Uint8Array[] = []
  let count = 0
  for (const file of files) {
    const own = await labelsOf(file)
    labels.push(own)
    parts.push({ file, first: count, end: (count += own.length) })
  }
  const all = Buffer.concat(labels)
  return {
    ...{ count, height: SIDE, width: SIDE, channels: 3 },
    read(indices) {
      const images = new Array<Uint8Array>(indices.length)
      for (const { file, first, end } of parts) {
        const here = indices.flatMap((index, i) => (index >= first && index < end ? [i] : []))
        if (here.length === 0) continue
        const starts = here.map((i) => ((indices[i] ?? 0) - first) * RECORD)
        const slices = starts.map((start) => ({ start: start + 1, end: start + RECORD }))
        readSlices(file, slices).forEach((bytes, j) => (images[here[j] ?? 0] = bytes))
      }
      return images
    },
    labelOf: (index) => all[index] ?? 0,
  }
}

/** Reads through a file. */
async function labelsOf(file: string): Promise<Uint8Array> {
  const { size } = await stat(file)
  if (size === 0 || size % RECORD !== 0)
    throw new InputError(
      `${size} bytes, expected a multiple of ${RECORD}: a label and 3 × ${PLANE} pixels for each image`,
      { file },
    )
  const labels = new Uint8Array(size / RECORD)
  let at = 0
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 })) {
    const bytes = piece as Buffer
    for (let next = Math.ceil(at / RECORD) * RECORD; next < at + bytes.length; next += RECORD) {
      const label = bytes[next - at] ?? 0
      if (label >= CLASSES)
        throw new InputError(`at byte ${next}: label ${label}, expected at most ${CLASSES - 1}`, { file })
      labels[next / RECORD] = label
    }
    at += bytes.length
  }
  if (at < size) throw new InputError(`ends at byte ${at}, expected ${size} bytes`, { file })
  return labels
}

const grey = (images: LabelledImages): LabelledImages => ({
  ...images,
  channels: 1,
  read: (indices) => images.read(indices).map(lumasOf),
})

/** Luma of ITU-R 601 in whole numbers, as Pillow computes it, whose `L` is what FPT reads. */
const lumasOf = (colours: Uint8Array): Uint8Array =>
  Uint8Array.from({ length: PLANE }, (_, i) => {
    const [red = 0, green = 0, blue = 0] = [colours[i], colours[PLANE + i], colours[2 * PLANE + i]]
    return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
  })
