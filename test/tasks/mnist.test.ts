import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TaskSource } from '../../src-main/study/study'
import { openTask } from '../../src-main/tasks'
import { idxBytes, writeTinyImages } from './idx-files'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairsweep-images-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** Two training and one test image of 4 × 4; pixel values count up. */
async function counting(
  options: TaskSource['options'],
  change: Record<string, Buffer> = {},
): Promise<TaskSource> {
  const contents = {
    'train-images': idxBytes(
      [2, 4, 4],
      Array.from({ length: 32 }, (_, i) => i),
    ),
    'train-labels': idxBytes([2], [2, 0]),
    'test-images': idxBytes(
      [1, 4, 4],
      Array.from({ length: 16 }, (_, i) => 255 - i),
    ),
    'test-labels': idxBytes([1], [1]),
    ...change,
  }
  const files: Record<string, string> = {}
  for (const [role, bytes] of Object.entries(contents)) {
    files[role] = join(dir, role)
    await writeFile(files[role], bytes)
  }
  return { kind: 'idx-images', options, files }
}

describe('image tasks', () => {
  it('cuts an image into patches row by row, pixels between 0 and 1', async () => {
    const task = await openTask(await counting({ patch: 2 }))
    expect(task.input).toEqual({ kind: 'vectors', tokens: 4, width: 4 })
    expect(task.output).toEqual({ kind: 'classes', count: 3 })
    const { x, y } = task.train.batch([1, 0])
    expect([...y]).toEqual([0, 2])
    const first = [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15]
    expect([...x]).toEqual([
      ...first.map((pixel) => Math.fround((pixel + 16) / 255)),
      ...first.map((pixel) => Math.fround(pixel / 255)),
    ])
    expect(task.test.batch([0]).x[0]).toBe(1)
  })

  it('takes patches of 4 unless told otherwise', async () => {
    const task = await openTask(await counting({}))
    expect(task.input).toEqual({ kind: 'vectors', tokens: 1, width: 16 })
  })

  it('reads gzipped files like plain ones', async () => {
    const tiny = { train: 20, test: 10, side: 8, classes: 4 }
    const plain = await openTask(await writeTinyImages({ ...tiny, dir: join(dir, 'plain') }))
    const packed = await openTask(await writeTinyImages({ ...tiny, dir: join(dir, 'packed'), gzip: true }))
    const all = Array.from({ length: 20 }, (_, i) => i)
    expect(packed.train.batch(all)).toEqual(plain.train.batch(all))
    expect(packed.output).toEqual({ kind: 'classes', count: 4 })
  })

  it.each<[string, TaskSource['options'], Record<string, Buffer>, string]>([
    [
      'a patch that does not fit',
      { patch: 3 },
      {},
      'task.patch: found 3, expected a whole number that divides 4 and 4',
    ],
    ['a patch of no pixels', { patch: 0 }, {}, 'task.patch: found 0'],
    ['a patch that is no number', { patch: '2' }, {}, 'task.patch: found 2'],
    ['fewer labels than images', {}, { 'train-labels': idxBytes([1], [1]) }, 'train-labels: 1 labels, '],
    [
      'a test class that training has not',
      {},
      { 'test-labels': idxBytes([1], [3]) },
      'test-labels: at byte 8: label 3, expected at most 2',
    ],
    [
      'test images of another size',
      {},
      { 'test-images': idxBytes([1, 2, 8], new Uint8Array(16)) },
      'test images are 2 × 8',
    ],
    ['a single class', {}, { 'train-labels': idxBytes([2], [0, 0]) }, 'at least two classes'],
  ])('refuses %s', async (_, options, change, message) => {
    await expect(openTask(await counting(options, change))).rejects.toThrow(message)
  })

  it('knows that MNIST has ten digits', async () => {
    const source = await counting({}, { 'train-labels': idxBytes([2], [10, 0]) })
    await expect(openTask({ ...source, kind: 'mnist' })).rejects.toThrow('label 10, expected at most 9')
  })

  it('refuses an example that is not there', async () => {
    const task = await openTask(await counting({}))
    expect(() => task.train.batch([2])).toThrow(RangeError)
  })

  it('refuses unknown kinds with what there is', async () => {
    await expect(openTask({ kind: 'toString', options: {}, files: {} })).rejects.toThrow(
      "no task 'toString', expected one of bit-memory, bit-xor, mnist",
    )
  })
})
