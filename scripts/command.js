import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

const FIRST_LINES = 10
const LAST_LINES = 20

/** A command that set-up needed has failed; the message ends with what it printed, without the middle. */
export class CommandError extends Error {
  /**
   * @param {string} command
   * @param {string} outcome
   * @param {string} output
   */
  constructor(command, outcome, output) {
    super([`${command} ${outcome}`, output].filter(Boolean).join('\n'))
    this.name = 'CommandError'
  }
}

/**
 * Runs a program with its output in a log file.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ cwd: string, log: string, env?: NodeJS.ProcessEnv, title?: string }} options
 * @returns {Promise<void>}
 * @throws CommandError
 */
export function run(program, args, { cwd, log, env = process.env, title = `${program} ${args[0] ?? ''}` }) {
  mkdirSync(dirname(log), { recursive: true })
  const out = openSync(log, 'w')
  /** @type {Promise<void>} */
  const ended = new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...env, NO_COLOR: '1' }, stdio: ['ignore', out, out] })
    child.once('error', (error) => reject(new CommandError(title, `could not start: ${error.message}`, '')))
    child.once('exit', (code, signal) => {
      if (code === 0) return resolve()
      const outcome = signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`
      const text = shorten(readFileSync(log, 'utf8'))
      reject(new CommandError(title, `${outcome}; it said (all of it: ${log}):`, text))
    })
  })
  return ended.finally(() => closeSync(out))
}

/** @param {string} text */
function shorten(text) {
  const lines = text.trimEnd().split('\n')
  if (lines.length <= FIRST_LINES + LAST_LINES) return lines.join('\n')
  return [...lines.slice(0, FIRST_LINES), '  …', ...lines.slice(-LAST_LINES)].join('\n')
}

/**
 * What a program prints on standard output, or null when it is not there or fails.
 * @param {string} program
 * @param {readonly string[]} args
 */
export function output(program, args) {
  const { status, stdout } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return status === 0 ? stdout.trim() : null
}
