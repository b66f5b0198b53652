import Database from 'better-sqlite3'
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { mlflowValue } from '../../src-main/imports/mlflow-words'
import { readImport } from '../../src-main/imports/read-import'
import type { ReadImport } from '../../src-main/imports/read-import'
import { EXPECTED, FIXTURES, pointsOf, validationOf } from './expected'
import { refusal, scratch } from './files'

const { file, folder } = scratch()

const database = (): string =>
  file('mlflow.db', gunzipSync(readFileSync(join(FIXTURES, 'mlflow-database/mlflow.db.gz'))))

function expectTheSweep(read: ReadImport): void {
  expect(read.from).toBe('mlflow')
  expect(read.runs).toHaveLength(9)
  for (const run of EXPECTED) {
    expect(pointsOf(read, run, 'val/accuracy')).toEqual(validationOf(run))
    expect(pointsOf(read, run, 'test/accuracy')).toEqual([[40, run.test]])
  }
  expect(read.mapping).toEqual({
    accuracy: 'fraction',
    fields: {
      task: 'tags.dataset',
      setting: 'params.setting',
      learning_rate: 'params.lr',
      seed: 'params.seed',
      state: 'status',
      started_at: 'start_time',
      finished_at: 'end_time',
    },
    metrics: { 'val/accuracy': 'val_accuracy', 'test/accuracy': 'test_accuracy', 'val/loss': 'val_loss' },
  })
  expect(read.unmapped).toEqual({ fields: ['params.optim/name'], metrics: [] })
  const failed = read.runs.find(({ state }) => state === 'failed')
  expect(failed).toMatchObject({ task: 'mnist', config: { learning_rate: 0.01 } })
  expect(Array.from(failed!.points[0]!.values)).toEqual([NaN])
  const [first] = read.runs
  expect(first).toMatchObject({
    state: 'finished',
    startedAt: '2023-11-14T22:13:20.000Z',
    finishedAt: '2023-11-14T22:14:20.000Z',
    config: { imported: { from: 'mlflow', run: expect.stringMatching(/^[0-9a-f]{32}$/) as string } },
  })
  expect(Array.from(first!.points[0]!.times)).toEqual([1, 2, 3, 4].map((i) => 1700000000000 + 10_000 * i))
  expect(read.remarks[0]).toBe('1 runs were deleted there and are left out')
}

describe("MLflow's database", () => {
  it('gives the runs that its own package logged', async () => {
    expectTheSweep(await readImport([database()]))
  })

  it('is neither changed nor locked, and nothing is made beside it', async () => {
    const path = database()
    const before = readFileSync(path)
    const holder = new Database(path)
    holder.exec('BEGIN EXCLUSIVE')
    await readImport([path])
    holder.close()
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder())).toEqual(['mlflow.db'])
  })

  it('is read with a write-ahead log switched on too', async () => {
    const path = database()
    const db = new Database(path)
    db.pragma('journal_mode = WAL')
    db.close()
    expectTheSweep(await readImport([path]))
  })

  it('with changes in a write-ahead log is refused: they would be missing', async () => {
    const path = database()
    const db = new Database(path)
    db.pragma('journal_mode = WAL')
    db.exec("UPDATE runs SET name = 'x'")
    expect(await refusal([path])).toBe(
      'mlflow.db-wal: holds changes that are not in the database yet, expected a database that no program writes to',
    )
    db.close()
  })

  it('takes the largest double for the infinity that it stands for', async () => {
    const path = database()
    const db = new Database(path)
    db.exec(
      "UPDATE metrics SET value = -1.7976931348623157e308 WHERE key = 'val_loss'; UPDATE metrics SET is_nan = 0",
    )
    db.close()
    const read = await readImport([path])
    expect(Array.from(read.runs.find(({ state }) => state === 'failed')!.points[0]!.values)).toEqual([
      -Infinity,
    ])
  })

  it('that is another database, cut off or overwritten, is refused', async () => {
    const bytes = readFileSync(database())
    expect(await refusal([file('a.db', 'not a database at all')])).toBe('a.db: is no SQLite database')
    const other = join(folder(), 'other.sqlite')
    new Database(other).exec('CREATE TABLE runs (x); CREATE VIEW params AS SELECT 1').close()
    expect(await refusal([other])).toContain('has no table params, metrics, tags')
    expect(await refusal([file('b.db', bytes.subarray(0, 60_000))])).toContain(
      'cannot be read as an MLflow database',
    )
    const spoiled = Buffer.from(bytes)
    spoiled.fill(0xff, 512, 100_000)
    expect(await refusal([file('c.db', spoiled)])).toContain('c.db: ')
  })
})

describe("MLflow's files", () => {
  it('give the runs that its own package wrote', async () => {
    expectTheSweep(await readImport([join(FIXTURES, 'mlruns')]))
  })

  it('give one run too', async () => {
    const experiment = readdirSync(join(FIXTURES, 'mlruns')).find((name) => /^[1-9]/.test(name))!
    const [run] = readdirSync(join(FIXTURES, 'mlruns', experiment)).filter((name) => name.length === 32)
    const read = await readImport([join(FIXTURES, 'mlruns', experiment, run!)], {
      mapping: file('m.yaml', 'fields: { learning_rate: { value: 1 } }'),
    })
    expect(read.runs.length + Number(read.remarks.join().includes('left out'))).toBeGreaterThan(0)
  })

  it('never lead outside, by artifact addresses or links', async () => {
    cpSync(join(FIXTURES, 'mlruns'), join(folder(), 'mlruns'), { recursive: true })
    const secret = file('secret', 'do not read')
    const run = join(folder(), 'mlruns/1/abc')
    mkdirSync(join(run, 'params'), { recursive: true })
    writeFileSync(join(run, 'meta.yaml'), `run_id: abc\nartifact_uri: file://${secret}\nstatus: 3\n`)
    writeFileSync(join(run, 'params/lr'), '1e-3')
    symlinkSync(secret, join(run, 'params/secret'))
    const read = await readImport([join(folder(), 'mlruns')])
    expect(JSON.stringify(read)).not.toContain('do not read')
    expect(read.remarks).toContain('1 links are not followed')
    expect(read.remarks.join()).toContain('1 without a validation or test score, left out: abc')
  })

  it.each([
    ['meta.yaml', '- not a run', 'expected one in every run'],
    ['meta.yaml', 'run_id: [', 'meta.yaml:1: not YAML'],
    ['meta.yaml', 'run_id: !!python/object x', 'found the tag'],
    ['metrics/val_loss', '1 2\nnonsense\n', 'val_loss:2: found "nonsense", expected time, value and step'],
    ['metrics/val_loss', '1 0.5 1.5\n', 'expected time, value and step'],
    ['params/lr', Buffer.from([0xff]), 'lr: is not UTF-8 text'],
    ['params/lr', 'x'.repeat(1_000_001), 'found 1000001 bytes, expected at most 1000000'],
  ])('are refused where %s is damaged', async (name, content, message) => {
    const run = join(folder(), 'run')
    for (const part of ['params', 'metrics']) mkdirSync(join(run, part), { recursive: true })
    writeFileSync(join(run, 'meta.yaml'), 'run_id: abc\nstatus: 3\n')
    writeFileSync(join(run, 'metrics/val_accuracy'), '1 0.5 1\n')
    writeFileSync(join(run, name), content)
    if (typeof content === 'string' && content.startsWith('- '))
      expect(await refusal([run])).toContain('found no runs')
    else expect(await refusal([run])).toContain(message)
  })
})

describe('numbers as Python prints them', () => {
  it.each([
    ['0.5', 0.5],
    ['-1e-07', -1e-7],
    ['3', 3],
    ['nan', NaN],
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['1.7976931348623157e+308', Infinity],
    ['', null],
    ['0x10', null],
    ['1,5', null],
  ])('%s', (text, value) => {
    expect(mlflowValue(text)).toEqual(value)
  })
})
