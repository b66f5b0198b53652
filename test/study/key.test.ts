import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RunConfig, TrainingOptions } from '../../src-main/run'
import { idOf } from '../../src-main/run'
import { canonicalJson, keyOf } from '../../src-main/study/key'
import { LATER_OPTIONS, wholeConfig } from '../../src-main/study/later-options'
import { DEFAULTS } from '../../src-main/study/defaults'

const config: RunConfig = {
  task: {
    kind: 'mnist',
    options: { patch: 4 },
    data: { 'train-images': 'a'.repeat(64), 'test-images': 'b'.repeat(64) },
  },
  model: {
    source: 'directory',
    type: 'bert',
    files: { 'config.json': 'c'.repeat(64), 'model.safetensors': 'd'.repeat(64) },
  },
  setting: {
    name: 'frozen-pretrained',
    init: 'pretrained',
    train: ['input', 'output', 'layer_norm', 'positions'],
  },
  learning_rate: 1e-3,
  seed: 0,
  training: {
    ...DEFAULTS.training,
    batch_size: 8,
    max_steps: 20_000,
    grad_clip: 1,
    dropout: 0.1,
    shuffle: true,
  },
  validation: { fraction: 0.1, seed: 0, examples: 'all', every: 500, patience: 10, metric: 'accuracy' },
  test: { examples: 'all' },
  start_from: null,
  precision: 'float32',
}

const OTHERS: Pick<TrainingOptions, keyof typeof LATER_OPTIONS> = {
  weight_decay: 0.1,
  momentum: 0.9,
  betas: [0.9, 0.99],
  eps: 1e-6,
  schedule: 'cosine',
  warmup_steps: 1,
  accumulate_steps: 2,
  label_smoothing: 0.1,
}

/** Computed by Python's json and hashlib. These keys stand in users' databases. A change here makes every run that was ever trained unknown. */
describe('keys never change', () => {
  it.each<[name: string, config: RunConfig, key: string]>([
    ['a pretrained run', config, '8090eadc82c62a70b722c05b2b4d45a7c8e7c2d354a2130900051bec32d36bad'],
    [
      'a random shape',
      {
        ...config,
        model: {
          source: 'random',
          type: 'gpt2',
          shape: { layers: 2, width: 12, heads: 3, intermediate: 48, positions: 1024 },
        },
        setting: { name: 'tail', init: 'random', train: ['output', { last_layers: 1 }] },
      },
      'fbfe44ac20a374c62e8c0711d7a89b631a052ead0fa1366950b463df77316a14',
    ],
    [
      'other training and a file to start from',
      {
        ...config,
        learning_rate: 3.16e-7,
        seed: 2 ** 31 - 1,
        start_from: 'e'.repeat(64),
        test: { examples: 2000 },
      },
      'f43aafa52a1bba153956292a7f9a8826d9cf684ab187d04745e01286029028ed',
    ],
  ])('%s', (_, given, key) => expect(keyOf(given)).toBe(key))
})

describe('the key of a run', () => {
  it('does not depend on the name of the setting, nor on the order in which it lists what it trains', () => {
    const { train } = config.setting
    const renamed = { ...config, setting: { ...config.setting, name: 'mine', train: [...train].reverse() } }
    expect(keyOf(renamed)).toBe(keyOf(config))
  })

  it('is that of earlier versions where options that came later change nothing', () => {
    const stored = {
      ...config,
      training: { batch_size: 8, max_steps: 20_000, optimizer: 'adam', grad_clip: 1 },
    }
    const { training } = wholeConfig({
      ...config,
      training: { ...stored.training, dropout: 0.1, shuffle: true } as never,
    })
    expect(training).toEqual(config.training)
    expect(Object.keys(training)).toEqual(expect.arrayContaining(Object.keys(LATER_OPTIONS)))
    expect(keyOf({ ...config, training })).toBe(keyOf(config))
  })

  it.each(Object.keys(LATER_OPTIONS))('depends on %s where it changes something', (option) => {
    const other = OTHERS[option as keyof typeof LATER_OPTIONS]
    expect(keyOf({ ...config, training: { ...config.training, [option]: other } })).not.toBe(keyOf(config))
  })

  it('every default of a later option changes nothing', () => {
    expect(DEFAULTS.training).toMatchObject(LATER_OPTIONS)
  })

  it('does not depend on digits of the rate beyond the third', () => {
    expect(keyOf({ ...config, learning_rate: 0.00100001 })).toBe(keyOf(config))
    expect(keyOf({ ...config, learning_rate: 0.00101 })).not.toBe(keyOf(config))
  })

  it('depends on everything else', () => {
    const others: RunConfig[] = [
      { ...config, task: { ...config.task, options: { patch: 7 } } },
      { ...config, task: { ...config.task, data: { ...config.task.data, 'test-images': 'f'.repeat(64) } } },
      { ...config, model: { source: 'directory', type: 'bert', files: { 'config.json': 'c'.repeat(64) } } },
      { ...config, setting: { ...config.setting, init: 'random' } },
      { ...config, setting: { ...config.setting, train: ['output'] } },
      { ...config, setting: { ...config.setting, train: ['output', { last_layers: 1 }] } },
      { ...config, setting: { ...config.setting, train: ['output', { last_layers: 2 }] } },
      { ...config, seed: 1 },
      { ...config, training: { ...config.training, max_steps: 20_001 } },
      { ...config, validation: { ...config.validation, patience: 11 } },
      { ...config, test: { examples: 1 } },
      { ...config, start_from: 'e'.repeat(64) },
      { ...config, precision: 'bf16' },
    ]
    const keys = [config, ...others].map(keyOf)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('begins with the id of the run', () => {
    expect(idOf(keyOf(config))).toMatch(/^[0-9a-f]{12}$/)
    expect(keyOf(config).startsWith(idOf(keyOf(config)))).toBe(true)
  })
})

describe('canonical JSON', () => {
  it('sorts keys, leaves out what is undefined and writes no white space', () => {
    expect(canonicalJson({ b: [1, { d: null, c: true }], a: 'x y', u: undefined })).toBe(
      '{"a":"x y","b":[1,{"c":true,"d":null}]}',
    )
  })

  it('writes a number one way only', () => {
    expect(canonicalJson([1.0, -0, 1e3, 0.1, 1e-7])).toBe('[1,0,1000,0.1,1e-7]')
  })

  it.each([[NaN], [Infinity], [1n], [() => 1]])('refuses %s', (value) => {
    expect(() => canonicalJson({ value })).toThrow(TypeError)
  })

  it('is the same for the same fields in any order, and reads back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        const reversed = Object.fromEntries(Object.entries(fields).reverse())
        expect(canonicalJson(reversed)).toBe(canonicalJson(fields))
        expect(JSON.parse(canonicalJson(fields))).toEqual(JSON.parse(JSON.stringify(fields)))
      }),
    )
  })
})
