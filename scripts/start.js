import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSqlite, hasSqlite } from './native.js'
import { electronProgram } from './packages.js'
import { cacheFolder, nodeModules, root } from './places.js'
import { fairsweep, foreground } from './foreground.js'
import { findTools } from './requirements.js'
import { setUpOrExit } from './setup.js'

/**
 * `npm start`: the workbench, in Electron where its program and a display are there, else in the browser.
 * `npm start --silent -- COMMAND …`: a command.
 */

const args = process.argv.slice(2)
await setUpOrExit()
process.exitCode = args.length > 0 ? await command(args) : await openWorkbench()

/** @param {readonly string[]} words */
function command(words) {
  return foreground(process.execPath, [fairsweep, ...words], { cwd: process.env.INIT_CWD ?? process.cwd() })
}

async function openWorkbench() {
  const electron = electronProgram()
  if (electron === null || !hasDisplay()) return command(['serve', '--open'])
  try {
    await prepareElectron()
  } catch (error) {
    process.stderr.write(
      `Electron cannot be used: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    process.stderr.write('The workbench opens in the browser instead.\n')
    return command(['serve', '--open'])
  }
  return foreground(electron, [root])
}

const hasDisplay = () =>
  process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY)

/** Electron has a module version of its own, so SQLite is built for it too. */
async function prepareElectron() {
  const folder = join(nodeModules, 'electron')
  const modules = readFileSync(join(folder, 'abi_version'), 'utf8').trim()
  if (hasSqlite(modules)) return
  process.stderr.write('  building SQLite for Electron …\n')
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const gyp = [`--target=${version}`, '--runtime=electron', '--dist-url=https://electronjs.org/headers']
  await buildSqlite(cacheFolder(), findTools(), { modules, gyp })
}
