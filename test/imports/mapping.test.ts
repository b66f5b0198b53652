import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { mappingText, PUBLISHED_FIELDS, readMapping, RUN_FIELDS } from '../../src-main/imports/mapping'
import { nameTemplate } from '../../src-main/imports/name-template'
import { readImport } from '../../src-main/imports/read-import'
import { METRICS } from '../../src-main/run'
import { processorTime } from '../processor-time'
import { inShort, refusal, scratch } from './files'

const { file } = scratch()

describe('a mapping', () => {
  const odd = (): string =>
    file(
      'odd.csv',
      ['who,what,step size,quality,extra', 'A,tuned,1e-3,71.5,x', 'B,linear,1e-4,64.0,y'].join('\n'),
    )

  it('says what is what, where nothing could be guessed', async () => {
    const mapping = file(
      'mapping.yaml',
      `
fields:
  run: who
  task: { value: cola }
  model: { value: bert }
  setting: { from: what, words: { tuned: unfrozen-pretrained, linear: frozen-pretrained } }
  learning_rate: step size
  seed: { value: 3 }
accuracy: percent
metrics:
  val/accuracy: quality
keep: [extra]
`,
    )
    const read = await readImport([odd()], { mapping })
    expect(inShort(read)).toEqual([
      'cola bert unfrozen-pretrained 0.001 3 finished val/accuracy=0.715',
      'cola bert frozen-pretrained 0.0001 3 finished val/accuracy=0.64',
    ])
    expect(read.runs[0]?.config).toMatchObject({ imported: { run: 'A' }, options: { extra: 'x' } })
    expect(read.unmapped.fields).toEqual([])
  })

  it('that was guessed reads back as itself and gives the same runs', async () => {
    const table = file('runs.csv', 'id,Mode,lr,val_acc,note,batch_size\nA,Frozen Random,1e-3,71,x,8\n')
    const guessed = await readImport([table])
    const mapping = file('mapping.yaml', mappingText(guessed.mapping))
    expect(await readMapping(mapping)).toEqual(guessed.mapping)
    expect((await readImport([table], { mapping })).runs).toEqual(guessed.runs)
  })

  it('says that something is not there, which is then not guessed', async () => {
    const table = file(
      'status.csv',
      'task,model,setting,lr,seed,status,val_acc,test_acc\nt,m,s,1e-3,0,failed,0.7,0.6\n',
    )
    expect(inShort(await readImport([table]))).toEqual(['t m s 0.001 0 failed '])
    const mapping = file('not-there.yaml', 'fields: { state: null }\nmetrics: { test/accuracy: null }\n')
    const read = await readImport([table], { mapping })
    expect(inShort(read)).toEqual(['t m s 0.001 0 finished val/accuracy=0.7'])
    expect(read.unmapped.fields).toEqual(['status', 'test_acc'])
    // What is shown is what is taken: a correction of something else leaves it so.
    expect(await readMapping(file('shown.yaml', mappingText(read.mapping)))).toEqual(read.mapping)
  })

  it.each([
    ['metric: {}', 'mapping.yaml:1: metric: unknown key; did you mean metrics?'],
    ['metrics: { val/acuracy: quality }', 'metrics.val/acuracy: unknown key; did you mean val/accuracy?'],
    [
      'fields: { learning_rate: [a, b] }',
      'expected the name of a field, {value: …} or {from: …, words: {…}}',
    ],
    ['accuracy: promille', 'mapping.yaml:1: accuracy: found "promille", expected one of fraction, percent'],
    [
      'fields: { learning_rate: stepsize }',
      'mapping.yaml: fields.learning_rate: found "stepsize", expected a name that is there: who, what, step size',
    ],
    [
      'metrics: { val/accuracy: acc }',
      'mapping.yaml: metrics.val/accuracy: found "acc", expected a name that is there',
    ],
    ['name: "{setting"', 'name: found { without }'],
    ['- fields', 'mapping.yaml:1: found a list, expected a mapping'],
    ['fields: {', 'mapping.yaml:1: not YAML'],
    ['fields: !!js/function x', 'found the tag'],
    ['fields: { seed: { value: { deep: 1 } } }', 'mapping.yaml:1: fields.seed'],
  ])('%s is refused', async (text, message) => {
    expect(await refusal([odd()], file('mapping.yaml', text))).toContain(message)
  })
})

describe('a template of run names', () => {
  it.each([
    [
      '{task}/{setting}-lr{rate}-s{seed}',
      'mnist/frozen-lr1e-3-s0',
      { task: 'mnist', setting: 'frozen', rate: '1e-3', seed: '0' },
    ],
    ['run-{name}', 'run-a-b', { name: 'a-b' }],
    ['{a}-{b}', 'x-y-z', { a: 'x', b: 'y-z' }],
    ['{a}.txt', 'x.txt', { a: 'x' }],
    ['lr{rate}_{rest}', 'lr0.1_', null],
    ['lr{rate}', 'lr', null],
    ['lr{rate}', 'rate1', null],
    ['{a}-{b}x', 'x-y', null],
  ])('%s reads %s', (template, name, expected) => {
    const found = nameTemplate(template).read(name)
    expect(found === null ? null : Object.fromEntries(found)).toEqual(expected)
  })

  it.each(['plain', '{}', '{a}{b}', '{a}-{a}', 'a}b{'])('%s is refused', (template) => {
    expect(() => nameTemplate(template)).toThrow(`in "${template}"`)
  })

  it('takes no longer for names made to be slow', () => {
    const { read } = nameTemplate('{a}a{b}a{c}a{d}a{e}b')
    const start = processorTime()
    expect(read('a'.repeat(200_000))).toBeNull()
    expect(processorTime() - start).toBeLessThan(100)
  })

  it('says which names do not fit', async () => {
    const table = file(
      'points.csv',
      'run,metric,step,value,lr\nfrozen-s1,val/loss,1,2,1e-3\nother,val/loss,1,2,1e-3\n',
    )
    const read = await readImport([table], { mapping: file('mapping.yaml', 'name: "{setting}-s{seed}"') })
    expect(inShort(read)).toEqual([
      'unknown unknown frozen 0.001 1 finished val/loss=2',
      'unknown unknown unknown 0.001 0 finished val/loss=2',
    ])
    expect(read.remarks[0]).toBe('1 run names are not of the form {setting}-s{seed}: other')
  })
})

describe('docs/importing.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/importing.md'), 'utf8')
  const example = (kind: string): string => new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 's').exec(page)![1]!

  it('shows a mapping that can be read', async () => {
    const mapping = await readMapping(file('mapping.yaml', example('yaml')))
    expect(Object.keys(mapping).sort()).toEqual(['accuracy', 'decimal', 'fields', 'keep', 'metrics'])
  })

  it('shows a published cell that can be imported', async () => {
    const { published } = await readImport([file('cell.csv', example('csv'))])
    expect(published).toMatchObject([{ setting: 'frozen-pretrained', mean: 0.985, sem: 0.001, n: 3 }])
  })

  it('names every field and metric that a mapping can have', () => {
    for (const name of [...RUN_FIELDS, ...PUBLISHED_FIELDS, ...METRICS]) expect(page).toContain(name)
  })
})
