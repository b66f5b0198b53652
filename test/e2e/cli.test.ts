import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { comparisonSchema } from '../../src-main/cli/comparison-document'
import { dryRunSchema, runSchema, runsSchema, statusSchema } from '../../src-main/cli/documents'
import { exportDocument } from '../../src-main/reports/export-schema'
import type { ExportRun } from '../../src-main/reports/export-schema'
import type { ReadableStore } from '../../src-main/store/store'
import { readHistory, runCommand, startCommand } from './command'
import type { CommandResult } from './command'
import { tinyStudy, writeTinyImages } from './tiny-study'

// Each test starts a dozen programs, which takes a while where the machine is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-cli-'))
  writeTinyImages(join(folder, 'images'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, change: Readonly<Record<string, string>> = {}): string {
  writeFileSync(join(folder, `${name}.yaml`), tinyStudy({ name, ...change }))
  return `${name}.yaml`
}

const command = (workspace: string, ...args: string[]): Promise<CommandResult> =>
  runCommand([...args, '--workspace', workspace], folder)

const withStore = <T>(workspace: string, read: (store: ReadableStore) => T): T =>
  readHistory(join(folder, workspace), read)

/** How often each run of the workspace began, from 0 or from a checkpoint. */
const beginnings = (workspace: string): Record<string, string[]> =>
  withStore(workspace, (store) =>
    Object.fromEntries(
      store
        .runs()
        .map(({ id }) => [
          id,
          store
            .events({ run: id })
            .flatMap(({ kind }) => (kind === 'started' || kind === 'resumed' ? [kind] : [])),
        ]),
    ),
  )

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

/** Every step of every run is there once, in order. */
function expectWhole(runs: readonly ExportRun[]): void {
  for (const run of runs) {
    const steps = (run.series?.['train/loss'] ?? []).map(([step]) => step)
    expect(steps).toEqual(Array.from({ length: run.steps }, (_, i) => i + 1))
  }
}

async function exported(workspace: string, study: string): Promise<ExportRun[]> {
  const { code, stdout } = await command(workspace, 'export', study, '--format', 'json', '--metrics')
  expect(code).toBe(0)
  return exportDocument.parse(JSON.parse(stdout)).runs
}

describe('a study on the command line', () => {
  it('is foreseen, trained, compared, and trained no second time', async () => {
    const file = write('simple')
    const foreseen = dryRunSchema.parse(
      JSON.parse((await command('ws', 'run', file, '--dry-run', '--json')).stdout),
    )
    expect(foreseen).toMatchObject({ runs: 4, to_train: 4, groups: 3, seconds_from: 'probe', batches: [] })
    expect(foreseen.settings.map(({ seconds_from }) => seconds_from)).toEqual([['probe'], ['probe']])

    const first = await command('ws', 'run', file, '--json')
    expect(first.code).toBe(0)
    const trained = runSchema.parse(JSON.parse(first.stdout))
    expect(trained).toMatchObject({ study: 'simple', state: 'complete', runs: { finished: 4 }, failed: [] })
    expect(trained.trained).toHaveLength(4)
    expect(trained.comparison.groups[0]?.chance).toBe(0.25)
    expect(foreseen.settings.map((cell) => cell.parameters_trained)).toEqual(
      ['frozen-random', 'unfrozen-random'].map((setting) =>
        withStore('ws', (store) => store.runs().find((run) => run.setting === setting)?.parametersTrained),
      ),
    )

    const second = await command('ws', 'run', file)
    expect(second.code).toBe(0)
    expect(second.stdout).toContain('simple: 4 of 4 runs have a result')
    expect(Object.values(beginnings('ws'))).toEqual(Array(4).fill(['started']))
    const again = dryRunSchema.parse(
      JSON.parse((await command('ws', 'run', file, '--dry-run', '--json')).stdout),
    )
    expect(again).toMatchObject({ to_train: 0, seconds: 0, seconds_from: 'nothing-to-train' })
  })

  it('shows itself in status, runs, compare and export, by name and by file', async () => {
    const status = statusSchema.parse(JSON.parse((await command('ws', 'status', '--json')).stdout))
    expect(status).toEqual({ studies: [{ name: 'simple', state: 'complete', runs: { finished: 4 } }] })

    const filter = 'lr = 1e-2 and setting ~ unfrozen and state = complete'
    const { stdout } = await command('ws', 'runs', '--study', 'simple.yaml', '--filter', filter, '--json')
    const { runs } = runsSchema.parse(JSON.parse(stdout))
    expect(runs).toMatchObject([
      { setting: 'unfrozen-random', learning_rate: 0.01, steps: 30, state: 'finished' },
    ])

    const compared = await command('ws', 'compare', 'simple.yaml', '--json')
    expect(comparisonSchema.parse(JSON.parse(compared.stdout)).test_sealed).toBe(false)
    const runsExported = await exported('ws', 'simple')
    expect(runsExported).toHaveLength(4)
    expectWhole(runsExported)
    const files = await command(
      'ws',
      'export',
      'simple',
      '--format',
      'json,csv',
      '--metrics',
      '--out',
      'exported',
    )
    expect(files.stdout.trim().split('\n')).toEqual(
      ['simple.json', 'simple.runs.csv', 'simple.points.csv'].map((name) => join('exported', name)),
    )
  })

  it('with failed runs ends with code 1 and says which, and the others are trained', async () => {
    const file = write('partly', { seeds: '[1]' })
    // A folder where a checkpoint folder should be a folder: this run cannot even begin.
    const planned = await command('ws1', 'run', file, '--dry-run')
    expect(planned.code).toBe(0)
    await command(
      'ws1',
      'run',
      write('other', { seeds: '[1]', learning_rates: '[1e-3]', settings: '[frozen-random]' }),
    )
    const id = withStore('ws1', (store) => store.runs()[0]?.id ?? '')
    rmSync(join(folder, 'ws1', 'history.db'))
    rmSync(join(folder, 'ws1', 'checkpoints', id), { recursive: true, force: true })
    writeFileSync(join(folder, 'ws1', 'checkpoints', id), 'not a folder')

    const result = await command('ws1', 'run', file)
    expect(result.code).toBe(1)
    expect(result.stderr).toContain(`run ${id} failed`)
    expect(withStore('ws1', (store) => store.study('partly')?.runsByState)).toEqual({
      finished: 3,
      failed: 1,
    })
  })
})

describe('a study that is interrupted', () => {
  const slow = { training: '{batch_size: 4, max_steps: 200}', validation: '{every: 200, patience: 1000}' }

  it('by kill -9 goes on: no run is trained twice, no step is lost or doubled', async () => {
    const file = write('killed', slow)
    const { child, ended } = startCommand(['run', file, '--workspace', 'ws2'], folder)
    const done = (): number => withStore('ws2', (store) => store.countRuns({ states: ['finished'] }))
    await until(
      () => done() >= 1 && withStore('ws2', (store) => store.countRuns({ states: ['running'] })) === 1,
    )
    child.kill('SIGKILL')
    expect((await ended).code).toBeNull()
    const finished = withStore('ws2', (store) => store.runs({ states: ['finished'] }).map(({ id }) => id))

    const { code } = await command('ws2', 'run', file)
    expect(code).toBe(0)
    const began = beginnings('ws2')
    expect(finished.map((id) => began[id])).toEqual(finished.map(() => ['started']))
    expect(Object.values(began).filter((kinds) => kinds.length > 1).length).toBeLessThanOrEqual(1)
    const runs = await exported('ws2', 'killed')
    expect(runs.map(({ state }) => state)).toEqual(Array(4).fill('finished'))
    expectWhole(runs)
  })

  it('by Ctrl+C saves its state, says how to go on, and goes on where it was', async () => {
    const file = write('paused', { ...slow, training: '{batch_size: 4, max_steps: 400}' })
    const { child, ended } = startCommand(['run', file, '--workspace', 'ws3'], folder)
    const points = (): number =>
      withStore('ws3', (store) => {
        const running = store.runs({ states: ['running'] })[0]
        return running ? store.series(running.id, 'train/loss').steps.length : 0
      })
    await until(() => points() > 0)
    child.kill('SIGINT')
    const interrupted = await ended
    expect(interrupted.code).toBe(130)
    expect(interrupted.stderr).toContain('go on with: fairsweep run paused')
    const status = statusSchema.parse(JSON.parse((await command('ws3', 'status', '--json')).stdout))
    expect(status.studies).toMatchObject([{ name: 'paused', state: 'paused' }])
    const paused = withStore('ws3', (store) =>
      store.runs({ states: ['paused'] }).find(({ steps }) => steps > 0),
    )

    const resumed = await command('ws3', 'run', 'paused')
    expect(resumed.code).toBe(0)
    expect(beginnings('ws3')[paused?.id ?? '']).toEqual(['started', 'resumed'])
    const runs = await exported('ws3', 'paused')
    expect(runs.map(({ state }) => state)).toEqual(Array(4).fill('finished'))
    expectWhole(runs)
  })

  it('leaves at once where it was measuring for a dry run', async () => {
    const { child, ended } = startCommand(['run', write('dry'), '--dry-run', '--workspace', 'ws5'], folder)
    await new Promise<void>((resolve) =>
      child.stderr?.on('data', (text: string) => text.includes('1 of 2') && resolve()),
    )
    child.kill('SIGINT')
    const { code, stdout, stderr } = await ended
    expect([code, stdout]).toEqual([130, ''])
    expect(stderr).toContain('stopped before all was measured')
  })

  it('by `stop` in a second terminal saves its state', async () => {
    const file = write('stopped', { training: '{batch_size: 4, max_steps: 1000000}' })
    const { ended } = startCommand(['run', file, '--workspace', 'ws4'], folder)
    await until(() => withStore('ws4', (store) => store.countRuns({ states: ['running'] })) > 0)
    const stopped = await command('ws4', 'stop', 'stopped')
    expect(stopped.code).toBe(0)
    expect(stopped.stderr).toMatch(/^asking process \d+ \(fairsweep run stopped.yaml\) …\n$/)
    expect((await ended).code).toBe(130)
    expect(withStore('ws4', (store) => store.countRuns({ states: ['running', 'queued'] }))).toBe(0)
    expectWhole(await exported('ws4', 'stopped'))
  })
})
