import Database from 'better-sqlite3'
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkedBundle } from '../../src-main/imports/check-bundle'
import { openWritable } from '../../src-main/store/database'
import { shippedMigrations } from '../../src-main/store/migrate'
import { writableStore } from '../../src-main/store/open'
import { isBundle, openBundle, openStore, studyBatch, writeBundle } from '../../src-main/store/store'
import type { ImportOutcome, ReadableStore, Store } from '../../src-main/store/store'
import { keyOf } from '../../src-main/study/key'
import { batch, importedRun } from './imports'
import { losses, outcome, plan, START } from './plans'

let folder: string
let path: string
let ours: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-bundle-'))
  path = join(folder, 'sweep.fairsweep')
  ours = openStore(':memory:')
})
afterEach(() => {
  ours.close()
  rmSync(folder, { recursive: true })
})

/** A plan whose keys are those of its configurations. */
function honestPlan(): ReturnType<typeof plan> {
  const asked = plan()
  return { ...asked, runs: asked.runs.map((run) => ({ ...run, key: keyOf(run.config) })) }
}

/** Four runs, all ended but so many of the last. */
function train(open = 0): void {
  ours.saveStudy(honestPlan())
  const runs = ours.runs({ study: 'lr-sweep', order: 'plan' })
  runs.slice(0, runs.length - open).forEach(({ id }, i) => {
    ours.begin(id, START)
    ours.append(id, [
      losses(1, 100),
      { ...losses(1, 3), metric: 'val/loss', values: Float64Array.of(1, NaN, -Infinity) },
    ])
    ours.end(
      id,
      outcome({ 'val/loss': i === 0 ? NaN : i, 'val/accuracy': 0.5 + i / 10, 'test/accuracy': 0.4 }),
    )
  })
}

function importInto(store: Store, name = 'lr-sweep', file = path): ImportOutcome {
  const bundle = openBundle(file)
  try {
    return store.importStudy(checkedBundle(studyBatch(bundle, bundle.studies()[0]!.name), file), name)
  } finally {
    bundle.close()
  }
}

function everything(store: ReadableStore, study = 'lr-sweep') {
  const { importedFrom: _, ...record } = store.study(study)!
  return {
    record,
    runs: store.runs({ study, order: 'plan' }).map((run) => ({
      ...run,
      series: store.loggedMetrics(run.id).map((metric) => store.series(run.id, metric, undefined, study)),
    })),
    published: store.published(study),
    events: store.events({ study }).map(({ at, kind, detail }) => ({ at, kind, detail })),
  }
}

describe('a bundle', () => {
  it('brings a whole study into another workspace: runs, points, machines, rule, events, published cells', () => {
    train()
    const cited = batch([], {
      published: [
        {
          source: 'P',
          task: 'mnist',
          model: 'gpt2',
          setting: 'a',
          metric: 'accuracy',
          mean: 0.9,
          sem: null,
          n: 3,
        },
      ],
    })
    ours.importRuns({ ...cited, study: { ...cited.study, name: 'lr-sweep' } })
    writeBundle(ours, 'lr-sweep', path)
    const theirs = openStore(':memory:')
    expect(importInto(theirs)).toMatchObject({
      added: 4,
      known: 0,
      points: 4 * 103,
      damaged: 0,
      published: { added: 1 },
    })
    const [before, after] = [everything(ours), everything(theirs)]
    expect(after.runs).toEqual(before.runs)
    expect(after.record).toEqual(before.record)
    expect(after.published).toEqual(before.published)
    expect(after.events.slice(0, before.events.length)).toEqual(before.events)
    expect(after.events.at(-1)).toMatchObject({
      kind: 'imported',
      detail: expect.stringContaining('cannot be vouched for') as string,
    })
    expect(theirs.study('lr-sweep')?.importedFrom).toBe('bundle')
  })

  it('is one file, in which nothing else lies beside the study', () => {
    train()
    ours.saveStudy(plan({ name: 'secret', learning_rates: [0.5] }))
    writeBundle(ours, 'lr-sweep', path)
    expect(readdirSync(folder)).toEqual(['sweep.fairsweep'])
    expect(isBundle(path)).toBe(true)
    const bundle = openBundle(path)
    expect(bundle.studies().map(({ name }) => name)).toEqual(['lr-sweep'])
    expect(bundle.countRuns()).toBe(4)
    expect(readFileSync(path).includes('secret')).toBe(false)
  })

  it('adds nothing the second time, nor where it came from', () => {
    train()
    writeBundle(ours, 'lr-sweep', path)
    const theirs = openStore(':memory:')
    importInto(theirs)
    const before = everything(theirs)
    expect(importInto(theirs)).toMatchObject({ added: 0, known: 4, points: 0 })
    expect(everything(theirs)).toEqual(before)
    expect(importInto(ours)).toMatchObject({ added: 0, known: 4 })
    expect(ours.study('lr-sweep')?.importedFrom).toBeNull()
  })

  it('adds to its study what was trained since', () => {
    ours.saveStudy(honestPlan())
    for (const [i, { id }] of ours.runs({ study: 'lr-sweep', order: 'plan' }).entries()) {
      ours.begin(id, START)
      ours.end(id, outcome())
      if (i === 1) {
        ours.revealTest('lr-sweep')
        writeBundle(ours, 'lr-sweep', path)
      }
    }
    const theirs = openStore(':memory:')
    importInto(theirs)
    expect(theirs.runs({ states: ['cancelled'] }).map(({ reason }) => reason)).toEqual([
      'was queued when it was exported',
      'was queued when it was exported',
    ])
  })

  it('may come under another name, and beside a study of its own name only so', () => {
    train()
    writeBundle(ours, 'lr-sweep', path)
    const theirs = openStore(':memory:')
    theirs.saveStudy(plan({ learning_rates: [0.3] }))
    expect(() => importInto(theirs)).toThrow('there is another study "lr-sweep" here')
    expect(importInto(theirs, 'copy')).toMatchObject({ added: 4 })
    expect(theirs.study('copy')?.study.name).toBe('copy')
  })

  it('shares runs that are here already and leaves them as they are', () => {
    train()
    writeBundle(ours, 'lr-sweep', path)
    const theirs = openStore(':memory:')
    const mine = honestPlan()
    theirs.saveStudy({ ...mine, study: { ...mine.study, name: 'mine' } })
    const { id } = theirs.runs({ study: 'mine', order: 'plan' })[0]!
    theirs.begin(id, START)
    theirs.end(id, outcome({ 'val/accuracy': 0.9 }))
    expect(importInto(theirs)).toMatchObject({ added: 0, known: 4 })
    expect(theirs.run(id, 'lr-sweep')?.summary).toEqual({ 'val/accuracy': 0.9 })
  })

  it('is not made while the test is sealed: it would carry the scores', () => {
    train(1)
    expect(() => writeBundle(ours, 'lr-sweep', path)).toThrow(
      'is sealed while 1 of its runs are still to end',
    )
    expect(readdirSync(folder)).toEqual([])
    ours.revealTest('lr-sweep')
    writeBundle(ours, 'lr-sweep', path)
    expect(readdirSync(folder)).toEqual(['sweep.fairsweep'])
  })

  it('carries imported studies too', () => {
    ours.importRuns(batch([importedRun(1e-3, 0, 0.9)]))
    writeBundle(ours, 'theirs', path)
    const theirs = openStore(':memory:')
    expect(importInto(theirs, 'again')).toMatchObject({ added: 1, points: 10 })
    expect(theirs.runs({ study: 'again' })[0]?.config).toEqual(ours.runs({ study: 'theirs' })[0]?.config)
  })

  it('of an earlier schema is brought up to date in memory, and the file left as it was', () => {
    const old = openWritable(path, shippedMigrations().slice(0, 1))
    // The store of today needs the column only where it reads it back.
    old.exec('ALTER TABLE studies ADD COLUMN imported_from TEXT')
    writableStore(old)
    old.exec('ALTER TABLE studies DROP COLUMN imported_from')
    old.close()
    const bytes = readFileSync(path)
    const bundle = openBundle(path)
    expect(bundle.studies()).toEqual([])
    bundle.close()
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })
})

describe('a bundle that cannot be trusted is refused:', () => {
  beforeEach(() => {
    train()
    writeBundle(ours, 'lr-sweep', path)
  })

  /** What is said of the bundle after this was done to it; nothing of it may be imported. */
  function refusal(sql: string): string {
    const spoiled = join(folder, 'spoiled.fairsweep')
    cpSync(path, spoiled)
    const db = new Database(spoiled)
    db.exec(sql)
    db.close()
    const theirs = openStore(':memory:')
    let message = 'was not refused'
    try {
      importInto(theirs, 'lr-sweep', spoiled)
    } catch (error) {
      message = (error as Error).message
    }
    expect(theirs.studies()).toEqual([])
    expect(theirs.countRuns()).toBe(0)
    return message
  }

  it.each([
    ['a view', 'CREATE VIEW more AS SELECT 1', 'holds other tables than a bundle has'],
    ['a trigger', 'CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT 1; END', 'holds other tables'],
    ['a table less', 'DROP TABLE events', 'holds other tables'],
    ['a newer schema', 'PRAGMA user_version = 99', 'was written by another Fairsweep (schema 99'],
    ['no schema', 'PRAGMA user_version = 0', 'was written by another Fairsweep (schema 0'],
    ['another rate', 'UPDATE runs SET learning_rate = 0.5 WHERE run = 1', 'is not the one that its key says'],
    ['a rate below 0', 'UPDATE runs SET learning_rate = -1 WHERE run = 1', 'is not as Fairsweep writes it'],
    [
      'another configuration',
      `UPDATE setups SET config = json_set(config, '$.training.batch_size', 9)`,
      'is not the one that its key says',
    ],
    ['a configuration of something else', `UPDATE setups SET config = '{}'`, 'is not as Fairsweep writes it'],
    ['no key', `UPDATE runs SET key = 'x' || run, id = 'x' || run`, 'is not as Fairsweep writes it'],
    ['a broken configuration', `UPDATE setups SET config = '{'`, 'holds text that is not JSON'],
    [
      // The indexes read what they index: they stand in the way of whoever breaks it.
      'broken scores',
      `DROP INDEX runs_by_test_accuracy; DROP INDEX runs_by_test_loss; UPDATE runs SET test_scores = '{' WHERE run = 2`,
      'holds other tables',
    ],
    [
      'a study of something else',
      `UPDATE studies SET specification = json_set(specification, '$.settings', 'all')`,
      'the study is not as Fairsweep writes it',
    ],
    [
      'a study with more in it',
      `UPDATE studies SET specification = json_set(specification, '$.more', 1)`,
      'the study is not as Fairsweep writes it',
    ],
    [
      'a name that is a path',
      `UPDATE studies SET name = '../../etc'`,
      "the study's name is not as Fairsweep writes it",
    ],
    [
      'a score that nobody knows',
      `UPDATE runs SET scores = '{"val/beauty": 1}'`,
      'is not as Fairsweep writes it',
    ],
    [
      'a metric that nobody knows',
      `UPDATE metrics SET name = 'val/beauty' WHERE name = 'val/loss'`,
      'has a metric that nobody knows',
    ],
    ['a time that is none', `UPDATE runs SET started_at = 'yesterday'`, 'is not as Fairsweep writes it'],
    [
      'an environment of something else',
      `UPDATE environments SET description = '[]'`,
      'is not as Fairsweep writes it',
    ],
  ])('%s', (_, sql, message) => {
    expect(refusal(sql)).toContain(message)
  })

  it('points that do not match their checksum are left out and counted', () => {
    const db = new Database(path)
    db.exec(
      "UPDATE chunks SET crc = crc + 1 WHERE run = 1 AND metric = (SELECT metric FROM metrics WHERE name = 'train/loss')",
    )
    db.close()
    const theirs = openStore(':memory:')
    expect(importInto(theirs)).toMatchObject({ added: 4, points: 4 * 103 - 100, damaged: 1 })
  })

  it('points that were made to exhaust memory are left out, whatever their checksum says', () => {
    const db = new Database(path)
    const chunk = db
      .prepare<
        [],
        {
          chunk: number
          run: number
          metric: number
          first_step: number
          last_step: number
          points: number
          data: Buffer
        }
      >('SELECT * FROM chunks LIMIT 1')
      .get()!
    const forge = (points: number, data: Buffer): void => {
      const crc = crc32(
        data,
        crc32(`${chunk.run} ${chunk.metric} ${chunk.first_step} ${chunk.last_step} ${points}`),
      )
      db.prepare('UPDATE chunks SET points = ?, crc = ?, data = ? WHERE chunk = ?').run(
        points,
        crc,
        data,
        chunk.chunk,
      )
    }
    const bomb = (count: number): Buffer => {
      const head = Buffer.from([1, 8, 0, 0, 0, 0])
      head.writeUInt32LE(count, 2)
      return Buffer.concat([head, deflateRawSync(Buffer.alloc(50_000_000))])
    }
    for (const [points, data] of [
      [4_000_000_000, bomb(4_000_000_000)],
      [100, bomb(100)],
      [100, bomb(4_000_000_000)],
      [100, chunk.data.subarray(0, 20)],
    ] as const) {
      forge(points, data)
      expect(importInto(openStore(':memory:'))).toMatchObject({ added: 4, damaged: 1 })
    }
    db.close()
  })

  it('the history of a workspace in use', () => {
    const live = join(folder, 'history.db')
    const store = openStore(live)
    store.saveStudy(plan())
    expect(() => openBundle(live)).toThrow('is the history of a workspace in use, expected a bundle')
    store.close()
  })

  it('what is no history of ours, cut off or overwritten', () => {
    const other = join(folder, 'other.db')
    writeFileSync(other, 'something else')
    expect(isBundle(other)).toBe(false)
    const bytes = readFileSync(path)
    for (const spoil of [bytes.subarray(0, bytes.length / 2), Buffer.from(bytes).fill(0x5a, 4096, 40_000)]) {
      writeFileSync(other, spoil)
      expect(() => importInto(openStore(':memory:'), 'x', other)).toThrow(
        /damaged|malformed|other tables|Fairsweep/,
      )
    }
  })

  it('is neither changed nor locked by being read', () => {
    const bytes = readFileSync(path)
    const holder = new Database(path)
    holder.exec('BEGIN EXCLUSIVE')
    importInto(openStore(':memory:'))
    holder.close()
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })
})
