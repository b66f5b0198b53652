import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileHashes } from '../../src-main/library/file-hashes'

let folder = ''
let remembered = ''
let file = ''
const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairsweep-hashes-'))
  remembered = join(folder, 'cache/hashes.json')
  file = join(folder, 'weights')
  await writeFile(file, 'one')
})
afterEach(async () => {
  await chmod(folder, 0o755)
  await rm(folder, { recursive: true, force: true })
})

describe('the hash of a file', () => {
  it('is its SHA-256', async () => {
    expect(await new FileHashes(remembered).of(file)).toBe(hash('one'))
  })

  it('is remembered for the next start', async () => {
    await new FileHashes(remembered).of(file)
    const memory = JSON.parse(await readFile(remembered, 'utf8')) as Record<
      string,
      { stamp: string; sha256: string }
    >
    const entry = memory[file]
    await writeFile(remembered, JSON.stringify({ [file]: { ...entry, sha256: 'f'.repeat(64) } }))
    expect(await new FileHashes(remembered).of(file)).toBe('f'.repeat(64))
  })

  it('is taken anew when another file of the same size and date took its place', async () => {
    const hashes = new FileHashes(remembered)
    const date = new Date(2020, 1, 2)
    await utimes(file, date, date)
    expect(await hashes.of(file)).toBe(hash('one'))
    await writeFile(join(folder, 'other'), 'two')
    await utimes(join(folder, 'other'), date, date)
    await rename(join(folder, 'other'), file)
    expect(await hashes.of(file)).toBe(hash('two'))
  })

  it('is taken anew on request', async () => {
    const hashes = new FileHashes(remembered)
    await hashes.of(file)
    await hashes.forget()
    expect(await hashes.of(file)).toBe(hash('one'))
  })

  it.each(['', '{', '[]', '{"x": 1}', 'null'])(
    'does not depend on the memory %j being right',
    async (text) => {
      await mkdir(join(folder, 'cache'))
      await writeFile(remembered, text)
      expect(await new FileHashes(remembered).of(file)).toBe(hash('one'))
    },
  )

  it('does not depend on the memory being writable', async () => {
    await writeFile(join(folder, 'cache'), 'a file where the folder should be')
    expect(await new FileHashes(remembered).of(file)).toBe(hash('one'))
  })

  it('is asked for many times at once and read once', async () => {
    const hashes = new FileHashes(remembered)
    const all = await Promise.all(Array.from({ length: 20 }, () => hashes.of(file)))
    expect(new Set(all)).toEqual(new Set([hash('one')]))
  })

  it('of what is no file is refused', async () => {
    const hashes = new FileHashes(remembered)
    await expect(hashes.of(join(folder, 'none'))).rejects.toThrow('none: there is no such file')
    await expect(hashes.of(folder)).rejects.toThrow('is not a file')
  })
})
