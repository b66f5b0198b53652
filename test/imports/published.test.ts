import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importBatch, readImport } from '../../src-main/imports/read-import'
import { refusal, scratch } from './files'

const { file } = scratch()
const PAPER = resolve(import.meta.dirname, '../../resources/examples/paper-table1.csv')

/** Table 1 of arXiv 2107.12460, typed by hand apart from the file: settings × (ListOps, MNIST, CIFAR-10, CIFAR-10-LRA). */
const TABLE_1: Readonly<Record<string, readonly (readonly [mean: number, sem: number])[]>> = {
  'frozen-random': [
    [0.389, 0.003],
    [0.98, 0],
    [0.618, 0.002],
    [0.442, 0.003],
  ],
  'frozen-pretrained': [
    [0.461, 0.003],
    [0.985, 0.001],
    [0.663, 0],
    [0.547, 0.014],
  ],
  'unfrozen-random': [
    [0.576, 0.008],
    [0.987, 0],
    [0.778, 0.002],
    [0.62, 0.007],
  ],
  'unfrozen-pretrained': [
    [0.563, 0.009],
    [0.99, 0],
    [0.777, 0.001],
    [0.678, 0.003],
  ],
}

describe("the paper's Table 1", () => {
  it('is sixteen cells with mean, standard error and three seeds', async () => {
    const { runs, published, remarks, mapping } = await readImport([PAPER])
    expect([runs.length, published.length, remarks, mapping.accuracy]).toEqual([0, 16, [], 'percent'])
    for (const [setting, row] of Object.entries(TABLE_1)) {
      const cells = published.filter((cell) => cell.setting === setting)
      expect(cells.map(({ task }) => task)).toEqual(['listops', 'mnist', 'cifar10', 'cifar10-lra'])
      expect(cells.map(({ mean, sem }) => [mean, sem])).toEqual(row)
      for (const cell of cells) expect(cell).toMatchObject({ model: 'gpt2', metric: 'accuracy', n: 3 })
    }
  })

  it('makes a study of four tasks and settings without a run', async () => {
    const { study } = importBatch(await readImport([PAPER]), 'paper', [])
    expect(study).toMatchObject({
      name: 'paper',
      tasks: [{ name: 'listops' }, { name: 'mnist' }, { name: 'cifar10' }, { name: 'cifar10-lra' }],
      models: [{ name: 'gpt2' }],
      learning_rates: [],
      training: null,
    })
    expect(study.settings.map(({ name, init }) => [name, init])).toEqual([
      ['frozen-random', 'random'],
      ['frozen-pretrained', 'pretrained'],
      ['unfrozen-random', 'random'],
      ['unfrozen-pretrained', 'pretrained'],
    ])
  })
})

describe('published cells', () => {
  it('may stand in one table with runs', async () => {
    const path = file(
      'both.csv',
      'kind,source,task,setting,lr,val_acc,mean,sem,n\npublished,Paper,mnist,a,,,0.9,,\nrun,,mnist,a,1e-3,0.8,,,\n',
    )
    const { runs, published } = await readImport([path])
    expect(published).toEqual([
      {
        source: 'Paper',
        task: 'mnist',
        model: 'unknown',
        setting: 'a',
        metric: 'accuracy',
        mean: 0.9,
        sem: null,
        n: null,
      },
    ])
    expect(runs).toHaveLength(1)
  })

  it.each([
    ['published,,mnist,0.9,0.1,3', 'found nothing, expected whose number it is'],
    ['published,P,mnist,,0.1,3', 'mean: found no number'],
    ['published,P,mnist,0.9,-0.1,3', 'sem: found -0.1, expected a standard error'],
    ['published,P,mnist,0.9,0.1,0', 'n: found 0, expected a number of seeds'],
    ['published,P,mnist,much,0.1,3', 'mean: found "much"'],
  ])('%s is refused', async (row, message) => {
    expect(await refusal([file('p.csv', `kind,source,task,mean,sem,n\n${row}\n`)])).toContain(`p.csv:2: `)
    expect(await refusal([file('p.csv', `kind,source,task,mean,sem,n\n${row}\n`)])).toContain(message)
  })
})
