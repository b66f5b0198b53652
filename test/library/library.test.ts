import { readdir, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Library } from '../../src-main/library/library'
import { planStudy } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import { encodeSafetensors } from '../../src-main/tensor-files/safetensors'
import { LibraryFolder } from './library-folder'

const HASH = /^[0-9a-f]{64}$/

let folder: LibraryFolder
let library: Library
beforeEach(async () => {
  folder = await LibraryFolder.make()
  library = await folder.open()
})
afterEach(() => folder.remove())

const images = (dir: string, patch = 4) => ({ name: 'images', kind: 'idx-images', options: { dir, patch } })

describe('a model', () => {
  it('in a folder is known by the hashes of its files and the shape in its config', async () => {
    const path = await folder.model('mine')
    const { identity, source, facts } = await library.model({ name: 'mine', from: 'directory', path })
    expect(identity).toMatchObject({ source: 'directory', type: 'bert' })
    const files = identity.source === 'directory' ? identity.files : {}
    expect(Object.keys(files)).toEqual(['config.json', 'model.safetensors'])
    for (const hash of Object.values(files)) expect(hash).toMatch(HASH)
    expect(source).toEqual({ source: 'directory', path })
    expect(facts).toMatchObject({ type: 'bert', pretrained: true })
  })

  it('is the same model wherever it lies', async () => {
    const [one, two] = [await folder.model('one'), await folder.model('two')]
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
    ['there is nothing', () => Promise.resolve(folder.in('nothing')), 'model.path: there is no folder'],
    [
      'there is a file',
      async () => join(await folder.model('f'), 'config.json'),
      'is a file, expected a folder',
    ],
    [
      'config.json is missing',
      () => folder.model('c', { 'config.json': null }),
      'config.json: there is no such file',
    ],
    [
      'only a pickle is there',
      () => folder.model('p', { 'model.safetensors': null, 'pytorch_model.bin': 'x' }),
      'holds pytorch_model.bin and no model.safetensors: a pickle can run code and is not read. In Python, AutoModel.from_pretrained("',
    ],
    [
      'there are pickles in parts, and others that hold no weights',
      () =>
        folder.model('q', {
          'model.safetensors': null,
          'optimizer.pt': 'x',
          'pytorch_model-00001-of-00002.bin': 'x',
        }),
      'holds pytorch_model-00001-of-00002.bin and no model.safetensors: a pickle',
    ],
    [
      'there are weights of TensorFlow alone',
      () => folder.model('h', { 'model.safetensors': null, 'tf_model.h5': 'x' }),
      'holds tf_model.h5 and no model.safetensors, which alone is read. In Python, AutoModel',
    ],
    [
      'the weights are cut off',
      () => folder.model('w', { 'model.safetensors': 'short' }),
      'model.safetensors:',
    ],
    [
      'the type is unknown',
      () => folder.model('t', { 'config.json': '{"model_type": "t5"}' }),
      'found "t5", expected one of bert, roberta, gpt2, vit, lstm, fpt_lnlstm',
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

  it('of the papers is refused with how it is fetched under the name that the study has for it', async () => {
    const named = (name: string) => library.model({ name, from: 'catalogue' })
    await expect(named('gpt2')).rejects.toThrow(
      'no model "gpt2" is installed; `models add openai-community/gpt2` fetches it',
    )
    await expect(named('vit-base')).rejects.toThrow(
      '`models add google/vit-base-patch16-224-in21k --name vit-base` fetches it',
    )
  })

  it('of an unknown name is refused with the nearest known one', async () => {
    await library.addModel(await folder.model('mine'))
    await expect(library.model({ name: 'mien', from: 'catalogue' })).rejects.toThrow(
      'no model "mien" is installed; expected mine or {path: DIR}; did you mean mine?',
    )
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
      const dir = await folder.images('images', style)
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
    const [one, two] = [await folder.images('one'), await folder.images('two')]
    expect((await library.task(images(one))).identity).toEqual((await library.task(images(two))).identity)
  })

  it('that is missing or does not fit is refused before a run starts', async () => {
    const dir = await folder.images('images')
    await expect(library.task(images(folder.in('none')))).rejects.toThrow(
      `task.dir: there is no folder ${folder.in('none')}`,
    )
    await expect(library.task(images(dir, 3))).rejects.toThrow(
      'task.patch: found 3, expected a whole number that divides 8',
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
    await folder.images('images')
    await library.addModel(await folder.model('mine'))
    const text = `name: s\ntask: {kind: idx-images, dir: images, patch: 4}\nmodel: [mine, {path: mine, name: same}]\nseeds: [0]\n\n${line}\n`
    const study = readStudy(text, folder.in('f'))
    const refusal = await planStudy(study, text, library, 'f').then(
      () => '',
      (error: unknown) => String(error),
    )
    expect(refusal).toContain(message)
    expect(refusal.split('\n')).toHaveLength(1)
  })
})

describe('a plan of batches by length', () => {
  it('is refused file order, which they cannot have', async () => {
    await folder.model('mine')
    const draws = 'min_length: 10, max_length: 60, max_depth: 4, train_examples: 50, positions_beyond: drawn'
    const plan = (batches: string) => {
      const task = `{kind: listops, ${draws}, batches: ${batches}}`
      const text = `name: s\ntask: ${task}\nmodel: {path: mine}\ntraining: {shuffle: false}\n`
      return planStudy(readStudy(text, folder.in('f')), text, library, 'f')
    }
    await expect(plan('by-length')).rejects.toThrow(
      'f:4: training.shuffle: found false, expected true: batches of listops are made by length',
    )
    expect((await plan('mixed')).runs.length).toBeGreaterThan(0)
  })
})

describe('a plan on values', () => {
  it.each([
    [
      'training: {label_smoothing: 0.1}\nvalidation: {metric: loss}\nselection: {metric: loss}',
      'f:5: training.label_smoothing: found 0.1, expected 0: the answers of tensors are numbers',
    ],
    [
      'validation: {metric: loss}\nselection: {metric: loss}\noverrides: [{training: {label_smoothing: 0.2}, task: tensors}]',
      'training.label_smoothing: found 0.2, expected 0',
    ],
    ['selection: {metric: loss}', 'validation.metric: found accuracy, expected loss'],
  ])('%s is refused with its field', async (lines, message) => {
    await folder.model('mine')
    const arrays = [
      { name: 'train_x', shape: [8, 2, 1], data: new Float32Array(16).fill(1) },
      { name: 'train_y', shape: [8, 2], data: new Float32Array(16).fill(0.5) },
    ]
    await writeFile(folder.in('values.safetensors'), Buffer.concat([...encodeSafetensors(arrays)]))
    const text = `name: s\ntask: {kind: tensors, path: values.safetensors}\nmodel: {path: mine}\nseeds: [0]\n${lines}\n`
    const study = readStudy(text, folder.in('f'))
    await expect(planStudy(study, text, library, 'f')).rejects.toThrow(message)
  })
})

describe('a file to start from', () => {
  const plan = async (start: string): Promise<string> => {
    await folder.images('images')
    await folder.model('mine')
    const text = `name: s\ntask: {kind: idx-images, dir: images, patch: 4}\nmodel: {path: mine}\nstart_from: ${start}\n`
    const done = await planStudy(readStudy(text, folder.in('f')), text, library, 'f').then(
      ({ runs }) => runs[0]?.config.start_from ?? '',
      (error: unknown) => String(error),
    )
    return done
  }

  it('is known by its hash where it fits', async () => {
    await writeFile(folder.in('start'), safetensors('in.bias', 32))
    expect(await plan('start')).toMatch(HASH)
  })

  it.each([
    ['is missing', null, 'f:4: start_from: '],
    ['is no safetensors file', Buffer.from('text'), 'f:4: start_from: '],
    ['has a parameter of another shape', safetensors('in.bias', 17), 'in.bias: found shape [17]'],
    ['has a parameter that no network here has', safetensors('no.such', 2), 'no.such'],
  ])('that %s is refused before a run starts', async (_, bytes, message) => {
    if (bytes !== null) await writeFile(folder.in('start'), bytes)
    expect(await plan('start')).toContain(message)
  })
})

/** A safetensors file with one vector of zeros. */
function safetensors(name: string, length: number): Buffer {
  const header = Buffer.from(
    JSON.stringify({ [name]: { dtype: 'F32', shape: [length], data_offsets: [0, 4 * length] } }),
  )
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([size, header, Buffer.alloc(4 * length)])
}

it('a second start knows the hashes of the first', async () => {
  const path = await folder.model('mine')
  const first = await library.model({ name: 'm', from: 'directory', path })
  expect(await readdir(folder.in('cache'))).toContain('hashes.json')
  const second = await (await folder.open()).model({ name: 'm', from: 'directory', path })
  expect(second.identity).toEqual(first.identity)
})
