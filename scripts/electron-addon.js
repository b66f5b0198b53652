import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSqlite, hasSqlite } from './native.js'
import { cacheFolder, nodeModules } from './places.js'
import { findTools } from './requirements.js'

/** Electron has a module version of its own, so SQLite is built for it too. */
export async function buildSqliteForElectron() {
  const folder = join(nodeModules, 'electron')
  const modules = readFileSync(join(folder, 'abi_version'), 'utf8').trim()
  if (hasSqlite(modules)) return
  process.stderr.write('  building SQLite for Electron …\n')
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const gyp = [`--target=${version}`, '--runtime=electron', '--dist-url=https://electronjs.org/headers']
  await buildSqlite(cacheFolder(), findTools(), { modules, gyp })
}
