import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCaller } from '../src-main/api/router'
import { InputError } from '../src-main/errors'
import { channelsTo } from '../src-main/queue/channel'
import { openStore } from '../src-main/store/store'
import { openWorkbench } from '../src-main/workbench'
import type { Workbench, WorkbenchEvent } from '../src-main/workbench'
import { WorkspaceInUseError, findOwner } from '../src-main/workspace/owner'
import { tinyStudy, writeTinyImages } from './e2e/tiny-study'

const openWorker = channelsTo(join(import.meta.dirname, 'queue/fake-worker.mjs'))
let folder: string
let workspace: string
let open: Workbench[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-workbench-'))
  workspace = join(folder, 'workspace')
  writeTinyImages(join(folder, 'images'), { train: 40, test: 8 })
  open = []
})
afterEach(async () => {
  for (const workbench of open) await workbench.close()
  rmSync(folder, { recursive: true, force: true })
})

async function opened(access: 'owner' | 'reader' = 'owner'): Promise<Workbench> {
  const workbench = await openWorkbench({ workspace, access, what: 'a test', openWorker })
  open.push(workbench)
  return workbench
}

/** Starts a study of four runs, none of which ends by itself within the time of a test unless `steps` is small. */
async function start(workbench: Workbench, steps: number, name = 'tiny'): Promise<void> {
  const text = tinyStudy({ name, training: `{batch_size: 4, max_steps: ${steps}}` })
  await workbench.startStudy(await workbench.checkStudy(text, join(folder, 'study.yaml')))
}

const stateOf = (workbench: Workbench, name = 'tiny') =>
  workbench.status().find((study) => study.name === name)
const counts = (workbench: Workbench) => stateOf(workbench)?.runs

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

const LONG = 1_000_000

describe('the owner of a workspace', () => {
  it('trains a study and tells of it as it happens', async () => {
    const workbench = await opened()
    const heard: WorkbenchEvent[] = []
    workbench.subscribe((event) => heard.push(event))
    await start(workbench, 3)
    expect(stateOf(workbench)).toMatchObject({ state: 'running', planned: 4 })
    await workbench.idle('tiny')
    expect(stateOf(workbench)).toMatchObject({ state: 'complete', runs: { finished: 4 } })
    expect(heard.map(({ cursor }) => cursor)).toEqual(heard.map((_, i) => i + 1))
    expect(workbench.eventsSince(0).events).toEqual(heard.filter(({ type }) => type !== 'progress'))
    const states = heard.flatMap((event) => (event.type === 'study-changed' ? [event.state] : []))
    expect(states.at(-1)).toBe('complete')
  })

  it('keeps others from owning it, and lets them look on', async () => {
    const workbench = await opened()
    await start(workbench, LONG)
    await expect(openWorkbench({ workspace, access: 'owner' })).rejects.toThrow(WorkspaceInUseError)
    expect(findOwner(workspace)).toMatchObject({ pid: process.pid, what: 'a test' })
    const reader = await opened('reader')
    expect(stateOf(reader)).toMatchObject({ state: 'running' })
    expect(() => reader.revealTest('tiny')).toThrow('only looks on')

    await workbench.close()
    expect(findOwner(workspace)).toBeNull()
    expect(stateOf(reader)).toMatchObject({ state: 'paused', runs: { paused: 2, queued: 2 } })
  })

  it('pauses a study and goes on with it', async () => {
    const workbench = await opened()
    await start(workbench, LONG)
    await until(() => workbench.progress().length > 0)
    await workbench.pauseStudy('tiny')
    expect(stateOf(workbench)).toMatchObject({ state: 'paused', runs: { paused: 2, queued: 2 } })
    await workbench.resumeStudy('tiny')
    expect(stateOf(workbench)?.state).toBe('running')
  })

  it('stops a study, so that nothing of it is waiting in any later session', async () => {
    const workbench = await opened()
    await start(workbench, LONG)
    await until(() => workbench.progress().length > 0)
    await workbench.stopStudy('tiny')
    expect(counts(workbench)).toEqual({ paused: 4 })
    await expect(workbench.stopStudy('nothing')).rejects.toThrow("no study 'nothing'")
  })

  it('that died is followed by one that finds its runs queued and trains them when asked', async () => {
    const first = await opened()
    await start(first, 3)
    await first.idle()
    await first.close()
    const store = openStore(join(workspace, 'history.db'))
    const [run] = store.runs()
    store.setState(run?.id ?? '', 'running')
    store.close()

    const second = await opened()
    expect(stateOf(second)).toMatchObject({ state: 'paused', runs: { finished: 3, queued: 1 } })
    await second.resumeStudy('tiny')
    await second.idle()
    expect(stateOf(second)?.state).toBe('complete')
  })
})

describe('a finished sweep', () => {
  const options =
    '{batch_size: 4, max_steps: 3, optimizer: adamw, weight_decay: 0.1, betas: [0.8, 0.99], eps: 1e-6, schedule: cosine, warmup_steps: 1, accumulate_steps: 2, label_smoothing: 0.1}'
  const drawn = (count: number): string => `{from: 1e-4, to: 1e-1, count: ${count}, seed: 3}`

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['rates', { learning_rates: '[1e-3, 1e-2, 3e-2]' }, 2],
    ['seeds', { seeds: '[0, 1]' }, 4],
    ['a rate of one setting', { extra_learning_rates: '{frozen-random: [1e-4]}' }, 1],
    ['a larger count of drawn rates', { learning_rates: drawn(5) }, 6],
  ])('trains the new runs alone when it is given more: %s', async (_, more, added) => {
    const workbench = await opened()
    const train = async (change: Readonly<Record<string, string>>): Promise<void> => {
      const text = tinyStudy({ training: options, ...change })
      await workbench.startStudy(await workbench.checkStudy(text, join(folder, 'study.yaml')))
      await workbench.idle('tiny')
    }
    await train(more['learning_rates']?.includes('count') ? { learning_rates: drawn(2) } : {})
    const before = workbench.store.runs({ study: 'tiny' })
    expect(before.map(({ state }) => state)).toEqual(Array(4).fill('finished'))

    const started = new Set<string>()
    workbench.subscribe((event) => {
      if (event.type === 'run-changed' && event.state === 'running') started.add(event.run)
    })
    await train(more)
    expect(counts(workbench)).toEqual({ finished: 4 + added })
    expect(started.size).toBe(added)
    for (const run of before) {
      expect(started).not.toContain(run.id)
      expect(workbench.store.run(run.id)).toMatchObject({ inPlan: true, finishedAt: run.finishedAt })
    }
  })
})

describe('a run', () => {
  it('can be cancelled, and asked for again', async () => {
    const workbench = await opened()
    await start(workbench, LONG)
    const ids = workbench.store.runs().map(({ id }) => id)
    for (const id of ids) await workbench.cancelRun(id)
    await workbench.idle()
    expect(stateOf(workbench)).toMatchObject({ state: 'incomplete', runs: { cancelled: 4 } })
    await expect(workbench.cancelRun(ids[0] ?? '')).rejects.toThrow('has ended as cancelled')

    await workbench.rerun(ids[0] ?? '')
    expect(['queued', 'running']).toContain(workbench.store.run(ids[0] ?? '')?.state)
  })

  it('is one of many that are cancelled or asked for again at once, and what has ended is passed over', async () => {
    const workbench = await opened()
    await start(workbench, LONG)
    const { runs } = createCaller({ workbench })
    const ids = workbench.store.runIds()
    expect(await runs.cancel({ ids })).toEqual({ done: 4 })
    await workbench.idle()
    expect(await runs.cancel({ ids })).toEqual({ done: 0 })
    expect(stateOf(workbench)).toMatchObject({ runs: { cancelled: 4 } })
    expect(await runs.rerun({ ids })).toEqual({ done: 4 })
    expect(stateOf(workbench)?.state).toBe('running')
    await expect(runs.cancel({ ids: [...ids, '000000000000'] })).rejects.toThrow('no run 000000000000')
  })

  it('with a result is not trained again, and an unknown one is an input error', async () => {
    const workbench = await opened()
    await start(workbench, 3)
    await workbench.idle()
    const id = workbench.store.runs()[0]?.id ?? ''
    await expect(workbench.rerun(id)).rejects.toThrow('has a result (finished)')
    await expect(workbench.rerun('000000000000')).rejects.toThrow(InputError)
    await expect(workbench.cancelRun('000000000000')).rejects.toThrow(InputError)
  })
})

it('a workspace that is not there looks empty, and looking does not make it', async () => {
  const reader = await opened('reader')
  expect(reader.status()).toEqual([])
  expect(existsSync(workspace)).toBe(false)
})

it('settled runs leave no checkpoints behind, paused ones keep theirs', async () => {
  const workbench = await opened()
  await start(workbench, 3)
  await workbench.idle()
  await start(workbench, LONG, 'long')
  await until(() => workbench.progress().some(({ step }) => step > 2))
  await workbench.pauseStudy('long')
  const kept = workbench.store.runs().filter(({ id }) => existsSync(join(workspace, 'checkpoints', id)))
  expect(kept.map(({ state }) => state)).toEqual(['paused', 'paused'])
})
