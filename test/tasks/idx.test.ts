import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { openIdxImages, readIdx } from '../../src-main/tasks/idx'
import { UnpackedFiles } from '../../src-main/tensor-files/unpacked-files'
import { idxBytes } from './idx-files'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairsweep-idx-'))
})
afterAll(() => rm(dir, { recursive: true }))

const stored = async (bytes: Uint8Array): Promise<string> => {
  const file = join(dir, 'file.idx')
  await writeFile(file, bytes)
  return file
}
const good = idxBytes([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
const changed = (at: number, ...bytes: number[]): Buffer => {
  const copy = Buffer.from(good)
  copy.set(bytes, at)
  return copy
}
/** The checksum takes four of a gzip file's last eight bytes. */
const withWrongChecksum = (packed: Buffer): Buffer => packed.fill(0, packed.length - 8, packed.length - 4)

describe('readIdx', () => {
  it('reads shape and bytes, plain and gzipped alike', async () => {
    const plain = await readIdx(await stored(good), 3)
    expect(plain.shape).toEqual([2, 2, 3])
    expect([...plain.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(await readIdx(await stored(gzipSync(good)), 3)).toEqual(plain)
  })

  it('gives images by number as they are asked for, from the file or from what it unpacks to', async () => {
    for (const [bytes, isPacked] of [
      [good, false],
      [gzipSync(good), true],
    ] as const) {
      const file = await stored(bytes)
      const images = await openIdxImages(file, new UnpackedFiles(join(dir, 'unpacked')))
      expect(images.shape).toEqual([2, 2, 3])
      const [second, first] = images.read([1, 0])
      expect([...(first ?? []), ...(second ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
      await writeFile(file, bytes.subarray(0, 20))
      if (isPacked) expect(images.read([1])).toEqual([second])
      else expect(() => images.read([1])).toThrow('file.idx: ends at byte 22, expected data up to byte 28')
    }
    expect(await readdir(join(dir, 'unpacked'))).toHaveLength(1)
  })

  it.each([
    ['an empty file', Buffer.alloc(0), 'at byte 0: the file ends inside the header'],
    ['a header cut short', good.subarray(0, 9), 'at byte 9: the file ends inside the header of 16 bytes'],
    ['swapped byte order', changed(0, 3, 8, 0, 0), 'at byte 0: found bytes 3, 8'],
    ['floats', changed(2, 0x0d), 'at byte 2: element type 0x0d, expected 0x08'],
    ['labels in place of images', idxBytes([12], new Uint8Array(12)), 'at byte 3: 1 dimensions, expected 3'],
    ['a dimension of 0', changed(8, 0, 0, 0, 0), 'at byte 8: dimension 2 is 0'],
    ['one byte too few', good.subarray(0, -1), 'at byte 4: dimensions 2 × 2 × 3 need 12 bytes'],
    ['one byte too many', Buffer.concat([good, Buffer.alloc(1)]), 'at byte 28: more bytes follow'],
    [
      'dimensions beyond any file',
      changed(4, ...new Uint8Array(12).fill(255)),
      'at byte 4: dimensions 4294967295',
    ],
    [
      'gzip: one byte too few',
      gzipSync(good.subarray(0, -1)),
      'at byte 27 of what it unpacks to: the file ends here',
    ],
    [
      'gzip: one byte too many',
      gzipSync(Buffer.concat([good, Buffer.alloc(1)])),
      'at byte 28 of what it unpacks to: more bytes follow',
    ],
    [
      'gzip cut short',
      gzipSync(good).subarray(0, -9),
      `at byte ${gzipSync(good).length - 9}: broken gzip data (unexpected end of file)`,
    ],
    [
      'gzip with a wrong checksum',
      withWrongChecksum(gzipSync(good)),
      `at byte ${gzipSync(good).length - 5}: broken gzip data (incorrect data check)`,
    ],
  ])('refuses %s and says where', async (_, bytes, message) => {
    const openImages = (file: string): Promise<unknown> => openIdxImages(file, new UnpackedFiles(null))
    for (const open of [readIdx, openImages]) {
      const error: unknown = await open(await stored(bytes), 3).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(InputError)
      expect((error as InputError).message).toContain(message)
      expect((error as InputError).message).toContain('file.idx')
    }
  })

  it('refuses a gzip bomb before it unpacks', async () => {
    const size = 200 * 2 ** 20
    const bomb = gzipSync(Buffer.concat([idxBytes([size / 4, 2, 2], []), Buffer.alloc(size)]))
    expect(bomb.length).toBeLessThan(2 ** 20)
    await expect(readIdx(await stored(bomb), 3)).rejects.toThrow('the file cannot hold them')
  })

  it('refuses what is not a file', async () => {
    await expect(readIdx(join(dir, 'nowhere'), 1)).rejects.toThrow('no such file')
    await expect(readIdx(dir, 1)).rejects.toThrow('not a file')
  })

  it('answers any damaged file with the right bytes or an InputError', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.nat(255),
        fc.nat(good.length),
        fc.boolean(),
        async (at, byte, length, packed) => {
          const damaged = changed(at, byte).subarray(0, length)
          try {
            const { shape, data } = await readIdx(await stored(packed ? gzipSync(damaged) : damaged), 3)
            expect(data.length).toBe(shape.reduce((product, dimension) => product * dimension, 1))
            expect(Buffer.from(data)).toEqual(damaged.subarray(16))
          } catch (error) {
            if (!(error instanceof InputError)) throw error
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
