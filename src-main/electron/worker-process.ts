import { utilityProcess } from 'electron'
import type { StartProcess } from '../queue/channel'

/**
 * Training workers as Electron's own kind of process. Node's `fork` would start this program once more and tell it by its
 * environment to be Node, which the packed program is not to be talked into (scripts/fuses.js).
 */
export const startUtility: StartProcess = (entry, env, listener) => {
  const child = utilityProcess.fork(entry, [], {
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    stdio: 'pipe',
    serviceName: 'Fairsweep training',
  })
  let isUnwanted = false
  /** Its own kill() asks politely, and a worker in the middle of a step does not listen. */
  const kill = (): void => {
    isUnwanted = true
    if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL')
  }
  // It has no process to kill before this.
  child.once('spawn', () => isUnwanted && kill())
  child.once('exit', (code) => listener.ended(`the worker exited with code ${code}`))
  child.on('message', (message) => listener.message(message))
  return {
    get pid() {
      return child.pid
    },
    stdout: child.stdout,
    stderr: child.stderr,
    send: (message) => child.postMessage(message),
    kill,
  }
}
