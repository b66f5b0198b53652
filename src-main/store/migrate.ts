/// <reference types="vite/types/importMeta.d.ts" />
import Database from 'better-sqlite3'
import { mkdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { StoreError } from './errors'
import { publish } from './publish'

/** "FSWP": marks the file as ours, so that no other program's database is ever migrated. */
export const APPLICATION_ID = 0x46535750

/** One step of the schema; its number is its place in the list, counted from 1. */
export interface Migration {
  /** File name, "001-history.sql". */
  readonly name: string
  readonly sql: string
}

/** The SQL files of resources/migrations, bundled with the program, in order. */
export function shippedMigrations(): Migration[] {
  const files = import.meta.glob<string>('../../resources/migrations/*.sql', {
    query: '?raw',
    import: 'default',
    eager: true,
  })
  return numbered(Object.entries(files).map(([path, sql]) => ({ name: basename(path), sql })))
}

/** @throws {StoreError} unless the names count 001, 002, … without a hole */
export function numbered(migrations: readonly Migration[]): Migration[] {
  const sorted = [...migrations].sort((a, b) => (a.name < b.name ? -1 : 1))
  sorted.forEach(({ name }, i) => {
    const expected = String(i + 1).padStart(3, '0')
    if (!name.startsWith(`${expected}-`)) {
      throw new StoreError('bad-migration', `migration ${name}: expected number ${expected}`)
    }
  })
  return sorted
}

/**
 * Brings the schema up to date, each migration whole or not at all. An existing database is copied to its `backups`
 * folder first, and the copy is checked. A migration that fails stops the start.
 */
export function migrate(db: Database.Database, migrations: readonly Migration[]): void {
  const version = Number(db.pragma('user_version', { simple: true }))
  const missing = migrations.slice(version)
  if (missing.length === 0) return
  if (version > 0 && !db.memory) backUp(db, version)
  // A migration that rebuilds a table would otherwise cascade; what it leaves dangling is found before it is committed.
  db.pragma('foreign_keys = OFF')
  missing.forEach((migration, i) => apply(db, migration, version + i + 1))
  db.pragma('foreign_keys = ON')
}

function apply(db: Database.Database, { name, sql }: Migration, version: number): void {
  db.transaction(() => {
    db.exec(sql)
    const dangling = db.prepare('PRAGMA foreign_key_check').all().length
    if (dangling > 0)
      throw new StoreError('bad-migration', `migration ${name} leaves ${dangling} dangling rows`)
    db.pragma(`application_id = ${APPLICATION_ID}`)
    db.pragma(`user_version = ${version}`)
  }).immediate()
}

/** Copies the database to `backups/` beside it; the copy gets its name only after it was read and found whole. */
function backUp(db: Database.Database, version: number): void {
  const folder = join(dirname(db.name), 'backups')
  mkdirSync(folder, { recursive: true })
  const stamp = new Date().toISOString().replaceAll(':', '-')
  const target = join(folder, `${basename(db.name, '.sqlite')}-schema${version}-${stamp}.sqlite`)
  db.prepare('VACUUM INTO ?').run(`${target}.part`)
  const copy = new Database(`${target}.part`, { readonly: true })
  try {
    const whole = copy.pragma('quick_check(1)', { simple: true }) === 'ok'
    if (!whole || Number(copy.pragma('user_version', { simple: true })) !== version) {
      throw new StoreError(
        'damaged',
        `${db.name}: its backup ${target}.part cannot be read back; nothing was migrated`,
      )
    }
  } finally {
    copy.close()
  }
  publish(`${target}.part`, target)
}
