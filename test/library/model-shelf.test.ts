import { cp, mkdir, readdir, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Library } from '../../src-main/library/library'
import { LibraryFolder, TINY_MODEL } from './library-folder'

let folder: LibraryFolder
let library: Library
beforeEach(async () => {
  folder = await LibraryFolder.make()
  library = await folder.open()
})
afterEach(() => folder.remove())

describe('adding a model', () => {
  it('copies what the model needs and lists it, intact', async () => {
    const path = await folder.model('mine', { 'notes.txt': 'not needed', 'pytorch_model.bin': 'pickle' })
    const added = await library.addModel(path)
    expect(added).toMatchObject({ name: 'mine', from: 'added', state: 'intact', problem: null, source: path })
    expect(await readdir(added.path)).toEqual(['added.json', 'config.json', 'model.safetensors'])
    const { identity } = await library.model({ name: 'mine', from: 'catalogue' })
    expect(identity).toEqual((await library.model({ name: 'x', from: 'directory', path })).identity)
  })

  it('copies the files behind links, as a hub cache has them', async () => {
    const path = await folder.model('blobs')
    await mkdir(folder.in('snapshot'))
    for (const file of ['config.json', 'model.safetensors'])
      await symlink(join(path, file), folder.in('snapshot', file))
    const added = await library.addModel(folder.in('snapshot'), 'from-hub')
    await rm(path, { recursive: true })
    expect((await library.models()).find(({ name }) => name === added.name)).toMatchObject({
      state: 'intact',
    })
  })

  it('leaves nothing behind when the model is no good', async () => {
    const path = await folder.model('bad', { 'model.safetensors': 'short' })
    await expect(library.addModel(path)).rejects.toThrow('model.safetensors')
    expect(await readdir(folder.in('workspace/models')).catch(() => [])).toEqual([])
  })

  it.each([
    '',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    'CON',
    'nul.txt',
    '-a',
    'a.',
    'a b',
    'a\0',
    'ä',
    'x'.repeat(65),
    '.hidden',
  ])('refuses the name %j', async (name) => {
    await expect(library.addModel(await folder.model('mine'), name)).rejects.toThrow(
      'expected letters, digits',
    )
  })

  it('refuses a name that differs from another only in its case', async () => {
    const path = await folder.model('mine')
    await library.addModel(path)
    await expect(library.addModel(path, 'MINE')).rejects.toThrow('a model "mine" is there already')
  })

  it('takes no folder for what is none', async () => {
    await expect(library.addModel('openai-community/gpt2')).rejects.toThrow('there is no folder')
  })
})

describe('removing a model', () => {
  it('removes what was added, and nothing else', async () => {
    const path = await folder.model('mine')
    await library.addModel(path)
    await library.remove('model', 'mine')
    expect((await library.models()).map(({ name }) => name)).toEqual(['minilm-l6'])
    expect(await readdir(path)).toEqual(['config.json', 'model.safetensors'])
  })

  it.each(['..', '../mine', '.', '/', 'mine/..', 'models', '%2e%2e', 'mine\0', '../../outside'])(
    'refuses %j',
    async (name) => {
      const outside = await folder.model('outside')
      await library.addModel(await folder.model('mine'))
      await expect(library.remove('model', name)).rejects.toThrow('was added to this workspace')
      expect(await readdir(outside)).toHaveLength(2)
      expect(await readdir(folder.in('workspace/models'))).toEqual(['mine'])
    },
  )

  it('does not follow a link out of the workspace', async () => {
    const outside = await folder.model('outside')
    await mkdir(folder.in('workspace/models'), { recursive: true })
    await symlink(outside, folder.in('workspace/models/mine'))
    await expect(library.remove('model', 'mine')).rejects.toThrow('no model "mine" was added')
    expect(await readdir(outside)).toHaveLength(2)
  })

  it('leaves what set-up brought', async () => {
    await cp(TINY_MODEL, folder.in('cache/models/minilm-l6'), { recursive: true })
    await expect(library.remove('model', 'minilm-l6')).rejects.toThrow('set-up brought minilm-l6')
  })
})

describe('the list of models', () => {
  it('tells what is missing, what is not as published and what cannot be used', async () => {
    expect(await library.models()).toMatchObject([{ name: 'minilm-l6', state: 'missing', facts: null }])
    await cp(TINY_MODEL, folder.in('cache/models/minilm-l6'), { recursive: true })
    expect(await library.models()).toMatchObject([
      {
        name: 'minilm-l6',
        state: 'changed',
        problem: expect.stringContaining('not as published: config.json') as string,
      },
    ])
    await unlink(folder.in('cache/models/minilm-l6/config.json'))
    expect(await library.models()).toMatchObject([{ name: 'minilm-l6', state: 'unusable' }])
  })

  it('notices that an added model was changed', async () => {
    const { path } = await library.addModel(await folder.model('mine'))
    await writeFile(join(path, 'config.json'), '\n', { flag: 'a' })
    expect((await library.models())[0]).toMatchObject({ name: 'mine', state: 'changed' })
  })
})
