import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import { readStudy } from '../../src-main/study/read'
import { SYNTHETIC_STUDY, fillStudy, openShowcase, planSynthetic } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { makeRenderer } from './served'

const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
  .replace('2000', '200')
  .replace('every: 100', 'every: 20')
const WAITING = SMALL.replace('synthetic-mnist', 'synthetic-next').replace('[0, 1, 2]', '[2, 7, 8]')

let showcase: Showcase
let api: ReturnType<typeof createCaller>
let id: string
const textOf = ({ base64 }: { base64: string }): string => Buffer.from(base64, 'base64').toString()

beforeAll(async () => {
  showcase = await openShowcase({ renderer: makeRenderer(), fill: (store) => fillStudy(store, SMALL) })
  api = createCaller({ workbench: showcase.workbench })
  const [run] = (await api.runs.page({ study: 'synthetic-mnist', limit: 1 })).runs
  id = run?.id ?? ''
})
afterAll(() => showcase.close())

describe("a run's page", () => {
  test('has its neighbours in rate and seed, its log and what it trained', async () => {
    const page = await api.run.page({ id, study: 'synthetic-mnist' })
    expect(page.run).toMatchObject({ id, study: 'synthetic-mnist' })
    expect(page.kin).toHaveLength(15)
    expect(page.kin.map((kin) => kin.id)).toContain(id)
    expect(page.events.map(({ kind }) => kind)).toContain('started')
    expect(page.metrics.toSorted()).toEqual(['train/loss', 'val/accuracy', 'val/loss'])
    expect(page.checkpoints).toEqual([])
    expect(page.testSealed).toBe(false)
    expect(JSON.parse(JSON.stringify(page))).toEqual(page)
  })

  test('is that of no other study', async () => {
    await expect(api.run.page({ id: '000000000000' })).rejects.toThrow(
      'no run 000000000000 in this workspace',
    )
    await expect(api.run.page({ id, study: 'nobody' })).rejects.toThrow(/no run .* in the study 'nobody'/)
  })
})

describe('its curves', () => {
  test('carry the moment of each point, and between two steps every point', async () => {
    const metrics = ['train/loss' as const]
    const [whole] = await api.run.curves({ id, metrics, maxPoints: 20 })
    expect(whole?.steps.length).toBeLessThanOrEqual(20)
    expect(whole?.times).toHaveLength(whole?.steps.length ?? 0)
    const between = { firstStep: 50, lastStep: 60 }
    const [part] = await api.run.curves({ id, metrics, maxPoints: 20, between })
    expect(part?.steps).toEqual(Array.from({ length: 13 }, (_, i) => 49 + i))
  })
})

describe('its files', () => {
  test('are the export of that run alone', async () => {
    const json = await api.run.export({ id, format: 'json' })
    expect(json.name).toBe(`${id}.json`)
    const document = JSON.parse(textOf(json)) as { runs: { id: string; series: Record<string, unknown[]> }[] }
    expect(document.runs).toEqual([expect.objectContaining({ id })])
    expect(document.runs[0]?.series['train/loss']).toHaveLength(200)
    const csv = await api.run.export({ id, format: 'csv' })
    expect(textOf(csv).split('\n')[0]).toBe('run,metric,step,value,time')
    expect(
      textOf(csv)
        .split('\n')
        .filter((line) => line.startsWith(`${id},train/loss,`)),
    ).toHaveLength(200)
  })

  test('and a study of that run alone, which is another run only where something is changed', async () => {
    const { text } = await api.run.narrowed({ id, study: 'synthetic-mnist' })
    const study = readStudy(text)
    const record = showcase.workbench.store.run(id, 'synthetic-mnist')
    expect(study.name).toBe(`synthetic-mnist-${id.slice(0, 4)}`)
    expect(text).toContain('# Synthetic curves')
    const [planned, ...more] = (await planSynthetic(text)).runs
    expect(more).toEqual([])
    expect(planned?.key).toBe(record?.key)
  })
})

describe('the seal', () => {
  test('holds on a run that an open study shares with a sealed one, unless it is seen from the open one', async () => {
    await showcase.workbench.startStudy(await planSynthetic(WAITING))
    const shared = (await api.runs.page({ study: 'synthetic-mnist', limit: 200 })).runs.find(
      ({ seed, state }) => seed === 2 && state === 'finished',
    )
    const at = { id: shared?.id ?? '' }
    const open = await api.run.page({ ...at, study: 'synthetic-mnist' })
    expect(open.testSealed).toBe(false)
    expect(open.run.summary['test/accuracy']).toEqual(expect.any(Number))
    for (const page of [await api.run.page(at), await api.run.page({ ...at, study: 'synthetic-next' })]) {
      expect(page.testSealed).toBe(true)
      expect(page.run.summary['test/accuracy']).toBeNull()
    }
    const sealed = await api.run.export({ ...at, study: 'synthetic-next', format: 'json' })
    expect(textOf(sealed)).toContain('"test_sealed": true')
  })
})

describe('the queue', () => {
  test('says what trains, what waits, and in which order', async () => {
    const overview = await api.queue.overview()
    expect(overview.held).toBeNull()
    expect(overview.running).toEqual([
      expect.objectContaining({
        study: 'synthetic-next',
        task: 'mnist',
        model: 'minilm-l6',
        isPausing: false,
      }),
    ])
    expect(overview.studies).toEqual([expect.objectContaining({ name: 'synthetic-next' })])
    const [running] = overview.running
    const waiting = overview.studies[0]?.runs ?? 0
    const open = showcase.workbench.store.countRuns({
      study: 'synthetic-next',
      states: ['queued', 'running'],
    })
    expect(waiting + (running?.runs.length ?? 0)).toBe(open)
  })

  test('pages of what waits hold every group once', async () => {
    const whole = await api.queue.upcoming({ count: 200 })
    const ids = whole.groups.flatMap((group) => group.runs.map((run) => run.id))
    expect(new Set(ids).size).toBe(ids.length)
    const [first, second] = [
      await api.queue.upcoming({ count: 3 }),
      await api.queue.upcoming({ from: 3, count: 3 }),
    ]
    expect([...first.groups, ...second.groups]).toEqual(whole.groups.slice(0, 6))
    expect(first.total).toBe(whole.groups.length)
  })

  test('a moved group comes next, and an order of studies is kept', async () => {
    const { groups } = await api.queue.upcoming({ count: 3 })
    const [first, , third] = groups.map((group) => group.runs[0]?.id ?? '')
    await api.queue.move({ study: 'synthetic-next', run: third ?? '', before: first ?? '' })
    expect((await api.queue.upcoming({ count: 1 })).groups[0]?.runs[0]?.id).toBe(third)
    await api.queue.order({ studies: ['synthetic-next', 'synthetic-mnist'] })
    expect((await api.queue.overview()).order).toEqual(['synthetic-next', 'synthetic-mnist'])
    await expect(api.queue.order({ studies: ['nobody'] })).rejects.toThrow("no study 'nobody'")
  })

  test('the machine tells its memory and this process', async () => {
    const machine = await api.queue.machine()
    expect(machine.memory.total).toBeGreaterThan(machine.memory.free)
    expect(machine.processes[0]).toMatchObject({ kind: 'program', pid: process.pid })
  })

  test('a cancelled study has no open run, and keeps what has ended', async () => {
    const before = showcase.workbench.store.countRuns({ study: 'synthetic-next', states: ['finished'] })
    const { kept } = await api.queue.cancelStudy({ study: 'synthetic-next' })
    expect(kept).toBe(0)
    const { store } = showcase.workbench
    expect(store.countRuns({ study: 'synthetic-next', states: ['queued', 'paused'] })).toBe(0)
    expect(store.countRuns({ study: 'synthetic-next', states: ['finished'] })).toBe(before)
  })
})
