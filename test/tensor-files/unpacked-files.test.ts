import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { InputError } from '../../src-main/errors'
import type { SlicedBytes } from '../../src-main/tensor-files/file-slices'
import { UnpackedFiles } from '../../src-main/tensor-files/unpacked-files'

let dir: string
let folder: string
let file: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairsweep-unpacked-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  folder = join(dir, 'cache/unpacked')
  file = join(dir, 'data.gz')
  await writeFile(file, 'packed')
})

const contentOf = (bytes: SlicedBytes): string => bytes.read([{ start: 0, end: bytes.size }]).join('')

/** Unpacks to this text, and counts how often it is asked to. */
function unpacking(text: string) {
  const asked = { times: 0 }
  return {
    asked,
    unpack: async function* (): AsyncGenerator<Uint8Array> {
      asked.times++
      await Promise.resolve()
      yield Buffer.from(text.slice(0, 3))
      yield Buffer.from(text.slice(3))
    },
  }
}
const unfinished = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => !name.endsWith('.unpacked'))

describe('what a data set unpacks to', () => {
  it('is unpacked once, and read where it lies', async () => {
    const { asked, unpack } = unpacking('abcdefgh')
    for (let i = 0; i < 2; i++) {
      const bytes = await new UnpackedFiles(folder).bytesOf({ file, what: 'images' }, unpack)
      expect(bytes.size).toBe(8)
      const [ends, starts] = bytes.read([
        { start: 6, end: 8 },
        { start: 0, end: 2 },
      ])
      expect([ends, starts].join(' ')).toBe('gh ab')
    }
    expect(asked.times).toBe(1)
    expect(await unfinished()).toEqual([])
  })

  it('is unpacked again for another part, and where the file has changed', async () => {
    const { asked, unpack } = unpacking('abcdefgh')
    const open = (what: string): Promise<SlicedBytes> =>
      new UnpackedFiles(folder).bytesOf({ file, what }, unpack)
    await open('train_x.npy')
    await open('test_x.npy')
    expect(asked.times).toBe(2)
    await writeFile(file, 'packed otherwise')
    const { unpack: otherwise } = unpacking('ijkl')
    const changed = await new UnpackedFiles(folder).bytesOf({ file, what: 'train_x.npy' }, otherwise)
    expect(contentOf(changed)).toBe('ijkl')
  })

  it('is unpacked anew, and that is said, where its copy was damaged or cut', async () => {
    for (const damage of ['abcdefgX', 'abc']) {
      const { asked, unpack } = unpacking('abcdefgh')
      await new UnpackedFiles(folder).bytesOf({ file, what: 'images' }, unpack)
      const [name = ''] = await readdir(folder)
      await writeFile(join(folder, name), damage)
      const unpacked = new UnpackedFiles(folder)
      expect(contentOf(await unpacked.bytesOf({ file, what: 'images' }, unpack))).toBe('abcdefgh')
      expect(asked.times).toBe(damage === 'abc' ? 1 : 2)
      expect(unpacked.remarks).toEqual([expect.stringContaining('was damaged and is unpacked anew')])
    }
  })

  it('is one whole file where several unpack it at the same time', async () => {
    const { unpack } = unpacking('abcdefgh')
    const both = await Promise.all(
      [1, 2, 3].map(() => new UnpackedFiles(folder).bytesOf({ file, what: 'images' }, unpack)),
    )
    expect(both.map(contentOf)).toEqual(['abcdefgh', 'abcdefgh', 'abcdefgh'])
    expect(await readdir(folder)).toHaveLength(1)
  })

  it('stays readable when its copy is taken away', async () => {
    const { unpack } = unpacking('abcdefgh')
    const bytes = await new UnpackedFiles(folder).bytesOf({ file, what: 'images' }, unpack)
    await rm(folder, { recursive: true })
    expect(contentOf(bytes)).toBe('abcdefgh')
  })

  it('makes room: what was unused for longest goes, and what was left unfinished a day ago', async () => {
    const names: string[] = []
    for (const what of ['a', 'b', 'c']) {
      await new UnpackedFiles(folder, 20).bytesOf({ file, what }, unpacking('abcdefgh').unpack)
      const name = (await readdir(folder)).find((each) => !names.includes(each)) ?? ''
      names.push(name)
      const past = new Date(Date.now() - (10 - names.length) * 3600_000)
      if (what !== 'c') await utimes(join(folder, name), past, past)
    }
    expect((await readdir(folder)).sort()).toEqual(names.slice(1).sort())
    const { asked, unpack } = unpacking('abcdefgh')
    await new UnpackedFiles(folder, 20).bytesOf({ file, what: 'b' }, unpack)
    expect(asked.times).toBe(0)

    for (const [name, age] of [
      ['old.unfinished', 25],
      ['new.unfinished', 1],
    ] as const) {
      await writeFile(join(folder, name), '')
      const past = new Date(Date.now() - age * 3600_000)
      await utimes(join(folder, name), past, past)
    }
    await new UnpackedFiles(folder, 4).bytesOf({ file, what: 'd' }, unpack)
    expect(await unfinished()).toEqual(['new.unfinished'])
    // The newest stays, whatever it takes.
    expect(await readdir(folder)).toHaveLength(2)
  })

  it('is not kept where the file turns out damaged, or changes meanwhile', async () => {
    const damaged = new UnpackedFiles(folder).bytesOf({ file, what: 'images' }, async function* () {
      yield Buffer.from('abc')
      await Promise.reject(new InputError('at byte 3: broken', { file }))
    })
    await expect(damaged).rejects.toThrow('data.gz: at byte 3: broken')
    const changing = new UnpackedFiles(folder).bytesOf({ file, what: 'images' }, async function* () {
      yield Buffer.from('abc')
      await writeFile(file, 'something else')
    })
    await expect(changing).rejects.toThrow('data.gz: the file changed while it was being read')
    expect(await readdir(folder)).toEqual([])
  })

  it('is held in memory where it cannot be written, and that is said; refused where it is too much for that', async () => {
    await mkdir(join(dir, 'cache'))
    await writeFile(folder, 'no folder')
    const unpacked = new UnpackedFiles(folder)
    const { unpack } = unpacking('abcdefgh')
    expect(contentOf(await unpacked.bytesOf({ file, what: 'images' }, unpack))).toBe('abcdefgh')
    expect(unpacked.remarks).toEqual([
      `images of ${file} is held in memory (8 bytes): ${folder} cannot be written (EEXIST)`,
    ])
    const few = new UnpackedFiles(folder, 20, 4)
    await expect(few.bytesOf({ file, what: 'images' }, unpack)).rejects.toThrow(
      /data.gz: images takes more than .* held in memory, and .* cannot be written \(EEXIST\): make room there, or let FAIRSWEEP_CACHE name/,
    )
  })

  it('is held in memory without a word where it is known to be small', async () => {
    const unpacked = new UnpackedFiles(folder)
    const { unpack } = unpacking('abcdefgh')
    const bytes = await unpacked.bytesOf({ file, what: 'train_y.npy', bytes: 8 }, unpack)
    expect(contentOf(bytes)).toBe('abcdefgh')
    expect(unpacked.remarks).toEqual([])
    expect(await stat(folder).catch(() => null)).toBe(null)
  })
})
