import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.js'
import { nodeModules, root } from './places.js'

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, link?: boolean }} Locked */

/**
 * node_modules holds what package-lock.json asks for, as npm's own record of the last install tells. What is
 * optional may be absent: it may not be for this platform.
 * @param {string} folder
 */
export function hasPackages(folder = root) {
  const record = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const wanted = readLock(join(folder, 'package-lock.json'))
  const installed = readLock(record)
  return Object.entries(wanted).every(([place, { version, optional, devOptional, peer, link }]) => {
    if (place === '' || link === true) return true
    const there = installed[place]
    if (there === undefined) return optional === true || devOptional === true || peer === true
    return there.version === version
  })
}

/**
 * @param {string} file
 * @returns {Record<string, Locked>}
 */
const readLock = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {}

/**
 * npm empties node_modules before it installs. Where that is a link, it would empty another checkout's.
 * @param {string} folder
 * @throws Error
 */
export function refuseLinkedPackages(folder = root) {
  const packages = join(folder, 'node_modules')
  if (lstatSync(packages, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return
  throw new Error(
    `${packages} is a link to ${realpathSync(packages)}, which lacks packages that this checkout needs. ` +
      'Set up the checkout that it belongs to, or remove the link.',
  )
}

/** @param {string} cache */
export async function installPackages(cache) {
  refuseLinkedPackages()
  // The npm that runs this script, when one does: it may not be the one on the path.
  const npm = process.env.npm_execpath
  const [program, first] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  await run(program, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    log: join(cache, 'logs/npm.log'),
    title: 'npm ci',
  })
}

/** Electron's own program was brought by hand (`node node_modules/electron/install.js`): its path, or null. */
export function electronProgram() {
  const folder = join(nodeModules, 'electron')
  const pointer = join(folder, 'path.txt')
  if (!existsSync(pointer)) return null
  const program = join(folder, 'dist', readFileSync(pointer, 'utf8').trim())
  return existsSync(program) ? program : null
}
