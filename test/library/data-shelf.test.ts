import { readdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Library } from '../../src-main/library/library'
import { LibraryFolder } from './library-folder'

let folder: LibraryFolder
let library: Library
beforeEach(async () => {
  folder = await LibraryFolder.make()
  library = await folder.open()
})
afterEach(() => folder.remove())

const added = async () => (await library.data()).filter(({ from }) => from === 'added')

describe('adding a data set', () => {
  it('copies its four files, lists them with their hashes, and a study can train on the copy', async () => {
    const images = await library.addData(await folder.images('digits', { gzip: true }))
    expect(images).toMatchObject({ name: 'digits', from: 'added', state: 'intact', problem: null })
    expect(images.files).toHaveLength(4)
    for (const { sha256 } of images.files) expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(await added()).toEqual([images])
    const task = { name: 'x', kind: 'idx-images', options: { dir: images.path, patch: 4 } }
    expect((await library.task(task)).facts.sizes).toMatchObject({ train: 12, test: 6 })
  })

  it('leaves nothing behind where a file is missing', async () => {
    const dir = await folder.images('digits')
    await unlink(join(dir, 't10k-labels-idx1-ubyte'))
    await expect(library.addData(dir)).rejects.toThrow('holds no t10k-labels-idx1-ubyte')
    expect(await readdir(folder.in('workspace/data')).catch(() => [])).toEqual([])
  })

  it('refuses the name of data that set-up brought', async () => {
    await expect(library.addData(await folder.images('digits'), 'MNIST')).rejects.toThrow(
      'a data set "mnist" is there already',
    )
  })
})

describe('removing', () => {
  it('can be undone until it is purged', async () => {
    const images = await library.addData(await folder.images('digits'))
    await library.remove('data', 'digits')
    expect(await added()).toEqual([])
    await library.restore('data', 'digits')
    expect(await added()).toEqual([images])

    await library.remove('data', 'digits')
    await library.purge()
    expect(await readdir(folder.in('workspace/data'))).toEqual([])
    await expect(library.restore('data', 'digits')).rejects.toThrow('cannot be brought back')
  })

  it('does not bring back over another of the same name', async () => {
    const path = await folder.model('mine')
    await library.addModel(path)
    await library.remove('model', 'mine')
    await library.addModel(path)
    await expect(library.restore('model', 'mine')).rejects.toThrow('cannot be brought back')
    expect(await library.models()).toMatchObject([{ name: 'mine', state: 'intact' }, { name: 'minilm-l6' }])
  })

  it.each(['..', '../digits', 'x/..', ''])('brings back nothing called %j', async (name) => {
    await expect(library.restore('data', name)).rejects.toThrow('cannot be brought back')
  })

  it('leaves what set-up brought', async () => {
    await expect(library.remove('data', 'mnist')).rejects.toThrow('set-up brought mnist')
  })
})

describe('verifying', () => {
  it('reads every byte, tells how far it is, and the list knows what was found', async () => {
    const { path, bytes } = await library.addModel(await folder.model('mine'))
    const steps: { done: number; of: number }[] = []
    for await (const step of library.verify('model', 'mine')) steps.push(step)
    expect(steps.at(-1)).toEqual({ file: '', done: bytes, of: bytes })
    expect(steps.map(({ done }) => done)).toEqual([...steps.map(({ done }) => done)].sort((a, b) => a - b))

    await writeFile(join(path, 'config.json'), '\n', { flag: 'a' })
    for await (const step of library.verify('model', 'mine')) expect(step.of).toBe(bytes + 1)
    expect((await library.models())[0]).toMatchObject({
      name: 'mine',
      state: 'changed',
      problem: 'not as it was added: config.json; remove it and add it again',
    })
  })

  it('of a thing that is not there says so', async () => {
    await expect(library.verify('data', 'nothing').next()).rejects.toThrow('no data set "nothing"')
    await expect(library.verify('model', 'nothing').next()).rejects.toThrow('no model "nothing"')
  })
})
