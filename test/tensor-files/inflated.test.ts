import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { inflated, type Compressed } from '../../src-main/tensor-files/inflated'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairsweep-inflated-'))
})
afterAll(() => rm(dir, { recursive: true }))

/** 300 kB that hardly compress, so that they are read in several pieces. */
const content = Buffer.concat(
  Array.from({ length: 300 * 32 }, (_, i) => createHash('sha256').update(String(i)).digest()),
)

async function unpacked(bytes: Buffer, part: Partial<Compressed> = {}): Promise<Buffer> {
  const file = join(dir, 'file')
  await writeFile(file, bytes)
  const pieces: Buffer[] = []
  for await (const piece of inflated({ file, format: 'gzip', start: 0, end: bytes.length, ...part }))
    pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('what is compressed in a file', () => {
  it('is unpacked, all of a file or a part of it', async () => {
    expect((await unpacked(gzipSync(content))).equals(content)).toBe(true)
    const packed = deflateRawSync(content)
    const within = Buffer.concat([Buffer.from('before'), packed, Buffer.from('behind')])
    const part = { format: 'deflate', start: 6, end: 6 + packed.length } as const
    expect((await unpacked(within, part)).equals(content)).toBe(true)
  })

  it('and damaged, is named with the byte of the file', async () => {
    const packed = gzipSync(content)
    expect(packed.length).toBeGreaterThan(3 * 2 ** 16)
    // A block of the type that there is none of begins where the first block's header stands.
    const header = Buffer.from(packed)
    header[10] = 0xff
    await expect(unpacked(header)).rejects.toThrow('file: at byte 10: broken gzip data (invalid block type)')
    const sum = Buffer.from(packed)
    sum[packed.length - 8] = (sum[packed.length - 8] ?? 0) ^ 1
    await expect(unpacked(sum)).rejects.toThrow(
      `file: at byte ${packed.length - 5}: broken gzip data (incorrect data check)`,
    )
    await expect(unpacked(packed.subarray(0, 100_000))).rejects.toThrow(
      'file: at byte 100000: broken gzip data (unexpected end of file)',
    )
    const part = { format: 'deflate', field: 'train_x', start: 4, end: 9 } as const
    await expect(unpacked(Buffer.from('    \x07\x07\x07\x07\x07'), part)).rejects.toThrow(
      'file: train_x: at byte 4: broken deflate data (invalid block type)',
    )
    await expect(unpacked(Buffer.from('    '), { ...part, end: 4 })).rejects.toThrow(
      'file: train_x: at byte 4: broken deflate data (unexpected end of file)',
    )
  })

  it('of whatever byte is changed, gives its content, other content, or a byte not before the change', async () => {
    const packed = gzipSync(content.subarray(0, 3000))
    for (let at = 10; at < packed.length; at += 211) {
      const damaged = Buffer.from(packed)
      damaged[at] = (damaged[at] ?? 0) ^ 0x55
      const error = await unpacked(damaged).then(
        () => null,
        (thrown: unknown) => thrown,
      )
      if (error === null) continue
      expect(error).toBeInstanceOf(InputError)
      const named = Number(/at byte (\d+)/.exec((error as InputError).message)?.[1])
      expect(named).toBeGreaterThanOrEqual(at)
      expect(named).toBeLessThanOrEqual(packed.length)
    }
  })

  it('is refused where the file cannot be read', async () => {
    const reading = inflated({ file: join(dir, 'nowhere'), format: 'gzip', start: 0, end: 9 })
    await expect(reading.next()).rejects.toThrow('nowhere: cannot be read (ENOENT)')
  })
})
