import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { startUtility } from '../../src-main/electron/worker-process'
import { channelsTo } from '../../src-main/queue/channel'
import type { Environment } from '../../src-main/run'
import type { FromWorker } from '../../src-main/training/messages'
import { builtWorker } from '../built'

/** As Electron's documentation has it: no process and no pid before `spawn`, and none after `exit`. */
class FakeUtilityProcess extends EventEmitter {
  readonly stdout: ChildProcess['stdout']
  readonly stderr: ChildProcess['stderr']
  private readonly child: ChildProcess
  private isRunning = false

  constructor(
    entry: string,
    readonly options: { readonly env: Record<string, string>; readonly stdio: 'pipe' },
  ) {
    super()
    for (const [name, value] of Object.entries(options.env))
      if (typeof value !== 'string') throw new TypeError(`${name} is no string`)
    const shim = join(import.meta.dirname, 'parent-port.mjs')
    const { env, stdio: _ } = options
    this.child = fork(entry, [], {
      env,
      silent: true,
      serialization: 'advanced',
      execArgv: ['--import', shim],
    })
    this.stdout = this.child.stdout
    this.stderr = this.child.stderr
    setTimeout(() => this.emit('spawn', (this.isRunning = true)), 20)
    this.child.on('message', (message) => this.emit('message', message))
    this.child.once('close', (code) => {
      this.isRunning = false
      this.emit('exit', code ?? 1)
    })
  }

  get pid(): number | undefined {
    return this.isRunning ? this.child.pid : undefined
  }

  postMessage(message: object): void {
    this.child.send(message)
  }
}

const started: FakeUtilityProcess[] = []
vi.mock('electron', () => ({
  utilityProcess: {
    fork(entry: string, _args: readonly string[], options: FakeUtilityProcess['options']) {
      const child = new FakeUtilityProcess(entry, options)
      started.push(child)
      return child
    },
  },
}))

it('the training worker gets ready in a process of Electron’s, with the threads it was given, and ends at once', async () => {
  const open = channelsTo(await builtWorker(), startUtility)
  let leave = (_reason: string): void => {}
  const gone = new Promise<string>((resolve) => (leave = resolve))
  const environment = await new Promise<Environment>((resolve, reject) => {
    const channel = open(
      'thread',
      {
        message(message) {
          const said = message as FromWorker
          if (said.type !== 'ready') return reject(new Error(`said ${said.type} first`))
          expect(channel.pid).toBe(started[0]?.pid)
          resolve(said.environment)
          void channel.kill()
        },
        gone: leave,
      },
      1,
    )
    expect(channel.pid).toBeUndefined()
  })
  expect(environment.threads).toBe(1)
  expect(await gone).toMatch(/^the worker exited with code/)
  expect(started[0]?.options).toMatchObject({ stdio: 'pipe' })
})

it('one that is not wanted any more before it has begun is ended when it begins', async () => {
  const open = channelsTo(await builtWorker(), startUtility)
  let isGone = false
  const channel = open('process', { message: () => undefined, gone: () => (isGone = true) }, null)
  await channel.kill()
  expect(isGone).toBe(true)
})
