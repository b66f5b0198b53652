import fc from 'fast-check'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { InputErrors } from '../../src-main/errors'
import { DEFAULTS } from '../../src-main/study/defaults'
import { readStudy, readStudyFile } from '../../src-main/study/read'
import { reordered, studyFileArbitrary } from './study-arbitrary'

const BASE = 'name: s\ntask: mnist\nmodel: minilm-l6\n'

describe('a study of three lines', () => {
  it('has every default', () => {
    const study = readStudy(BASE)
    const { training, validation, test, selection, execution, seeds } = DEFAULTS
    expect(study).toMatchObject({ training, validation, test, selection, execution, seeds })
    expect(study.settings.map(({ name }) => name)).toEqual(DEFAULTS.settings)
    expect(study.learning_rates).toEqual([1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
    expect(study.tasks).toEqual([{ name: 'mnist', kind: 'mnist', options: { patch: 4 } }])
    expect(study.models).toEqual([{ name: 'minilm-l6', from: 'catalogue' }])
    expect(study).toMatchObject({ overrides: [], extra_learning_rates: {}, start_from: null, notes: null })
  })
})

describe('a study as the contract shows it', () => {
  it('is read whole', () => {
    const study = readStudy(
      `
name: mnist-minilm
task: mnist                     # a comment
model: minilm-l6
settings: [frozen-pretrained, frozen-random, unfrozen-pretrained, unfrozen-random]
learning_rates: {from: 1e-6, to: 1e-2, per_decade: 1}
seeds: [0, 1, 2]
extra_learning_rates: {unfrozen-pretrained: [3.16e-7]}
training:
  batch_size: 8
  max_steps: 20000
  optimizer: adam
  grad_clip: 1.0
  dropout: 0.1
  shuffle: true
validation: {fraction: 0.1, seed: 0, examples: all, every: 500, patience: 10, metric: accuracy}
test: {examples: all}
selection: {metric: accuracy, seeds: mean, tie: lowest-rate, diverged: exclude-arm}
execution: {precision: float32, isolation: thread}
overrides: [{task: mnist, training: {max_steps: 300000}}]
start_from: init.safetensors
`,
      '/studies/a.yaml',
    )
    expect(study.extra_learning_rates).toEqual({ 'unfrozen-pretrained': [3.16e-7] })
    expect(study.overrides).toEqual([{ task: 'mnist', training: { max_steps: 300_000 } }])
    expect(study.start_from).toBe('/studies/init.safetensors')
  })

  it('takes numbers as YAML 1.2 writes them', () => {
    const study = readStudy(
      `${BASE}training: {max_steps: 1e5, batch_size: 0x10}\nlearning_rates: [1e-3, .01, +2e-4]\n`,
    )
    expect(study.training).toMatchObject({ max_steps: 100_000, batch_size: 16 })
    expect(study.learning_rates).toEqual([1e-3, 0.01, 2e-4])
  })

  it('takes named settings and a mapping for any other', () => {
    const { settings } = readStudy(
      `${BASE}settings: [output-only, output+ln, output+ln+input, frozen-statistics,` +
        ' {name: ln-only, init: random, train: [layer_norm, last_layers: 2]}]\n',
    )
    expect(settings).toEqual([
      { name: 'output-only', init: 'pretrained', train: ['output'] },
      { name: 'output+ln', init: 'pretrained', train: ['output', 'layer_norm'] },
      { name: 'output+ln+input', init: 'pretrained', train: ['output', 'layer_norm', 'input'] },
      {
        name: 'frozen-statistics',
        init: 'statistics',
        train: ['input', 'output', 'layer_norm', 'positions'],
      },
      { name: 'ln-only', init: 'random', train: ['layer_norm', { last_layers: 2 }] },
    ])
  })
})

describe('names of tasks and models', () => {
  it('come from the folder, the shape or the file, and tell entries of one kind apart', () => {
    const study = readStudy(
      'name: s\nsettings: [frozen-random]\n' +
        'task: [{kind: mnist, patch: 7}, mnist, {kind: idx-images, dir: fashion}, {kind: mnist, patch: 14, name: coarse}]\n' +
        'model: [{kind: gpt2, layers: 2, width: 8, heads: 2}, {kind: gpt2, layers: 2, width: 8, heads: 4},' +
        ' {kind: bert, layers: 1, width: 8, heads: 2}]\n',
      '/a/b.yaml',
    )
    expect(study.tasks.map(({ name }) => name)).toEqual([
      'mnist patch=7',
      'mnist patch=4',
      'idx-images',
      'coarse',
    ])
    expect(study.tasks[2]?.options).toEqual({ dir: '/a/fashion', patch: 4 })
    expect(study.models.map(({ name }) => name)).toEqual([
      'gpt2-2x8 layers=2 width=8 heads=2 positions=1024 intermediate=32',
      'gpt2-2x8 layers=2 width=8 heads=4 positions=1024 intermediate=32',
      'bert-1x8',
    ])
  })

  it('are the same name in composed and decomposed Unicode', () => {
    expect(readStudy('name: "e\\u0301tude"\ntask: mnist\nmodel: m\n').name).toBe('\u00e9tude')
  })
})

describe('what is wrong', () => {
  it('is told all at once, in the order of the file', () => {
    const error = errorOf(() =>
      readStudy(`${BASE}seeds: [a]\ntraining:\n  dropout: 2\n  steps: 5\nseedz: 1\n`, 'x.yaml'),
    )
    expect(error).toBeInstanceOf(InputErrors)
    expect((error as InputErrors).errors.map(({ place }) => [place.file, place.line, place.field])).toEqual([
      ['x.yaml', 4, 'seeds.0'],
      ['x.yaml', 6, 'training.dropout'],
      ['x.yaml', 7, 'training.steps'],
      ['x.yaml', 8, 'seedz'],
    ])
  })
})

describe('a study file', () => {
  let folder = ''
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'fairsweep-read-'))))
  afterAll(() => rm(folder, { recursive: true }))

  it('is read with its text, paths starting at its folder', async () => {
    const file = join(folder, 'a.yaml')
    const text = '\ufeffname: s\r\ntask: {kind: idx-images, dir: sub}\r\nmodel: minilm-l6\r\n'
    await writeFile(file, text)
    const read = await readStudyFile(file)
    expect(read.study.tasks[0]?.options['dir']).toBe(join(folder, 'sub'))
  })

  it.each([
    ['is not there', null, 'cannot be read (ENOENT), expected a study file'],
    ['is not UTF-8', Buffer.from([0x6e, 0xff, 0xfe]), 'not UTF-8, expected a study file in UTF-8'],
    ['is too large', Buffer.alloc(1_000_001, '#'), 'found 1000001 bytes, expected at most 1000000'],
  ])('that %s is refused', async (_, bytes, message) => {
    const file = join(folder, 'b.yaml')
    await rm(file, { force: true })
    if (bytes !== null) await writeFile(file, bytes)
    await expect(readStudyFile(file)).rejects.toThrow(`${file}: ${message}`)
  })

  it('that is a folder is refused', async () => {
    await expect(readStudyFile(folder)).rejects.toThrow('cannot be read (EISDIR)')
  })
})

describe('any right study', () => {
  it('is the same study in block style, flow style, JSON and any order of keys', () => {
    fc.assert(
      fc.property(studyFileArbitrary, (file) => {
        fc.pre(!isReversed(file['learning_rates']))
        const study = readStudy(stringify(file))
        expect(readStudy(stringify(file, { collectionStyle: 'flow' }))).toEqual(study)
        expect(readStudy(JSON.stringify(file))).toEqual(study)
        expect(readStudy(stringify(reordered(file)))).toEqual(study)
      }),
      { numRuns: 50 },
    )
  })
})

const isReversed = (rates: unknown): boolean =>
  typeof rates === 'object' &&
  rates !== null &&
  'from' in rates &&
  'to' in rates &&
  Number(rates.from) > Number(rates.to)

function errorOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return null
}
