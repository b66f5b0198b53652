import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { countRuns, ratesOf } from '../../src-main/study/arms'
import { planStudy } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import { paperSources } from './sources'
import { reordered, studyFileArbitrary } from './study-arbitrary'

const BASE = 'name: s\ntask: mnist\nmodel: minilm-l6\n'
const plan = (text: string) => planStudy(readStudy(text, 'f'), text, paperSources, 'f')

describe('a plan', () => {
  it('trains every arm once before a second seed', async () => {
    const { runs } = await plan(
      `${BASE}settings: [frozen-random, output-only]\nlearning_rates: [1e-3, 1e-4]\nseeds: [5, 3]\n`,
    )
    expect(runs.map(({ config, setting }) => [config.seed, setting, config.learning_rate])).toEqual([
      [5, 'frozen-random', 1e-4],
      [5, 'frozen-random', 1e-3],
      [5, 'output-only', 1e-4],
      [5, 'output-only', 1e-3],
      [3, 'frozen-random', 1e-4],
      [3, 'frozen-random', 1e-3],
      [3, 'output-only', 1e-4],
      [3, 'output-only', 1e-3],
    ])
  })

  it('gives a setting its extra rates, in their place', async () => {
    const text = `${BASE}settings: [frozen-random, output-only]\nlearning_rates: [1e-3]\nextra_learning_rates: {output-only: [1e-2, 1e-5]}\nseeds: [0]\n`
    const { runs, study } = await plan(text)
    expect(ratesOf(study, 'output-only')).toEqual([1e-5, 1e-3, 1e-2])
    expect(runs.map(({ setting, config }) => `${setting} ${config.learning_rate}`)).toEqual([
      'frozen-random 0.001',
      'output-only 0.00001',
      'output-only 0.001',
      'output-only 0.01',
    ])
  })

  it('applies overrides to the cells of their task or model alone, later ones last', async () => {
    const { runs } = await plan(
      'name: s\ntask: [mnist, {kind: idx-images, dir: x}]\nmodel: [a, b]\nsettings: [frozen-random]\nlearning_rates: [1e-3]\nseeds: [0]\n' +
        'overrides:\n- {task: mnist, training: {max_steps: 5, batch_size: 2}}\n- {model: b, training: {max_steps: 7}, validation: {every: 3}}\n',
    )
    expect(
      runs.map(({ task, model, config }) => [
        task,
        model,
        config.training.max_steps,
        config.training.batch_size,
        config.validation.every,
      ]),
    ).toEqual([
      ['mnist', 'a', 5, 2, 500],
      ['mnist', 'b', 7, 2, 3],
      ['idx-images', 'a', 20_000, 8, 500],
      ['idx-images', 'b', 7, 8, 3],
    ])
  })

  it('has no key that names the study, its rule or where its files lie', async () => {
    const one = await plan(BASE)
    const two = await plan(
      `${BASE.replace('name: s', 'name: other')}notes: n\nselection: {metric: loss}\nexecution: {isolation: process}\n`,
    )
    expect(two.runs.map(({ key }) => key)).toEqual(one.runs.map(({ key }) => key))
  })

  it('holds the hash of the file that weights start from', async () => {
    const { runs } = await plan(`${BASE}start_from: /w/init.safetensors\n`)
    expect(runs[0]?.config.start_from).toMatch(/^[0-9a-f]{64}$/)
    expect(runs[0]?.startFrom).toBe('/w/init.safetensors')
  })

  it('says at which line the file to start from stands that is missing', async () => {
    await expect(plan(`${BASE}start_from: /x/missing\n`)).rejects.toThrow(
      'f:4: start_from: /x/missing: there is no such file',
    )
  })

  it.each([
    ['cifar10-lra', 'dir: /d', {}, 'be66de057d2fc4d12faa1dc637f2107715b89070a99c1fe8609042e660e7a9cf'],
    [
      'tensors',
      'path: /d.npz',
      { bits: false },
      '9364f1a034b600181b51180acf2fd3f671edc1bc1417025e46e2059809d6b1b4',
    ],
  ])('knows the runs of %s from before it had positions_beyond', async (kind, place, options, key) => {
    const planned = async (more: string) => {
      const { runs } = await plan(`name: s\nmodel: m\ntask: {kind: ${kind}, ${place}${more}}\n`)
      return runs[0]
    }
    const plain = await planned('')
    expect(Object.keys(plain?.config.task.options ?? {}).filter((name) => name !== 'path')).toEqual(
      Object.keys(options),
    )
    expect(plain?.key).toBe(key)
    expect((await planned(', positions_beyond: refused'))?.key).toBe(key)
    expect((await planned(', positions_beyond: drawn'))?.key).not.toBe(key)
  })

  it.each([
    ['listops', { min_length: 500, max_length: 2000 }, 'mixed'],
    ['remote-homology', { max_length: 1024, holdout: 'fold' }, 'by-length'],
  ])('knows the runs of %s from before it had batches by length', async (kind, options, usual) => {
    const planned = async (more: string) => {
      const { runs } = await plan(`name: s\nmodel: m\ntask: {kind: ${kind}${more}}\n`)
      return runs[0]
    }
    const mixed = await planned(', batches: mixed')
    expect(mixed?.config.task.options).toMatchObject(options)
    expect(mixed?.config.task.options).not.toHaveProperty('batches')
    const byLength = await planned(', batches: by-length')
    expect(byLength?.config.task.options).toEqual({ ...mixed?.config.task.options, batches: 'by-length' })
    expect(byLength?.key).not.toBe(mixed?.key)
    expect((await planned(''))?.key).toBe((usual === 'mixed' ? mixed : byLength)?.key)
    expect((await planned(', padding: attended'))?.config.task.options).not.toHaveProperty('batches')
  })

  it('knows the runs of bit-memory from before it had a mask', async () => {
    const planned = async (more: string) => {
      const { runs } = await plan(`name: s\nmodel: m\ntask: {kind: bit-memory${more}}\n`)
      return runs[0]
    }
    const plain = await planned('')
    expect(plain?.config.task.options).toEqual({ n: 1000, patterns: 5, patch: 50 })
    expect((await planned(', mask: 0.5'))?.key).toBe(plain?.key)
    expect((await planned(', mask: 0.3'))?.config.task.options).toHaveProperty('mask', 0.3)
  })

  it('lets a task be longer than the positions where its rows beyond are drawn, and says so where not', async () => {
    const long = (positionsBeyond: 'drawn' | 'refused') =>
      planStudy(readStudy(BASE), BASE, {
        ...paperSources,
        task: async (spec) => ({
          ...(await paperSources.task(spec)),
          facts: { input: { tokens: 1024, positionsBeyond } },
        }),
      })
    expect((await long('drawn')).runs.length).toBeGreaterThan(0)
    await expect(long('refused')).rejects.toThrow(
      /1024 tokens, expected at most 512: .*; `positions_beyond: drawn` draws the rows that are missing/,
    )
  })

  it('says at which line something is missing or does not fit, all together', async () => {
    const short = {
      ...paperSources,
      model: async (...args: Parameters<typeof paperSources.model>) => ({
        ...(await paperSources.model(...args)),
        facts: { positions: 40, layers: 3 },
      }),
    }
    const text =
      'name: s\nmodel: a\ntask:\n- mnist\nsettings:\n- {name: t, init: random, train: [last_layers: 4]}\n'
    const study = readStudy(text, '/x/f')
    await expect(planStudy(study, text, short, 'f')).rejects.toThrow(
      'f:4: task.0: mnist has 49 tokens, expected at most 40: the positions of a\n' +
        'f:6: settings.0: t trains the last 4 layers, expected at most 3: the layers of a',
    )
  })
})

describe('the plan of any right study', () => {
  it('has as many runs as the product says, each with a key of its own that no order of keys changes', async () => {
    await fc.assert(
      fc.asyncProperty(studyFileArbitrary, async (file) => {
        let study
        try {
          study = readStudy(stringify(file))
        } catch {
          return fc.pre(false)
        }
        const { runs } = await planStudy(study, stringify(file), paperSources)
        expect(runs).toHaveLength(countRuns(study))
        expect(countRuns(study)).toBe(
          study.tasks.length *
            study.models.length *
            study.settings.length *
            study.learning_rates.length *
            study.seeds.length,
        )
        expect(new Set(runs.map(({ key }) => key)).size).toBe(runs.length)
        const turned = stringify(reordered(file))
        const again = await planStudy(readStudy(turned), turned, paperSources)
        expect(again.runs.map(({ key }) => key)).toEqual(runs.map(({ key }) => key))
      }),
      { numRuns: 20 },
    )
  })
})
