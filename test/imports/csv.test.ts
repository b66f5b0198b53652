import { describe, expect, it } from 'vitest'
import { readImport } from '../../src-main/imports/read-import'
import { inShort, refusal, scratch } from './files'

const { file } = scratch()

const HEAD = 'task,model,setting,lr,seed,val_acc,test_acc'
const table = (...rows: string[]): string => file('runs.csv', [HEAD, ...rows, ''].join('\n'))

describe('a table of runs', () => {
  it('is read by the names that people use', async () => {
    const read = await readImport([
      table('mnist,gpt2,frozen-random,1e-3,0,0.9,0.89', 'mnist,gpt2,frozen-random,0.0001,1,0.8,'),
    ])
    expect(inShort(read)).toEqual([
      'mnist gpt2 frozen-random 0.001 0 finished val/accuracy=0.9 test/accuracy=0.89',
      'mnist gpt2 frozen-random 0.0001 1 finished val/accuracy=0.8',
    ])
    expect(read.mapping).toEqual({
      accuracy: 'fraction',
      fields: { task: 'task', model: 'model', setting: 'setting', learning_rate: 'lr', seed: 'seed' },
      metrics: { 'val/accuracy': 'val_acc', 'test/accuracy': 'test_acc' },
    })
    expect(read.unmapped).toEqual({ fields: [], metrics: [] })
    expect(read.remarks).toEqual([])
  })

  it.each([
    ['Dataset;Architecture;Mode;Learning Rate;Random Seed;Validation Accuracy;Test Accuracy', ';'],
    [
      'params.dataset\tparams.model_name_or_path\tparams.mode\tparams.lr\tparams.seed\tmetrics.eval_accuracy\tmetrics.test_accuracy',
      '\t',
    ],
    ['data|arch|condition|optimizer.lr|rng_seed|best_valid_acc|test/acc_top1', '|'],
    [
      'config/task,config/backbone,config/method,config/lr,config/seed,Accuracy/validation,Accuracy/test',
      ',',
    ],
  ])('is recognised by %s', async (head, sign) => {
    const path = file(
      'runs.csv',
      `${head}\n${['mnist', 'gpt2', 'frozen-random', '1e-3', '0', '0.9', '0.8'].join(sign)}\n`,
    )
    expect(inShort(await readImport([path]))).toEqual([
      'mnist gpt2 frozen-random 0.001 0 finished val/accuracy=0.9 test/accuracy=0.8',
    ])
  })

  it('takes our names of settings, however they are written', async () => {
    const read = await readImport([
      table('mnist,gpt2,Frozen Random,1e-3,0,0.9,', 'mnist,gpt2,UNFROZEN_PRETRAINED,1e-3,0,0.8,'),
    ])
    expect(read.runs.map(({ setting }) => setting)).toEqual(['frozen-random', 'unfrozen-pretrained'])
    expect(read.mapping.fields?.setting).toEqual({
      from: 'setting',
      words: { 'Frozen Random': 'frozen-random', UNFROZEN_PRETRAINED: 'unfrozen-pretrained' },
    })
  })

  it('reads percent where scores are above 1, without the noise of dividing', async () => {
    const read = await readImport([table('mnist,gpt2,a,1e-3,0,38.9,57.6', 'mnist,gpt2,a,1e-3,1,0.7,1')])
    expect(read.runs.map(({ summary }) => Object.values(summary))).toEqual([
      [0.389, 0.576],
      [0.007, 0.01],
    ])
    expect(read.mapping.accuracy).toBe('percent')
    expect(inShort(await readImport([table('mnist,gpt2,a,1e-3,0,38.9%,')]))[0]).toContain(
      'val/accuracy=0.389',
    )
  })

  it('reads a decimal comma where nothing has a point', async () => {
    const path = file('runs.csv', 'setting;lr;val_loss\na;0,001;1,25\na;1e-2;2,5\n')
    const read = await readImport([path])
    expect(read.runs.map(({ config, summary }) => [config.learning_rate, summary['val/loss']])).toEqual([
      [0.001, 1.25],
      [0.01, 2.5],
    ])
    expect(read.mapping.decimal).toBe(',')
  })

  it('says what it had to take for granted', async () => {
    const read = await readImport([file('runs.csv', 'lr,val_loss\n1e-3,0.5\n1e-3,0.6\n1e-4,0.7\n')])
    expect(read.runs.map(({ config }) => [config.learning_rate, config.seed])).toEqual([
      [1e-3, 0],
      [1e-3, 1],
      [1e-4, 0],
    ])
    expect(read.remarks).toEqual([
      '3 without a task: called "unknown"; name its field in the mapping, or one value for all',
      '3 without a model: called "unknown"; name its field in the mapping, or one value for all',
      '3 without a setting: called "unknown"; name its field in the mapping, or one value for all',
      '3 runs without a seed: numbered from 0 within each learning rate, in the order of the files',
    ])
  })

  it('knows ends by the words of other trackers, and takes NaN for divergence where none says so', async () => {
    const states = ['finished', 'FINISHED', 'crashed', 'killed', 'running', 'early-stopped', 'diverged', '']
    const rows = states.map((state, seed) => `1e-3,${seed},${state},${state === '' ? 'nan' : '0.5'}`)
    const read = await readImport([file('runs.csv', ['lr,seed,state,val_loss', ...rows].join('\n'))])
    expect(read.runs.map(({ state }) => state)).toEqual([
      'finished',
      'finished',
      'failed',
      'cancelled',
      'cancelled',
      'early-stopped',
      'diverged',
      'diverged',
    ])
    expect(read.runs[4]?.reason).toBe('was running when it was imported')
    expect(read.runs[7]?.reason).toBe('the last val/loss is not a finite number')
    expect(read.runs[2]?.summary).toEqual({})
  })

  it('keeps known hyperparameters, lists the rest, and gives a run the same key again', async () => {
    const path = file(
      'runs.csv',
      'run,lr,seed,val_loss,batch_size,Weight Decay,mood\nA,1e-3,0,0.5,8,0.1,good\n',
    )
    const [first, second] = [await readImport([path]), await readImport([path])]
    expect(first.runs[0]?.config).toEqual({
      imported: { from: 'csv', run: 'A' },
      options: { batch_size: '8', 'Weight Decay': '0.1' },
      learning_rate: 1e-3,
      seed: 0,
    })
    expect(first.unmapped.fields).toEqual(['mood'])
    expect(second.runs[0]?.key).toBe(first.runs[0]?.key)
    expect(first.runs[0]?.key).toMatch(/^[0-9a-f]{64}$/)
  })

  it('gives other content another key', async () => {
    const keys = new Set<string | undefined>()
    for (const row of ['A,1e-3,0,0.5', 'A,1e-3,0,0.6', 'A,1e-3,1,0.5', 'A,1e-4,0,0.5', 'B,1e-3,0,0.5']) {
      keys.add((await readImport([file('runs.csv', `run,lr,seed,val_loss\n${row}\n`)])).runs[0]?.key)
    }
    expect(keys.size).toBe(5)
  })

  it('counts the same row once', async () => {
    const read = await readImport([file('runs.csv', 'run,lr,seed,val_loss\nA,1e-3,0,0.5\nA,1e-3,0,0.5\n')])
    expect(read.runs).toHaveLength(1)
    expect(read.remarks.join()).toContain('1 runs are there more than once')
  })

  it('takes moments only with their time zone', async () => {
    const path = file(
      'runs.csv',
      'lr,val_loss,started_at,finished_at\n1e-3,0.5,2026-01-02T03:04:05+02:00,02.01.2026\n',
    )
    const read = await readImport([path])
    expect(read.runs[0]).toMatchObject({ startedAt: '2026-01-02T01:04:05.000Z', finishedAt: null })
    expect(read.remarks.join()).toContain('1 start or end times without a time zone')
  })
})

describe('text in tables', () => {
  const row = 'setting,lr,val_loss\nfrören,1e-3,0.5\n'

  it.each([
    ['with a byte order mark', Buffer.from(`\ufeff${row}`)],
    ['in UTF-16, little-endian', Buffer.from(`\ufeff${row}`, 'utf16le')],
    ['in UTF-16, big-endian', Buffer.from(`\ufeff${row}`, 'utf16le').swap16()],
    ['with CR LF', Buffer.from(row.replaceAll('\n', '\r\n'))],
    ['with CR alone', Buffer.from(row.replaceAll('\n', '\r'))],
    ['with mixed ends of line', Buffer.from(row.replace('\n', '\r\n'))],
    ['without an end of line at the end', Buffer.from(row.trimEnd())],
    ['with empty lines', Buffer.from(row.replaceAll('\n', '\n\n'))],
    ['in decomposed letters', Buffer.from(row.normalize('NFD'))],
  ])('is read %s', async (_, bytes) => {
    expect(inShort(await readImport([file('runs.csv', bytes)]))).toEqual([
      'unknown unknown frören 0.001 0 finished val/loss=0.5',
    ])
  })

  it('may hold delimiters, quotes and ends of line in quotes', async () => {
    const path = file('runs.csv', '"a, ""b""\nc",setting,lr,val_loss\n1,"x; ""y"", z",1e-3,0.5\n')
    const read = await readImport([path])
    expect(read.runs[0]?.setting).toBe('x; "y", z')
    expect(read.unmapped.fields).toEqual(['a, "b"\nc'])
  })

  it('loses the apostrophe that an export puts before what looks like a formula', async () => {
    const names = ['=1+1', '+x', '-y', '@z', "'quoted'", '－full']
    const rows = names.map((name) => `${/^['0-9]/.test(name) ? name : `'${name}`},1e-3,0.5`)
    const read = await readImport([file('runs.csv', ['setting,lr,val_loss', ...rows].join('\n'))])
    expect(read.runs.map(({ setting }) => setting)).toEqual(names)
  })
})

describe('a table that cannot be used is refused with its line:', () => {
  const csv = (content: string | Buffer): string => file('runs.csv', content)

  it.each([
    ['nothing in it', '', 'runs.csv: is empty'],
    ['a header alone', 'lr,val_loss\n', 'runs.csv: has no rows'],
    ['no names', ',,\n1,2,3\n', 'runs.csv:1: the first row has no names'],
    ['a short row', 'lr,seed,val_loss\n1e-3,0,0.5\n1e-3,0\n', 'runs.csv:3: found 2 cells, expected 3'],
    ['a long row', 'lr,val_loss\n1e-3,0.5,7\n', 'runs.csv:2: found 3 cells, expected 2'],
    ['an open quote', 'lr,val_loss\n1e-3,"0.5\n', 'a quote is opened and never closed'],
    ['text after a quote', 'lr,val_loss\n1e-3,"0.5"x\n', 'runs.csv:2: is no table of cells'],
    [
      'latin-1',
      Buffer.from('lr,setting,val_loss\n1e-3,frören,0.5\n', 'latin1'),
      'runs.csv:2: found bytes that are not UTF-8',
    ],
    ['a NUL', 'lr,val_loss\n1e-3,0\0\n', 'runs.csv:2: found the character U+0000'],
    ['half a UTF-16 letter', Buffer.from([0xff, 0xfe, 0x61]), 'not UTF-16LE'],
    [
      'words for a rate',
      'lr,val_loss\nfast,0.5\n',
      'runs.csv:2: learning_rate: found "fast" in "lr", expected a number',
    ],
    [
      'a rate of zero',
      'lr,val_loss\n0,0.5\n',
      'runs.csv:2: learning_rate: found 0, expected a learning rate',
    ],
    ['an infinite rate', 'lr,val_loss\ninf,0.5\n', 'found Infinity, expected a learning rate'],
    [
      'thousands',
      'lr,val_loss\n1e-3,"1,000"\n',
      'found "1,000" in "val_loss", expected a number (a decimal comma? decimal: ",")',
    ],
    ['both commas', 'lr,val_loss\n1e-3,"1.000,5"\n', 'found "1.000,5" in "val_loss", expected a number'],
    ['a date', 'lr,val_loss\n1e-3,02.01.2026\n', 'found "02.01.2026" in "val_loss", expected a number'],
    ['half a seed', 'lr,seed,val_loss\n1e-3,0.5,1\n', 'runs.csv:2: seed: found 0.5, expected a whole number'],
    ['a seed below 0', 'lr,seed,val_loss\n1e-3,-1,1\n', 'runs.csv:2: seed: found -1'],
    [
      'a word for an end',
      'lr,state,val_loss\n1e-3,sleeping,1\n',
      'runs.csv:2: state: found "sleeping", expected one of finished',
    ],
    [
      'no rate',
      'setting,val_loss\na,0.5\n',
      'expected one in every run: name its field in the mapping, or one value for all (there are setting, val_loss)',
    ],
    ['no score', 'lr,mood\n1e-3,0.5\n', 'found no validation or test score of any run'],
    [
      'turned text',
      'lr,setting,val_loss\n1e-3,a\u202eb,0.5\n',
      'runs.csv:2: setting: found text with signs that cannot be seen',
    ],
    [
      'a name too long',
      `lr,setting,val_loss\n1e-3,${'a'.repeat(201)},0.5\n`,
      'runs.csv:2: setting: found text with signs that cannot be seen, or too long',
    ],
    [
      'the same run twice',
      'id,lr,val_loss\nA,1e-3,0.5\nA,1e-3,0.6\n',
      'runs.csv:3: the run A is there twice (also in line 2)',
    ],
  ])('%s', async (_, content, message) => {
    expect(await refusal([csv(content)])).toContain(message)
  })

  it('a million columns', async () => {
    expect(await refusal([csv(`lr${',x'.repeat(400_000)}\n`)])).toContain(
      'found 400001 columns, expected at most 10000',
    )
    expect(await refusal([csv(`lr${',x'.repeat(1_000_000)}\n`)])).toContain(
      'found a row of more than 1000000 characters',
    )
  })

  it('a line without an end', async () => {
    expect(await refusal([csv(Buffer.alloc(8_000_000, 'a'))])).toContain(
      'found a row of more than 1000000 characters',
    )
  })

  it('several problems, together', async () => {
    const message = await refusal([csv('lr,seed,val_loss\nx,0,1\n1e-3,y,1\n1e-3,0,z\n')])
    expect(message.split('\n')).toEqual([
      expect.stringContaining('runs.csv:2: learning_rate'),
      expect.stringContaining('runs.csv:3: seed'),
      expect.stringContaining('runs.csv:4: val_loss'),
    ])
  })

  it('a folder, a name that is not there, a kind that is not known', async () => {
    expect(await refusal([file('runs.xyz', 'x')])).toContain('holds nothing that can be imported')
    expect(await refusal(['/nowhere/runs.csv'])).toContain('cannot be read (ENOENT)')
  })

  it('an export of ours, with what is done with one', async () => {
    for (const text of ['{"study":"mine","runs":[]}', '{\n "study": "mine"\n}'])
      expect(await refusal([file('mine.json', text)])).toMatch(/mine\.json: is an export of .*study-of/)
    expect(await refusal([file('other.json', '{"a":{"study":"mine"}}')])).toContain('holds nothing that can')
  })
})

describe('a table of points', () => {
  const points = (...rows: string[]): string =>
    file('points.csv', ['run,metric,step,value,lr,seed,setting', ...rows, ''].join('\n'))

  it('makes runs of the points that carry their name', async () => {
    const read = await readImport([
      points(
        'A,val/accuracy,100,0.5,1e-3,0,frozen-random',
        'A,val/accuracy,200,0.7,1e-3,0,frozen-random',
        'A,val/accuracy,300,0.6,1e-3,0,frozen-random',
        'A,test/accuracy,200,0.65,1e-3,0,frozen-random',
        'B,val/accuracy,100,0.4,1e-2,0,frozen-random',
      ),
    ])
    expect(inShort(read)).toEqual([
      'unknown unknown frozen-random 0.001 0 finished val/accuracy=0.7 test/accuracy=0.65',
      'unknown unknown frozen-random 0.01 0 finished val/accuracy=0.4',
    ])
    expect(read.runs[0]).toMatchObject({ bestStep: 200, steps: 300 })
    expect(Array.from(read.runs[0]!.points[0]!.steps)).toEqual([100, 200, 300])
  })

  it('may come in any order; of two points of a step the last counts', async () => {
    const read = await readImport([
      points(
        'A,val/loss,300,0.3,1e-3,0,a',
        'A,val/loss,100,0.9,1e-3,0,a',
        'A,val/loss,200,0.8,1e-3,0,a',
        'A,val/loss,100,0.5,1e-3,0,a',
      ),
    ])
    expect(Array.from(read.runs[0]!.points[0]!.steps)).toEqual([100, 200, 300])
    expect(Array.from(read.runs[0]!.points[0]!.values)).toEqual([0.5, 0.8, 0.3])
    expect(read.runs[0]!.summary).toEqual({ 'val/loss': 0.3 })
  })

  it('takes no test score where several were read and none at the best step', async () => {
    const read = await readImport([
      points('A,val/loss,100,0.3,1e-3,0,a', 'A,test/loss,50,0.4,1e-3,0,a', 'A,test/loss,150,0.5,1e-3,0,a'),
    ])
    expect(read.runs[0]!.summary).toEqual({ 'val/loss': 0.3 })
    expect(read.remarks.join()).toContain(
      '1 runs have several test scores and none at their best validation step',
    )
  })

  it('stands beside the table of its runs', async () => {
    const runs = file(
      'runs.csv',
      'id,setting,lr,seed,best_step,val/loss\nA,a,1e-3,0,200,0.2\nB,b,1e-4,1,100,0.1\n',
    )
    const more = file(
      'points.csv',
      'run,metric,step,value,time\nA,val/loss,100,0.5,2026-01-01T00:00:00.000Z\nA,val/loss,200,0.25,1767225601\n',
    )
    const read = await readImport([runs, more])
    expect(inShort(read)).toEqual([
      'unknown unknown a 0.001 0 finished val/loss=0.25',
      'unknown unknown b 0.0001 1 finished val/loss=0.1',
    ])
    expect(Array.from(read.runs[0]!.points[0]!.times)).toEqual([1767225600000, 1767225601000])
    expect((await readImport([more, runs])).runs.map(({ key }) => key).sort()).toEqual(
      read.runs.map(({ key }) => key).sort(),
    )
  })

  it.each([
    ['A,val/loss,1.5,0.3,1e-3,0,a', 'found the step 1.5, expected a whole number'],
    ['A,val/loss,-1,0.3,1e-3,0,a', 'found the step -1'],
    ['A,val/loss,4294967296,0.3,1e-3,0,a', 'found the step 4294967296'],
    ['A,val/loss,,0.3,1e-3,0,a', 'points.csv:2: step: found "", expected a step'],
    ['A,val/loss,1,much,1e-3,0,a', 'points.csv:2: value: found "much", expected a number'],
    [',val/loss,1,0.3,1e-3,0,a', 'points.csv:2: run: found nothing, expected the name of a run'],
  ])('is refused with %s', async (row, message) => {
    expect(await refusal([points(row)])).toContain(message)
  })
})

describe('a chart that W&B exported', () => {
  it('has a column a run', async () => {
    const chart = file(
      'wandb.csv',
      [
        '"Step","frozen-lr1e-3-s0 - val/acc","frozen-lr1e-3-s0 - val/acc__MIN","frozen-lr1e-3-s0 - val/acc__MAX","full-lr1e-4-s1 - val/acc","full-lr1e-4-s1 - val/acc__MIN","full-lr1e-4-s1 - val/acc__MAX"',
        '"100","0.5","0.5","0.5","","",""',
        '"200","0.7","0.7","0.7","0.6","0.6","0.6"',
      ].join('\n'),
    )
    const mapping = file('mapping.yaml', 'name: "{setting}-lr{learning_rate}-s{seed}"\n')
    expect(inShort(await readImport([chart], { mapping }))).toEqual([
      'unknown unknown frozen 0.001 0 finished val/accuracy=0.7',
      'unknown unknown full 0.0001 1 finished val/accuracy=0.6',
    ])
  })
})
