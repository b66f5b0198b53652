import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { channelsTo } from '../../src-main/queue/channel'
import type { OpenChannel } from '../../src-main/queue/channel'
import type { Plan } from '../../src-main/study/study'
import { openWorkbench } from '../../src-main/workbench'
import type { Workbench, WorkbenchEvent } from '../../src-main/workbench'
import { builtWorker } from '../built'
import { tinyStudy, writeTinyImages } from '../e2e/tiny-study'

/** Real workers, a tiny network. */

let folder: string
let openWorker: OpenChannel
let workbench: Workbench
let plan: Plan
const events: WorkbenchEvent[] = []

const open = (): Promise<Workbench> =>
  openWorkbench({ workspace: join(folder, 'workspace'), access: 'owner', openWorker })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-forecaster-'))
  writeTinyImages(join(folder, 'images'))
  openWorker = channelsTo(await builtWorker())
  workbench = await open()
  workbench.subscribe((event) => events.push(event))
  plan = await workbench.checkStudy(tinyStudy({ seeds: '[0, 1]' }), join(folder, 'study.yaml'))
})
afterAll(async () => {
  await workbench.close()
  rmSync(folder, { recursive: true, force: true })
})

const told = () => events.flatMap((event) => (event.type === 'measuring' ? [event.measuring] : []))

describe('a forecast', () => {
  it('knows counts and parameters at once, and time from a few real steps that leave no trace', async () => {
    const before = await workbench.forecaster.of(plan)
    expect(before).toMatchObject({
      runs: 8,
      toTrain: 8,
      groups: 6,
      seconds: null,
      unmeasured: 2,
      tooLarge: 0,
    })
    await workbench.forecaster.measure(plan)
    expect(told()).toEqual([
      // One unfrozen run has less to do than two frozen ones together.
      { done: 0, of: 2, cell: 'unfrozen-random' },
      { done: 1, of: 2, cell: 'frozen-random' },
      null,
    ])
    const after = await workbench.forecaster.of(plan)
    expect(after).toMatchObject({ unmeasured: 0, from: ['probe'] })
    expect(after.seconds).toBeGreaterThan(0)
    expect(after.seconds).toBeLessThan(600)
    expect(after.memoryBytes).toBeGreaterThan(50e6)
    expect(after.isMemoryMeasured).toBe(process.platform === 'linux')
    expect(workbench.store.runs()).toEqual([])
    expect(readdirSync(join(folder, 'workspace')).filter((name) => name.startsWith('checkpoint'))).toEqual([])
  })

  it('is remembered: nothing is measured twice on this machine, also by a workbench opened later', async () => {
    events.length = 0
    await workbench.forecaster.measure(plan)
    expect(told()).toEqual([null])
    await workbench.close()
    workbench = await open()
    workbench.subscribe((event) => events.push(event))
    expect((await workbench.forecaster.of(plan)).unmeasured).toBe(0)
  })

  it('is stopped at once, and what is then measured is another matter', async () => {
    const wider = await workbench.checkStudy(
      tinyStudy({ model: '{kind: gpt2, layers: 2, width: 32, heads: 2}' }),
      join(folder, 'study.yaml'),
    )
    events.length = 0
    const measuring = workbench.forecaster.measure(wider)
    await expect.poll(told).toHaveLength(1)
    await workbench.forecaster.stop()
    await measuring
    expect((await workbench.forecaster.of(wider)).unmeasured).toBeGreaterThan(0)
  })

  it('of what does not fit into the memory is counted, and nothing of it is tried', async () => {
    const huge = await workbench.checkStudy(
      tinyStudy({
        model: '{kind: gpt2, layers: 48, width: 1600, heads: 25}',
        training: '{batch_size: 60000, max_steps: 10}',
      }),
      join(folder, 'study.yaml'),
    )
    events.length = 0
    expect(await workbench.forecaster.of(huge)).toMatchObject({ unmeasured: 0, tooLarge: 2, seconds: null })
    await workbench.forecaster.measure(huge)
    expect(told()).toEqual([null])
    const counted = await workbench.forecaster.of(huge, 100)
    expect(counted.from).toEqual(['operations'])
    expect(counted.seconds).toBeGreaterThan(1000)
    expect(counted.memoryBytes).toBeGreaterThan(1e12)
  })

  it('is not measured beside training, and takes the step times of runs underway instead', async () => {
    const long = tinyStudy({ name: 'long', training: '{batch_size: 3, max_steps: 100000}' })
    const underway = await workbench.checkStudy(long, join(folder, 'study.yaml'))
    await workbench.startStudy(underway)
    await expect
      .poll(() => workbench.progress()[0]?.step ?? 0, { timeout: 60_000, interval: 50 })
      .toBeGreaterThan(20)
    await expect(workbench.forecaster.measure(underway)).rejects.toThrow('measure when it has ended')
    const forecast = await workbench.forecaster.of(underway)
    expect(forecast.isTraining).toBe(true)
    expect(forecast.cells.find(({ setting }) => setting === 'frozen-random')).toMatchObject({
      from: ['earlier-runs'],
    })
    await workbench.stopStudy('long')
  })
})
