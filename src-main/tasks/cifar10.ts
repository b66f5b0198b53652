import { open, stat } from 'node:fs/promises'
import { InputError } from '../errors'
import type { TaskSource } from '../study/study'
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
    await readTrain(source),
    await readRecords([fileOf(source, 'test')]),
    patch,
    COLOURS,
    isAugmented,
  )
}

/** CIFAR-10 as Long Range Arena has it: grey, a token for each of its 1024 pixels, in [-1, 1] as FPT feeds it. */
export async function openCifar10Lra(source: TaskSource): Promise<Task> {
  const [train, test] = [await readTrain(source), await readRecords([fileOf(source, 'test')])]
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

const readTrain = (source: TaskSource): Promise<LabelledImages> =>
  readRecords(TRAIN_ROLES.map((role) => fileOf(source, role)))

/** The records of files, one after the other, held once. @throws {InputError} naming file and byte */
async function readRecords(files: readonly string[]): Promise<LabelledImages> {
  const parts: { readonly file: string; readonly size: number }[] = []
  for (const file of files) parts.push({ file, size: await recordBytes(file) })
  const bytes = new Uint8Array(parts.reduce((sum, { size }) => sum + size, 0))
  let end = 0
  for (const { file, size } of parts) {
    const records = bytes.subarray(end, end + size)
    await fill(records, file)
    checkLabels(records, file)
    end += size
  }
  return recordsOf(bytes)
}

async function recordBytes(file: string): Promise<number> {
  const { size } = await stat(file)
  if (size > 0 && size % RECORD === 0) return size
  throw new InputError(
    `${size} bytes, expected a multiple of ${RECORD}: a label and 3 × ${PLANE} pixels for each image`,
    { file },
  )
}

async function fill(bytes: Uint8Array, file: string): Promise<void> {
  const handle = await open(file)
  try {
    for (let filled = 0; filled < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled)
      if (bytesRead === 0)
        throw new InputError(`ends at byte ${filled}, expected ${bytes.length} bytes`, { file })
      filled += bytesRead
    }
  } finally {
    await handle.close()
  }
}

function checkLabels(records: Uint8Array, file: string): void {
  for (let at = 0; at < records.length; at += RECORD) {
    const label = records[at] ?? 0
    if (label < CLASSES) continue
    throw new InputError(`at byte ${at}: label ${label}, expected at most ${CLASSES - 1}`, { file })
  }
}

const recordsOf = (bytes: Uint8Array): LabelledImages => ({
  ...{ count: bytes.length / RECORD, height: SIDE, width: SIDE, channels: 3 },
  ...{ bytes, stride: RECORD, start: 1 },
  labelOf: (index) => bytes[index * RECORD] ?? 0,
})

/** Luma of ITU-R 601 in whole numbers, as Pillow computes it, whose `L` is what FPT reads. */
function grey(images: LabelledImages): LabelledImages {
  const { bytes, count } = images
  const lumas = new Uint8Array(count * PLANE)
  // Labels of their own, so that nothing holds the colours any more.
  const labels = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    labels[i] = images.labelOf(i)
    const from = i * RECORD + 1
    for (let j = 0; j < PLANE; j++) {
      const [red = 0, green = 0, blue = 0] = [
        bytes[from + j],
        bytes[from + PLANE + j],
        bytes[from + 2 * PLANE + j],
      ]
      lumas[i * PLANE + j] = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    }
  }
  return {
    ...{ ...images, channels: 1, bytes: lumas, stride: PLANE, start: 0 },
    labelOf: (index) => labels[index] ?? 0,
  }
}
