import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventStream } from '../../src-main/queue/event-stream'
import { Machine } from '../../src-main/workbench/machine'

let root: string
let isTraining: boolean
let told: string[]
let machine: Machine

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fairsweep-machine-'))
  isTraining = false
  told = []
  const events = new EventStream()
  events.subscribe(({ type }) => told.push(type))
  const examineEntry = join(root, 'examine.mjs')
  const engineSetUp = join(root, 'install-engine.js')
  machine = new Machine({ installation: { engineSetUp, examineEntry }, events, isTraining: () => isTraining })
})
afterEach(async () => {
  await machine.stopInstalling()
  rmSync(root, { recursive: true, force: true })
})

const examiner = (program: string): void =>
  writeFileSync(join(root, 'examine.mjs'), `import { parentPort } from 'node:worker_threads'\n${program}`)
const installer = (program: string): void => writeFileSync(join(root, 'install-engine.js'), program)

/** A process that has ended and that nobody has asked after yet is dead too. */
function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

describe('the engine of this machine', () => {
  it('is measured in a thread of its own, once, and again when somebody asks', async () => {
    examiner('parentPort.postMessage({ gflops: Math.random() })')
    const first = await machine.examine()
    expect(await machine.examine()).toBe(first)
    const second = await machine.examine({ fresh: true })
    expect(second.report.gflops).not.toBe(first.report.gflops)
    expect(Date.parse(second.at)).toBeGreaterThanOrEqual(Date.parse(first.at))
  })

  it('is not measured anew beside a training, whose numbers would be wrong', async () => {
    isTraining = true
    await expect(machine.examine({ fresh: true })).rejects.toThrow('runs are being trained')
  })

  it('that cannot be examined says why, and the next one who asks tries again', async () => {
    examiner("throw new Error('no engine')")
    await expect(machine.examine()).rejects.toThrow('no engine')
    examiner('process.exit(3)')
    await expect(machine.examine()).rejects.toThrow('code 3')
    examiner('parentPort.postMessage({ gflops: 1 })')
    expect((await machine.examine()).report.gflops).toBe(1)
  })
})

describe('bringing the engine', () => {
  const state = () => machine.installing?.state

  it('shows each step and how much is fetched, and ends', async () => {
    const say = (said: unknown): string => `console.log(${JSON.stringify(JSON.stringify(said))})\n`
    installer(
      [
        say({ type: 'step', title: 'bringing TensorFlow' }),
        say({ type: 'fetched', what: 'tensorflow', done: 12, total: 274 }),
        "console.log('not JSON')\n",
        say({ type: 'line', text: 'done in 2.0 s' }),
        'console.error(process.argv[2])\nsetTimeout(() => {}, 300)\n',
      ].join(''),
    )
    machine.install('cuda')
    expect(() => machine.install('cpu')).toThrow('an installation is at work already')
    await vi.waitFor(() =>
      expect(machine.installing).toMatchObject({
        state: 'running',
        step: 'bringing TensorFlow',
        fetched: { what: 'tensorflow', done: 12, total: 274 },
        lines: expect.arrayContaining(['done in 2.0 s', 'cuda']) as unknown,
      }),
    )
    await vi.waitFor(() => expect(state()).toBe('done'))
    expect(told).toContain('settings-changed')
  })

  it('that fails says so, and another may follow', async () => {
    installer("console.error('pip is missing'); process.exitCode = 1")
    machine.install('cpu')
    await vi.waitFor(() => expect(state()).toBe('failed'))
    expect(machine.installing?.lines).toEqual(['pip is missing'])
    machine.install('cpu')
    await vi.waitFor(() => expect(state()).toBe('failed'))
  })

  it('can be stopped, with what it started', async () => {
    installer(
      "import('node:child_process').then(({ spawn }) => console.log(JSON.stringify({ type: 'line', text: String(spawn('sleep', ['60']).pid) })))",
    )
    machine.install('cpu')
    await vi.waitFor(() => expect(machine.installing?.lines).toHaveLength(1))
    const child = Number(machine.installing?.lines[0])
    await machine.stopInstalling()
    expect(state()).toBe('stopped')
    await vi.waitFor(() => expect(isAlive(child)).toBe(false))
  })

  it('says when this copy has no set-up', () => {
    expect(() => machine.install('cpu')).toThrow('brings no set-up')
  })
})
