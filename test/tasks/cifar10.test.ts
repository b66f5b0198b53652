import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cifarFiles } from '../../src-main/library/cifar-files'
import { openTask } from '../../src-main/tasks'
import { splitTask } from '../../src-main/tasks/split'
import type { Task } from '../../src-main/tasks/task'

const PLANE = 1024
const RECORD = 1 + 3 * PLANE
const MEAN = [0.4914, 0.4822, 0.4465]
const DEVIATION = [0.2023, 0.1994, 0.201]
const TRAIN_IN_A_FILE = 3

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairsweep-cifar-'))
  for (const number of [1, 2, 3, 4, 5]) {
    const records = Array.from({ length: TRAIN_IN_A_FILE }, (_, i) =>
      record(TRAIN_IN_A_FILE * (number - 1) + i),
    )
    await writeFile(join(dir, `data_batch_${number}.bin`), Buffer.concat(records))
  }
  await writeFile(join(dir, 'test_batch.bin'), Buffer.concat([record(100), record(101)]))
})
afterAll(() => rm(dir, { recursive: true }))

/** The byte of an example's channel at a pixel: all different within a row, never black. */
const byteAt = (example: number, channel: number, row: number, column: number): number =>
  1 + ((example * 31 + channel * 67 + row * 5 + column * 3) % 255)

function record(example: number): Buffer {
  const bytes = Buffer.alloc(RECORD)
  bytes[0] = example % 10
  for (let channel = 0; channel < 3; channel++)
    for (let row = 0; row < 32; row++)
      for (let column = 0; column < 32; column++)
        bytes[1 + channel * PLANE + row * 32 + column] = byteAt(example, channel, row, column)
  return bytes
}

const open = async (options: Record<string, number | boolean> = {}, kind = 'cifar10'): Promise<Task> =>
  openTask({ kind, options: { patch: 4, ...options }, files: await cifarFiles(dir) })

const normal = (channel: number, byte: number): number =>
  Math.fround((byte / 255 - (MEAN[channel] ?? 0)) / (DEVIATION[channel] ?? 1))

describe('CIFAR-10', () => {
  it('is patches row by row, colours fastest, normalised as FPT does', async () => {
    const task = await open()
    expect(task.input).toEqual({ kind: 'vectors', tokens: 64, width: 48 })
    expect(task.output).toEqual({ kind: 'classes', count: 10 })
    expect([task.train.size, task.test.size]).toEqual([15, 2])
    const { x, y } = task.train.batch([7])
    expect([...y]).toEqual([7])
    // Token 9 is the patch below the first row of patches, second from the left; value 17 its row 1, column 1, blue.
    expect(x[9 * 48 + 17]).toBeCloseTo(normal(2, byteAt(7, 2, 5, 5)), 6)
    expect(x[9 * 48 + 15]).toBeCloseTo(normal(0, byteAt(7, 0, 5, 5)), 6)
  })

  it('reads its training files in order and its test file apart', async () => {
    const task = await open()
    expect([...task.train.batch(Uint32Array.from({ length: 15 }, (_, i) => i)).y]).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4,
    ])
    expect([...task.test.batch([0, 1]).y]).toEqual([0, 1])
    const asked = [14, 0, 7, 0, 13]
    const { x } = task.train.batch(asked)
    asked.forEach((index, i) =>
      expect(x.slice(i * 3072, (i + 1) * 3072)).toEqual(task.train.batch([index]).x),
    )
  })

  it('reads images as batches ask for them, and names the byte where a file has none any more', async () => {
    const short = join(dir, 'short.bin')
    await writeFile(short, Buffer.concat([record(1), record(2)]))
    const files = { ...(await cifarFiles(dir)), test: short }
    const { test } = await openTask({ kind: 'cifar10', options: { patch: 4 }, files })
    await writeFile(short, record(1))
    expect(test.batch([0]).size).toBe(1)
    expect(() => test.batch([1])).toThrow('short.bin: ends at byte 3074, expected data up to byte 6146')
  })

  it('for Long Range Arena is grey, pixel by pixel, in [-1, 1]', async () => {
    const task = await open({}, 'cifar10-lra')
    expect(task.input).toEqual({ kind: 'vectors', tokens: 1024, width: 1, positionsBeyond: 'refused' })
    const drawn = await openTask({
      ...{ kind: 'cifar10-lra', options: { positions_beyond: 'drawn' } },
      files: await cifarFiles(dir),
    })
    expect(drawn.input.positionsBeyond).toBe('drawn')
    const [red, green, blue] = [0, 1, 2].map((channel) => byteAt(3, channel, 2, 9)) as [
      number,
      number,
      number,
    ]
    const luma = Math.round(0.299 * red + 0.587 * green + 0.114 * blue)
    expect(task.train.batch([3]).x[2 * 32 + 9]).toBeCloseTo((luma / 255 - 0.5) / 0.5, 6)
  })

  it('is found in the folder that its archive unpacks to, and what is missing is named', async () => {
    expect((await cifarFiles(dir))['train-5']).toBe(join(dir, 'data_batch_5.bin'))
    await expect(cifarFiles(tmpdir())).rejects.toThrow('holds no data_batch_1.bin')
    await expect(cifarFiles('/nowhere')).rejects.toThrow('there is no folder /nowhere')
    await expect(cifarFiles(undefined)).rejects.toThrow('CIFAR-10 is not here')
  })

  it.each([
    ['cut short', record(1).subarray(0, -1), '3072 bytes, expected a multiple of 3073'],
    ['empty', Buffer.alloc(0), '0 bytes, expected a multiple'],
    [
      'not of this kind, in its third record',
      Buffer.concat([record(1), record(2), Buffer.alloc(RECORD, 77)]),
      'spoiled.bin: at byte 6146: label 77',
    ],
    ['not of this kind', Buffer.concat([record(1), Buffer.alloc(RECORD, 77)]), 'at byte 3073: label 77'],
  ])('refuses a file that is %s', async (_, bytes, message) => {
    const spoiled = join(dir, 'spoiled.bin')
    await writeFile(spoiled, bytes)
    const files = { ...(await cifarFiles(dir)), 'train-3': spoiled }
    await expect(openTask({ kind: 'cifar10', options: { patch: 4 }, files })).rejects.toThrow(message)
  })
})

describe('augmentation', () => {
  const validation = {
    fraction: 0.2,
    seed: 0,
    examples: 'all' as const,
    every: 1,
    patience: 1,
    metric: 'accuracy' as const,
  }
  const splits = async (augment: boolean) =>
    splitTask(await open({ augment }), validation, { examples: 'all' })

  it('is off unless asked for, and never touches validation or test', async () => {
    const [plain, changed] = [await splits(false), await splits(true)]
    expect(plain.train.size).toBe(12)
    expect(changed.train.size).toBe(12 * 64)
    expect(changed.validation?.batch([0, 1, 2])).toEqual(plain.validation?.batch([0, 1, 2]))
    expect(changed.test.batch([0, 1])).toEqual(plain.test.batch([0, 1]))
  })

  it('trains on no variant of a validation image', async () => {
    const { train, validation: held } = await splits(true)
    const labelsHeld = held?.batch([0, 1, 2]).y ?? []
    // Each label but 0 … 4 stands for one image, so a held image's label is seen only of its namesake.
    const seen = new Set(train.batch(Uint32Array.from({ length: train.size }, (_, i) => i)).y)
    for (const label of labelsHeld) if (label > 4) expect(seen).not.toContain(label)
  })

  it('moves, mirrors and turns an image, and fills with black', async () => {
    const { train } = await splits(true)
    const plain = (await splits(false)).train
    const [image] = [plain.batch([5])]
    const black = [0, 1, 2].map((channel) => normal(channel, 0))
    const values = new Set([...image.x, ...black])
    const variants = Array.from({ length: 64 }, (_, version) => train.batch([5 + version * plain.size]))
    expect(variants.every(({ x }) => [...x].every((value) => values.has(value)))).toBe(true)
    expect(new Set(variants.map(({ x }) => String(x))).size).toBe(64)
    expect(variants.every(({ y }) => y[0] === image.y[0])).toBe(true)
    // Brightness falls to the right in a mirrored row, rises in an unmirrored one (but where it wraps around).
    const rises = variants.filter(({ x }) => {
      const row = Array.from(
        { length: 32 },
        (_, column) => x[(4 * 8 + Math.floor(column / 4)) * 48 + (column % 4) * 3] ?? 0,
      )
      return row.filter((value, i) => i > 0 && value > (row[i - 1] ?? 0)).length > 16
    }).length
    expect(rises).toBeGreaterThan(15)
    expect(rises).toBeLessThan(49)
  })

  it('gives the same variant for the same number', async () => {
    const numbers = [700, 3, 700]
    const [one, two] = [(await splits(true)).train.batch(numbers), (await splits(true)).train.batch(numbers)]
    expect(one).toEqual(two)
    expect(one.x.slice(0, 3072)).toEqual(one.x.slice(2 * 3072))
  })
})
