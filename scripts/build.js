import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './command.js'
import { nodeModules, root } from './places.js'

/** The built program in `out/`, and whether it is as new as its sources. */

const SOURCES = ['src-main', 'src-renderer', 'electron.vite.config.ts', 'tsconfig.json', 'package-lock.json']
const stamp = join(root, 'out/built')

export function isBuilt() {
  const time = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs
  return time !== undefined && SOURCES.every((source) => newest(join(root, source)) <= time)
}

/** @param {string} cache */
export async function build(cache) {
  rmSync(stamp, { force: true })
  const started = new Date()
  await run(process.execPath, [join(nodeModules, 'electron-vite/bin/electron-vite.js'), 'build'], {
    cwd: root,
    log: join(cache, 'logs/build.log'),
    title: 'electron-vite build',
  })
  // What was edited while the build ran is newer than the stamp.
  writeFileSync(stamp, '')
  utimesSync(stamp, started, started)
}

/**
 * The newest modification below a path, in milliseconds. A folder's own time counts: it tells of removed files.
 * @param {string} path
 * @returns {number}
 */
function newest(path) {
  if (!existsSync(path)) return 0
  const status = statSync(path)
  if (!status.isDirectory()) return status.mtimeMs
  const inside = readdirSync(path).map((name) => newest(join(path, name)))
  return Math.max(status.mtimeMs, ...inside)
}
