import { spawnSync } from 'node:child_process'
import { output } from './command.js'

/**
 * Installs a package of the system, where that needs no question: as root, with apt.
 * @param {string} name of the package on Debian and Ubuntu
 * @param {string} what it is, and what for: "Chromium for the end-to-end tests"
 * @returns {string | null} why not, or null when it is there now
 */
export function installPackage(name, what) {
  if (process.getuid?.() !== 0 || output('apt-get', ['--version']) === null) {
    return `${name} is not installed here (Debian, Ubuntu: apt install ${name})`
  }
  process.stderr.write(`  installing ${what} …\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-qq', '-y', '--no-install-recommends', name],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      env,
    })
    if (status !== 0) return `apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`
  }
  return null
}
