import Database from 'better-sqlite3'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openReadable, openWritable, schemaVersion } from '../../src-main/store/database'
import { migrate, numbered, shippedMigrations, type Migration } from '../../src-main/store/migrate'
import { writableStore } from '../../src-main/store/open'
import { losses, outcome, plan, START } from './plans'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-migrate-'))
  path = join(folder, 'fairsweep.sqlite')
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

type Table = readonly Record<string, unknown>[]

/** Every row of every table. */
function contents(db: Database.Database): Record<string, Table> {
  const names = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    )
    .pluck()
    .all()
  return Object.fromEntries(
    names.map((name) => [name, db.prepare<[], Record<string, unknown>>(`SELECT * FROM ${name}`).all()]),
  )
}

const first: Migration = {
  name: '001-notes.sql',
  sql: 'CREATE TABLE notes (note INTEGER PRIMARY KEY, words TEXT NOT NULL) STRICT;',
}
const second: Migration = {
  name: '002-starred.sql',
  sql: `ALTER TABLE notes ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes, tag TEXT NOT NULL) STRICT;
        INSERT INTO tags SELECT note, 'old' FROM notes;`,
}
const failing: Migration = {
  name: '002-broken.sql',
  sql: "UPDATE notes SET words = 'lost'; CREATE TABLE half (x) ; SELECT nonsense FROM nowhere;",
}
const dangling: Migration = {
  name: '002-dangling.sql',
  sql: 'CREATE TABLE tags (note INTEGER REFERENCES notes) STRICT; INSERT INTO tags VALUES (99);',
}

/** A database of the version before, with a row in it. */
function older(at: string): Database.Database {
  const db = openWritable(at, [first])
  db.exec("INSERT INTO notes VALUES (1, 'kept')")
  return db
}

describe('migrating', () => {
  it('brings a database of the version before up to date with all its rows', () => {
    const db = older(':memory:')
    migrate(db, [first, second])
    expect(schemaVersion(db)).toBe(2)
    expect(contents(db)).toEqual({
      notes: [{ note: 1, words: 'kept', starred: 0 }],
      tags: [{ note: 1, tag: 'old' }],
    })
    expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
  })

  it.each([failing, dangling])('leaves everything as it was when $name fails, and stops the start', (bad) => {
    older(path).close()
    expect(() => openWritable(path, [first, bad])).toThrow(bad === dangling ? '1 dangling row' : 'nowhere')
    const db = openWritable(path, [first])
    expect(schemaVersion(db)).toBe(1)
    expect(contents(db)).toEqual({ notes: [{ note: 1, words: 'kept' }] })
    db.close()
  })

  it('copies an existing database first, and the copy is whole', () => {
    older(path).close()
    openWritable(path, [first, second]).close()
    const [copy, ...others] = readdirSync(join(folder, 'backups'))
    expect(others).toEqual([])
    expect(copy).toMatch(/^fairsweep-schema1-.*Z\.sqlite$/)
    const backup = openReadable(join(folder, 'backups', copy!), [first])
    expect(contents(backup)).toEqual({ notes: [{ note: 1, words: 'kept' }] })
    backup.close()
  })

  it('copies nothing when there is nothing to migrate', () => {
    older(path).close()
    openWritable(path, [first]).close()
    expect(readdirSync(folder)).toEqual(['fairsweep.sqlite'])
  })

  it('needs numbers that count up without a hole', () => {
    expect(numbered([second, first]).map(({ name }) => name)).toEqual(['001-notes.sql', '002-starred.sql'])
    expect(() => numbered([second])).toThrow('002-starred.sql: expected number 001')
    expect(() => numbered([first, { ...second, name: '003-starred.sql' }])).toThrow('expected number 002')
    expect(() => numbered([first, { ...first, name: '001-again.sql' }])).toThrow('expected number 002')
  })
})

describe('versions that do not fit', () => {
  it('newer than this program are refused by name, for reading and for writing, and left alone', () => {
    openWritable(path, [first, second]).close()
    for (const open of [openWritable, openReadable]) {
      expect(() => open(path, [first])).toThrow(
        expect.objectContaining({
          code: 'newer-database',
          message: expect.stringContaining('newer Fairsweep (schema 2') as string,
        }),
      )
    }
    expect(schemaVersion(openReadable(path, [first, second]))).toBe(2)
  })

  it('older than this program can be looked at only after its writer brought them up to date', () => {
    older(path).close()
    expect(() => openReadable(path, [first, second])).toThrow(
      expect.objectContaining({ code: 'older-database' }),
    )
  })
})

/** A history of an older schema: what today's program writes, as far as that schema has a place for it. */
function historyOfSchema(version: number): Database.Database {
  const now = openWritable(':memory:')
  const store = writableStore(now)
  store.saveStudy(plan())
  const { id } = store.runs()[0]!
  store.begin(id, START)
  store.append(id, [losses(1, 100)])
  store.end(id, outcome())

  const before = openWritable(':memory:', shippedMigrations().slice(0, version))
  before.pragma('foreign_keys = OFF')
  for (const [table, rows] of Object.entries(contents(now))) {
    const columns = before
      .prepare<[string], string>('SELECT name FROM pragma_table_info(?)')
      .pluck()
      .all(table)
    if (columns.length === 0) continue
    // Triggers have counted what the tables before this one were given.
    before.exec(`DELETE FROM ${table}`)
    const places = columns.map(() => '?').join()
    const insert = before.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${places})`)
    for (const row of rows) insert.run(...columns.map((column) => row[column]))
  }
  before.pragma('foreign_keys = ON')
  return before
}

describe('the shipped migrations', () => {
  it('make strict tables only', () => {
    const db = openWritable(':memory:')
    const loose = db
      .prepare<[], string>(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'",
      )
      .pluck()
      .all()
    expect(loose).toEqual([])
  })

  it.each(
    shippedMigrations()
      .map((_, i) => i)
      .slice(1),
  )('keep every row of a history of schema %i', (version) => {
    const before = historyOfSchema(version)
    const rows = contents(before)
    expect(rows.runs).toHaveLength(plan().runs.length)
    migrate(before, shippedMigrations())
    for (const [table, kept] of Object.entries(rows)) {
      expect(contents(before)[table]).toMatchObject(kept)
    }
  })

  it('name their number', () => {
    expect(shippedMigrations()[0]?.name).toBe('001-history.sql')
  })
})
