import { cp, mkdir, mkdtemp, readdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NotYetError } from '../../src-main/errors'
import { installation } from '../../src-main/installation'
import { openLibrary } from '../../src-main/library/library'
import type { Library } from '../../src-main/library/library'
import { planStudy } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import { writeTinyImages } from '../tasks/idx-files'

const TINY = resolve(import.meta.dirname, '../parity/tiny-bert')
const HASH = /^[0-9a-f]{64}$/

let folder = ''
let library: Library
const open = (): Promise<Library> =>
  openLibrary({
    workspace: join(folder, 'workspace'),
    installation: {
      root: installation.root,
      resources: installation.resources,
      cache: join(folder, 'cache'),
      models: join(folder, 'cache/models'),
    },
  })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairsweep-library-'))
  library = await open()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** A model directory of our own, with files added, changed or taken away (null). */
async function modelFolder(
  name: string,
  changes: Readonly<Record<string, string | null>> = {},
): Promise<string> {
  const path = join(folder, name)
  await mkdir(path, { recursive: true })
  for (const file of ['config.json', 'model.safetensors']) await cp(join(TINY, file), join(path, file))
  for (const [file, text] of Object.entries(changes)) {
    if (text === null) await rm(join(path, file))
    else await writeFile(join(path, file), text)
  }
  return path
}

async function imageFolder(name: string, { dotted = false, gzip = false } = {}): Promise<string> {
  const dir = join(folder, name)
  const { files } = await writeTinyImages({ dir, train: 12, test: 6, side: 8, classes: 3, gzip })
  for (const [role, file] of Object.entries(files)) {
    const kind = role.endsWith('images') ? 'idx3-ubyte' : 'idx1-ubyte'
    const name = `${role.replace('test', 't10k')}${dotted ? '.' : '-'}${kind}${gzip ? '.gz' : ''}`
    await rename(file, join(dir, name))
  }
  return dir
}

const images = (dir: string, patch = 4) => ({ name: 'images', kind: 'idx-images', options: { dir, patch } })

describe('a model', () => {
  it('in a folder is known by the hashes of its files and the shape in its config', async () => {
    const path = await modelFolder('mine')
    const { identity, source, facts } = await library.model({ name: 'mine', from: 'directory', path })
    expect(identity).toMatchObject({ source: 'directory', type: 'bert' })
    const files = identity.source === 'directory' ? identity.files : {}
    expect(Object.keys(files)).toEqual(['config.json', 'model.safetensors'])
    for (const hash of Object.values(files)) expect(hash).toMatch(HASH)
    expect(source).toEqual({ source: 'directory', path })
    expect(facts).toMatchObject({ type: 'bert', pretrained: true })
  })

  it('is the same model wherever it lies', async () => {
    const [one, two] = [await modelFolder('one'), await modelFolder('two')]
    const identityOf = async (path: string) =>
      (await library.model({ name: 'm', from: 'directory', path })).identity
    expect(await identityOf(one)).toEqual(await identityOf(two))
  })

  it('with a random trunk is known by its shape', async () => {
    const shape = { layers: 2, width: 8, heads: 2, positions: 16, intermediate: 32 }
    const { identity, facts } = await library.model({ name: 'r', from: 'random', type: 'gpt2', shape })
    expect(identity).toEqual({ source: 'random', type: 'gpt2', shape })
    expect(facts).toMatchObject({ layers: 2, positions: 16, pretrained: false })
  })

  it.each([
    ['there is nothing', () => Promise.resolve(join(folder, 'nothing')), 'model.path: there is no folder'],
    [
      'there is a file',
      async () => join(await modelFolder('f'), 'config.json'),
      'is a file, expected a folder',
    ],
    [
      'config.json is missing',
      () => modelFolder('c', { 'config.json': null }),
      'config.json: there is no such file',
    ],
    [
      'only a pickle is there',
      () => modelFolder('p', { 'model.safetensors': null, 'pytorch_model.bin': 'x' }),
      'pytorch_model.bin is a pickle, which can run code and is not read',
    ],
    [
      'the weights are cut off',
      () => modelFolder('w', { 'model.safetensors': 'short' }),
      'model.safetensors:',
    ],
    [
      'the type is unknown',
      () => modelFolder('t', { 'config.json': '{"model_type": "t5"}' }),
      'found "t5", expected one of bert, gpt2',
    ],
  ])('is refused where %s', async (_, folderOf, message) => {
    const path = await folderOf()
    await expect(library.model({ name: 'm', from: 'directory', path })).rejects.toThrow(message)
  })

  it('that set-up should have brought is refused with the one thing to do', async () => {
    await expect(library.model({ name: 'minilm-l6', from: 'catalogue' })).rejects.toThrow(
      'model: no model "minilm-l6" is installed; run `npm run setup`, which brings it',
    )
  })

  it('of an unknown name is refused with the nearest known one', async () => {
    await library.addModel(await modelFolder('mine'))
    await expect(library.model({ name: 'mien', from: 'catalogue' })).rejects.toThrow(
      'no model "mien" is installed; expected mine or {path: DIR}; did you mean mine?',
    )
  })
})

describe('adding a model', () => {
  it('copies what the model needs and lists it, intact', async () => {
    const path = await modelFolder('mine', { 'notes.txt': 'not needed', 'pytorch_model.bin': 'pickle' })
    const added = await library.addModel(path)
    expect(added).toMatchObject({ name: 'mine', from: 'added', state: 'intact', problem: null, source: path })
    expect(await readdir(added.path)).toEqual(['added.json', 'config.json', 'model.safetensors'])
    const { identity } = await library.model({ name: 'mine', from: 'catalogue' })
    expect(identity).toEqual((await library.model({ name: 'x', from: 'directory', path })).identity)
  })

  it('copies the files behind links, as a hub cache has them', async () => {
    const path = await modelFolder('blobs')
    await mkdir(join(folder, 'snapshot'))
    for (const file of ['config.json', 'model.safetensors'])
      await symlink(join(path, file), join(folder, 'snapshot', file))
    const added = await library.addModel(join(folder, 'snapshot'), 'from-hub')
    await rm(path, { recursive: true })
    expect((await library.models()).find(({ name }) => name === added.name)).toMatchObject({
      state: 'intact',
    })
  })

  it('leaves nothing behind when the model is no good', async () => {
    const path = await modelFolder('bad', { 'model.safetensors': 'short' })
    await expect(library.addModel(path)).rejects.toThrow('model.safetensors')
    expect(await readdir(join(folder, 'workspace/models')).catch(() => [])).toEqual([])
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
    await expect(library.addModel(await modelFolder('mine'), name)).rejects.toThrow(
      'expected letters, digits',
    )
  })

  it('refuses a name that differs from another only in its case', async () => {
    const path = await modelFolder('mine')
    await library.addModel(path)
    await expect(library.addModel(path, 'MINE')).rejects.toThrow('a model "mine" is there already')
  })

  it('refuses the name of a hub model as not there yet', async () => {
    await expect(library.addModel('openai-community/gpt2')).rejects.toThrow(NotYetError)
  })
})

describe('removing a model', () => {
  it('removes what was added, and nothing else', async () => {
    const path = await modelFolder('mine')
    await library.addModel(path)
    await library.removeModel('mine')
    expect((await library.models()).map(({ name }) => name)).toEqual(['minilm-l6'])
    expect(await readdir(path)).toEqual(['config.json', 'model.safetensors'])
  })

  it.each(['..', '../mine', '.', '/', 'mine/..', 'models', '%2e%2e', 'mine\0', '../../outside'])(
    'refuses %j',
    async (name) => {
      const outside = await modelFolder('outside')
      await library.addModel(await modelFolder('mine'))
      await expect(library.removeModel(name)).rejects.toThrow('was added to this workspace')
      expect(await readdir(outside)).toHaveLength(2)
      expect(await readdir(join(folder, 'workspace/models'))).toEqual(['mine'])
    },
  )

  it('does not follow a link out of the workspace', async () => {
    const outside = await modelFolder('outside')
    await mkdir(join(folder, 'workspace/models'), { recursive: true })
    await symlink(outside, join(folder, 'workspace/models/mine'))
    await expect(library.removeModel('mine')).rejects.toThrow('no model "mine" was added')
    expect(await readdir(outside)).toHaveLength(2)
  })

  it('leaves what set-up brought', async () => {
    await cp(TINY, join(folder, 'cache/models/minilm-l6'), { recursive: true })
    await expect(library.removeModel('minilm-l6')).rejects.toThrow('set-up brought minilm-l6')
  })
})

describe('the list of models', () => {
  it('tells what is missing, what is not as published and what cannot be used', async () => {
    expect(await library.models()).toMatchObject([{ name: 'minilm-l6', state: 'missing', facts: null }])
    await cp(TINY, join(folder, 'cache/models/minilm-l6'), { recursive: true })
    expect(await library.models()).toMatchObject([
      {
        name: 'minilm-l6',
        state: 'changed',
        problem: expect.stringContaining('not as published: config.json') as string,
      },
    ])
    await unlink(join(folder, 'cache/models/minilm-l6/config.json'))
    expect(await library.models()).toMatchObject([{ name: 'minilm-l6', state: 'unusable' }])
  })

  it('notices that an added model was changed', async () => {
    const { path } = await library.addModel(await modelFolder('mine'))
    await writeFile(join(path, 'config.json'), '\n', { flag: 'a' })
    expect((await library.models())[0]).toMatchObject({ name: 'mine', state: 'changed' })
  })
})

describe('data', () => {
  it('of MNIST is where set-up put it, as published', async () => {
    const [mnist] = await library.data()
    expect(mnist).toMatchObject({ name: 'mnist', state: 'intact', problem: null, bytes: 54_950_048 })
    const { identity, source, facts } = await library.task({
      name: 'mnist',
      kind: 'mnist',
      options: { patch: 7 },
    })
    expect(Object.keys(identity.data)).toEqual(['train-images', 'train-labels', 'test-images', 'test-labels'])
    expect(identity.options).toEqual({ patch: 7 })
    expect(Object.values(source.files).every((file) => file.startsWith('/'))).toBe(true)
    expect(facts).toMatchObject({
      input: { tokens: 16, width: 49 },
      sizes: { train: 60_000, validation: null, test: 10_000 },
    })
  })

  it.each([{}, { dotted: true }, { gzip: true }, { dotted: true, gzip: true }])(
    'of other images is found by name %j',
    async (style) => {
      const dir = await imageFolder('images', style)
      const { identity, source, facts } = await library.task(images(dir))
      expect(identity.options).toEqual({ patch: 4 })
      expect(source.options).toEqual({ patch: 4 })
      expect(facts).toMatchObject({
        input: { tokens: 4, width: 16 },
        output: { count: 3 },
        sizes: { train: 12, test: 6 },
      })
    },
  )

  it('is the same data wherever it lies', async () => {
    const [one, two] = [await imageFolder('one'), await imageFolder('two')]
    expect((await library.task(images(one))).identity).toEqual((await library.task(images(two))).identity)
  })

  it('that is missing or does not fit is refused before a run starts', async () => {
    const dir = await imageFolder('images')
    await expect(library.task(images(join(folder, 'none')))).rejects.toThrow(
      `task.dir: there is no folder ${folder}/none`,
    )
    await expect(library.task(images(dir, 3))).rejects.toThrow(
      'task.patch: 3, expected a whole number that divides 8',
    )
    await unlink(join(dir, 't10k-labels-idx1-ubyte'))
    await expect(library.task(images(dir))).rejects.toThrow('holds no t10k-labels-idx1-ubyte (plain or .gz)')
  })
})

describe('a plan on little data', () => {
  it.each([
    ['validation: {fraction: 0.01}', 'f:6: validation.fraction: 0.01 of 12 training examples leaves 0'],
    [
      'validation: {fraction: 0.5, examples: 7}',
      'f:6: validation.examples: 7, but the validation split has 6',
    ],
    ['test: {examples: 7}', 'f:6: test.examples: 7, but the test split has 6 examples'],
  ])('%s is refused at its line, once', async (line, message) => {
    await imageFolder('images')
    await library.addModel(await modelFolder('mine'))
    const text = `name: s\ntask: {kind: idx-images, dir: images, patch: 4}\nmodel: [mine, {path: mine, name: same}]\nseeds: [0]\n\n${line}\n`
    const study = readStudy(text, join(folder, 'f'))
    const refusal = await planStudy(study, text, library, 'f').then(
      () => '',
      (error: unknown) => String(error),
    )
    expect(refusal).toContain(message)
    expect(refusal.split('\n')).toHaveLength(1)
  })
})

it('a second start knows the hashes of the first', async () => {
  const path = await modelFolder('mine')
  const first = await library.model({ name: 'm', from: 'directory', path })
  expect(await readdir(join(folder, 'cache'))).toContain('hashes.json')
  const second = await (await open()).model({ name: 'm', from: 'directory', path })
  expect(second.identity).toEqual(first.identity)
})
