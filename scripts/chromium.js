import { existsSync } from 'node:fs'
import { installPackage } from './apt.js'
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
 * Installs Chromium as a package of the system, where that needs no question.
 * @returns {string | null} why not, or null when it is there now
 */
export function installChromium() {
  const problem = installPackage('chromium', 'Chromium for the end-to-end tests')
  if (problem !== null) return problem
  return findChromium() === null ? 'the Chromium that apt installed does not start' : null
}
