import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { output } from './command.js'

/** The browser that the end-to-end tests drive. */

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const ON_MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

/**
 * The path of a Chromium or Chrome that starts, or null. FAIRSWEEP_CHROMIUM names one.
 * @returns {string | null}
 */
export function findChromium() {
  const wish = process.env.FAIRSWEEP_CHROMIUM
  if (wish !== undefined && wish !== '') return wish
  const candidates = existsSync(ON_MACOS) ? [ON_MACOS, ...NAMES] : NAMES
  const name = candidates.find((candidate) => output(candidate, ['--version']) !== null)
  return name === undefined || name.includes('/') ? (name ?? null) : output('which', [name])
}

/**
 * Installs Chromium as a package of the system, where that needs no question: as root, with apt.
 * @returns {string | null} why not, or null when it is there now
 */
export function installChromium() {
  if (process.getuid?.() !== 0 || output('apt-get', ['--version']) === null) {
    return 'no Chromium is installed here (Debian, Ubuntu: apt install chromium)'
  }
  process.stderr.write('  installing Chromium for the end-to-end tests …\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-qq', '-y', '--no-install-recommends', 'chromium'],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
      env,
    })
    if (status !== 0) return `apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`
  }
  return findChromium() === null ? 'the Chromium that apt installed does not start' : null
}
