import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openReadableStore } from '../../src-main/store/store'
import type { ReadableStore } from '../../src-main/store/store'

const BUILT = join(import.meta.dirname, '../../out/main/cli.js')

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningCommand {
  readonly child: ChildProcess
  readonly ended: Promise<CommandResult>
}

/** Starts the built command line, as a user's shell would. */
export function startCommand(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): RunningCommand {
  if (!existsSync(BUILT)) throw new Error(`${BUILT} is not built: npm run build`)
  const child = spawn(process.execPath, [BUILT, ...args], { cwd, env: { ...process.env, ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
  return { child, ended }
}

/** Runs it to its end. */
export const runCommand = (
  args: readonly string[],
  cwd: string,
  env?: NodeJS.ProcessEnv,
): Promise<CommandResult> => startCommand(args, cwd, env).ended

/** Looks into a workspace's history, beside whoever owns it. */
export function readHistory<T>(workspace: string, read: (store: ReadableStore) => T): T {
  const store = openReadableStore(join(workspace, 'history.db'))
  try {
    return read(store)
  } finally {
    store.close()
  }
}
