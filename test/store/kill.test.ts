import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWritable } from '../../src-main/store/database'
import { writableStore } from '../../src-main/store/open'
import { openReadableStore, openStore } from '../../src-main/store/store'
import { builtTestProgram } from '../built'
import { losses, plan } from './plans'

/** More of them on request: STORE_KILLS=1000 npx vitest run test/store/kill.test.ts */
const KILLS = Number(process.env['STORE_KILLS'] ?? 30)

let folder: string
let program: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-kill-'))
  program = await builtTestProgram('test/store/writer-program.ts')
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** Starts the writing program; resolves when it has said its first word. */
async function writer(
  path: string,
  share: number,
): Promise<{ said: () => string; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [program, path, String(share)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let complaints = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (complaints += data.toString()))
  const closed = once(child, 'close')
  await Promise.race([once(child.stdout, 'data'), closed])
  expect(complaints).toBe('')
  return {
    said: () => output,
    kill: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}

const bytes = ({ buffer, byteOffset, byteLength }: Uint32Array | Float64Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

describe('a process killed while it writes', () => {
  it(
    `loses no acknowledged point and doubles none, ${KILLS} times over`,
    async () => {
      const path = join(folder, 'killed.sqlite')
      let atLeast = 0
      for (let kill = 0; kill < KILLS; kill++) {
        const process = await writer(path, kill % 4 === 3 ? Math.random() : 1)
        await sleep(Math.random() * 60)
        await process.kill()
        const lines = process.said().split('\n').slice(0, -1)
        for (const line of lines) atLeast = Number(line.split(' ')[1])

        const db = openWritable(path)
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
        const store = writableStore(db)
        const run = store.runs({ study: 'lr-sweep', order: 'plan' })[0]!
        expect(store.findDamage()).toEqual([])
        for (const metric of ['train/loss', 'train/grad_norm'] as const) {
          const { steps, values, times } = store.series(run.id, metric)
          // From an announced resume that did not come to pass, more may be there; never less, never a hole, never twice.
          expect(steps.length).toBeGreaterThanOrEqual(atLeast)
          const expected = losses(1, steps.length)
          expect(bytes(steps).equals(bytes(expected.steps))).toBe(true)
          expect(bytes(values).equals(bytes(expected.values))).toBe(true)
          expect(bytes(times).equals(bytes(expected.times))).toBe(true)
        }
        atLeast = store.series(run.id, 'train/loss').steps.length
        expect(store.series(run.id, 'train/grad_norm').steps.length).toBe(atLeast)
        store.close()
      }
      expect(atLeast).toBeGreaterThan(0)
    },
    60_000 + KILLS * 2_000,
  )
})

describe('two processes', () => {
  it('cannot both write: the second is refused by name, may read, and takes over when the first is gone', async () => {
    const path = join(folder, 'contested.sqlite')
    const first = await writer(path, 1)
    await sleep(100)
    expect(() => openStore(path)).toThrow(
      expect.objectContaining({
        code: 'writer-active',
        message: expect.stringContaining('another process is writing') as string,
      }),
    )
    const onlooker = openReadableStore(path)
    expect(onlooker.study('lr-sweep')?.runsByState).toEqual({ running: 1, queued: 3 })
    const { id } = onlooker.runs({ states: ['running'] })[0]!
    const seen = onlooker.series(id, 'train/loss').steps.length
    await sleep(100)
    expect(onlooker.series(id, 'train/loss').steps.length).toBeGreaterThan(seen)
    onlooker.close()
    await first.kill()

    const second = openStore(path)
    expect(second.recoverInterrupted()).toBe(1)
    second.saveStudy(plan())
    second.close()
  })
})
