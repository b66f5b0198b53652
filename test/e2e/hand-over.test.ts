import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runSchema } from '../../src-main/cli/documents'
import type { ReadableStore } from '../../src-main/store/store'
import { findDoor } from '../../src-main/workspace/door'
import { readHistory, runCommand, startCommand } from './command'
import type { CommandResult, RunningCommand } from './command'
import { tinyStudy, writeTinyImages } from './tiny-study'

/** Two programs on one workspace: the second becomes a client of the first, and takes over when that one ends. */

vi.setConfig({ testTimeout: 120_000 })

let folder: string
const started: RunningCommand[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-hand-over-'))
  writeTinyImages(join(folder, 'images'))
})
afterAll(() => {
  for (const { child } of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, change: Readonly<Record<string, string>> = {}): string {
  writeFileSync(join(folder, `${name}.yaml`), tinyStudy({ name, ...change }))
  return `${name}.yaml`
}

const ENDLESS = { training: '{batch_size: 4, max_steps: 1000000}' }

function start(workspace: string, ...args: string[]): RunningCommand {
  const running = startCommand([...args, '--workspace', workspace], folder)
  started.push(running)
  return running
}

const command = (workspace: string, ...args: string[]): Promise<CommandResult> =>
  runCommand([...args, '--workspace', workspace], folder)

const withStore = <T>(workspace: string, read: (store: ReadableStore) => T): T =>
  readHistory(join(folder, workspace), read)

const training = (workspace: string, study: string): boolean =>
  withStore(workspace, (store) => store.countRuns({ study, states: ['running'] })) > 0

async function until(condition: () => boolean): Promise<void> {
  for (;;) {
    try {
      if (condition()) return
    } catch {
      // The database is not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describe('a second `run` on a workspace', () => {
  it('has the first train its study, shows that, and ends with the comparison', async () => {
    const first = start('ws', 'run', write('long', ENDLESS))
    await until(() => training('ws', 'long') && findDoor(join(folder, 'ws')) !== null)

    const wrong = await command('ws', 'run', write('wrong', { seeds: 'many' }))
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(/^wrong.yaml:6: seeds: found/)

    // Its turn comes when the long one is stopped.
    const second = start('ws', 'run', write('short'), '--json')
    await until(() => withStore('ws', (store) => store.study('short')) !== null)
    expect((await command('ws', 'stop', 'long')).code).toBe(0)
    expect((await first.ended).code).toBe(130)

    const { code, stdout, stderr } = await second.ended
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /short is trained by process \d+ \(fairsweep run long.yaml\); Ctrl\+C leaves it at work/,
    )
    const result = runSchema.parse(JSON.parse(stdout))
    expect(result).toMatchObject({ study: 'short', state: 'complete', runs: { finished: 4 }, failed: [] })
    expect(result.trained).toHaveLength(4)
  })

  it('goes on by itself when the first is killed, and no run is trained twice', async () => {
    const first = start('ws2', 'run', write('same', { training: '{batch_size: 4, max_steps: 400}' }))
    await until(() => training('ws2', 'same') && findDoor(join(folder, 'ws2')) !== null)
    const second = start('ws2', 'run', 'same.yaml')
    await until(() => withStore('ws2', (store) => store.countRuns({ states: ['finished'] })) > 0)
    first.child.kill('SIGKILL')
    const { code, stdout, stderr } = await second.ended
    expect(stderr).toContain('the process that trained it has ended; going on here')
    expect(code).toBe(0)
    expect(stdout).toContain('same: 4 of 4 runs have a result')
    const begun = withStore('ws2', (store) =>
      store.runs().map(({ id }) => store.events({ run: id }).filter(({ kind }) => kind === 'started').length),
    )
    expect(begun.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(5)
  })
})

describe('a workbench that is served', () => {
  it('trains for a `run`; Ctrl+C there leaves it at work', async () => {
    const served = start('ws3', 'serve')
    await until(() => findDoor(join(folder, 'ws3')) !== null)
    const run = start('ws3', 'run', write('left', ENDLESS))
    await until(() => training('ws3', 'left'))
    run.child.kill('SIGINT')
    const { code, stderr } = await run.ended
    expect(code).toBe(130)
    expect(stderr).toMatch(/left is still trained by process \d+ \(fairsweep serve\)/)
    expect(training('ws3', 'left')).toBe(true)

    const revealed = await command('ws3', 'compare', 'left', '--reveal-test')
    expect(revealed.code).toBe(0)
    expect(withStore('ws3', (store) => store.study('left')?.testRevealedAt)).not.toBeNull()
    expect((await command('ws3', 'stop', 'left')).code).toBe(0)
    expect(training('ws3', 'left')).toBe(false)
    served.child.kill('SIGINT')
    expect((await served.ended).code).toBe(130)
    expect(findDoor(join(folder, 'ws3'))).toBeNull()
  })
})
