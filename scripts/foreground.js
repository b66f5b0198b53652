import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { nodeModules, root } from './places.js'

export const fairsweep = join(root, 'bin/fairsweep.js')

/**
 * Runs a program in the foreground, in the repository's root, and waits for it. Ctrl+C goes to the program, which
 * knows what is to be saved; this process ends after it.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} its exit code; 128 + the signal's number is 130 for Ctrl+C
 */
export function foreground(program, args, { cwd = root, env = process.env } = {}) {
  const leaveToProgram = () => {}
  process.on('SIGINT', leaveToProgram)
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env, stdio: 'inherit' })
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  }).finally(() => process.removeListener('SIGINT', leaveToProgram))
}

/**
 * Runs a script of an npm package with this Node.
 * @param {string} script below node_modules
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
export const runPackage = (script, args, env = process.env) =>
  foreground(process.execPath, [join(nodeModules, script), ...args], { env })
