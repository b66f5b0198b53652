import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appRouter } from '../../src-main/api/router'

/** A folder like the built renderer's, with things in it that must not be served. */
export function makeRenderer(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairsweep-renderer-'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Fairsweep</title>')
  writeFileSync(join(folder, 'assets/main-abc.js'), 'export {}')
  writeFileSync(join(folder, 'assets/main-abc.js.map'), '{"sources":["secret.ts"]}')
  writeFileSync(join(folder, '.env'), 'SECRET=1')
  return folder
}

export interface Route {
  readonly path: string
  readonly type: 'query' | 'mutation' | 'subscription'
}

/** Every procedure of the router, found in the router itself: a new one is tested without anybody listing it. */
export const ROUTES: readonly Route[] = list(appRouter._def.record, [])

type Nested = Readonly<Record<string, unknown>>

function list(record: Nested, path: readonly string[]): Route[] {
  return Object.entries(record).flatMap(([name, value]) => {
    const here = [...path, name]
    if (typeof value === 'function' && '_def' in value) {
      return [{ path: here.join('.'), type: (value._def as { type: Route['type'] }).type }]
    }
    return typeof value === 'object' && value !== null ? list(value as Nested, here) : []
  })
}
