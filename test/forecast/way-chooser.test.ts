import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WayChooser } from '../../src-main/forecast/way-chooser'
import { fittingWays, wayByMemory } from '../../src-main/forecast/fitting-ways'
import type { WayRule } from '../../src-main/forecast/way-candidates'
import { candidatesFor, secondsARun } from '../../src-main/forecast/way-candidates'
import { channelsTo } from '../../src-main/queue/channel'
import type { OpenChannel } from '../../src-main/queue/channel'
import { EventStream } from '../../src-main/queue/event-stream'
import { usualWay } from '../../src-main/queue/groups'
import { openStore } from '../../src-main/store/store'
import type { Store } from '../../src-main/store/store'
import type { Plan, PlannedRun } from '../../src-main/study/study'
import { planOf, plannedRun } from '../queue/planned-runs'

let store: Store
const fake = channelsTo(join(import.meta.dirname, '../queue/fake-worker.mjs'))
const none: OpenChannel = () => {
  throw new Error('nothing is to be measured')
}

beforeEach(() => {
  store = openStore(':memory:')
  process.env['FAKE_ENGINE'] = 'tensorflow'
})
afterEach(() => {
  store.close()
  delete process.env['FAKE_ENGINE']
})

const chooser = (
  openWorker: OpenChannel,
  rule: WayRule = 'auto',
  bytes: (slots: number) => number = () => 0,
  others = 0,
): WayChooser =>
  new WayChooser({
    store,
    events: new EventStream(),
    openWorker,
    bytesOf: () => Promise.resolve(bytes),
    shareOfOthers: () => Promise.resolve(others),
    rule,
  })
const rates = (count: number, maxSteps = 500, behave = ''): PlannedRun[] =>
  Array.from({ length: count }, (_, i) => plannedRun({ maxSteps, behave, rate: (i + 1) / 1000 }))
function saved(name: string, runs: readonly PlannedRun[]): { plan: Plan; run: PlannedRun } {
  const plan = planOf(name, runs)
  store.saveStudy(plan)
  return { plan, run: runs[0] as PlannedRun }
}
const still = new AbortController().signal

describe('the way a study is trained', () => {
  it('is measured once, kept with the study, and given to others of its kind', async () => {
    const { plan, run } = saved('s', rates(8))
    const first = chooser(fake)
    expect(first.of(plan, run)).toBeNull()
    await first.measure(plan, run, still)
    // The fake worker is quicker with a number of threads of its own.
    const way = first.of(plan, run)
    expect(way).toMatchObject({ path: 'graph', groupSize: 4, workers: 2, threads: 1 })
    expect(way?.why).toMatch(
      /^groups of 4 in 2 workers of 1 thread, plain graph: 100\.0 ms a run and step, against groups of 4 in 1 worker of \d+ threads?, plain graph: 300\.0/,
    )
    expect(store.events({ study: 's' }).map(({ detail }) => detail)).toContainEqual(
      expect.stringContaining(way?.why ?? '-'),
    )

    expect(chooser(none).of(plan, run)).toEqual(way)
    const other = saved('t', rates(4))
    expect(chooser(none).of(other.plan, other.run)).toEqual(way)
    expect(
      store
        .trainingWays()
        .map(({ study }) => study)
        .sort(),
    ).toEqual(['s', 't'])
  })

  it('is measured for one of two settings that differ in their first values alone', async () => {
    const drawn = rates(8)
    const setting = { ...drawn[0]!.config.setting, name: 'pretrained', init: 'pretrained' } as const
    const read = drawn.map(({ config }) => plannedRun({ maxSteps: 500, rate: config.learning_rate, setting }))
    const more = drawn.map(({ config }) =>
      plannedRun({
        maxSteps: 500,
        rate: config.learning_rate,
        setting: { ...setting, name: 'more', train: ['output', 'layer_norm'] },
      }),
    )
    const { plan, run } = saved('s', [...drawn, ...read, ...more])
    const choosing = chooser(fake)
    expect([run, read[0]!, more[0]!].map((each) => choosing.of(plan, each))).toEqual([null, null, null])
    await choosing.measure(plan, run, still)
    expect(choosing.of(plan, run)?.workers).toBe(2)
    expect(choosing.of(plan, read[0]!)).toEqual(choosing.of(plan, run))
    expect(choosing.of(plan, more[0]!)).toBeNull()
  })

  it('is told to be measured beside other programs where they take much of the processor', async () => {
    const told = async (name: string, others: number): Promise<string[]> => {
      const { plan, run } = saved(name, rates(8))
      await chooser(fake, 'auto', () => 0, others).measure(plan, run, still)
      return store.events({ study: name }).map(({ detail }) => detail)
    }
    expect(await told('busy', 0.64)).toContainEqual(
      expect.stringContaining('other programs took 64 % of the processor'),
    )
    expect(await told('quiet', 0.1)).not.toContainEqual(expect.stringContaining('other programs'))
  })

  it('is the usual one where little is to be trained, or it is told so', async () => {
    const short = saved('s', rates(8, 5))
    const choosing = chooser(none)
    await choosing.measure(short.plan, short.run, still)
    expect(choosing.of(short.plan, short.run)).toEqual(usualWay(short.run))
    const long = saved('t', rates(8))
    expect(chooser(none, 'usual').of(long.plan, long.run)).toEqual(usualWay(long.run))
    expect(chooser(none, 'measure').of(short.plan, short.run)).toBeNull()
    const single = saved('u', rates(1))
    expect(chooser(none).of(single.plan, single.run)).toEqual(usualWay(single.run))
    expect(chooser(none, 'measure').of(single.plan, single.run)).toEqual(usualWay(single.run))
  })

  it('is the usual one where nothing can be measured, with a warning', async () => {
    const { plan, run } = saved('s', rates(8, 500, 'fail'))
    const choosing = chooser(fake)
    await choosing.measure(plan, run, still)
    expect(choosing.of(plan, run)).toEqual(usualWay(run))
    const warnings = store.events({ study: 's' }).filter(({ kind }) => kind === 'warning')
    expect(warnings[0]?.detail).toContain('cannot be measured: no such trunk')
  })

  it('is a run alone where workers die of every group', async () => {
    const { plan, run } = saved('s', rates(8, 500, 'exit-in-groups'))
    const choosing = chooser(fake)
    await choosing.measure(plan, run, still)
    expect(choosing.of(plan, run)).toMatchObject({ groupSize: 1, workers: 1, threads: null })
  })

  it('is not tried where by count it needs more memory than there is: what fits is, or smaller groups', async () => {
    const { plan, run } = saved('s', rates(8))
    // A worker with a group of more than two takes more than any machine has.
    const some = chooser(fake, 'auto', (slots) => (slots > 2 ? 1e18 : 1))
    await some.measure(plan, run, still)
    expect(some.of(plan, run)).toMatchObject({ groupSize: 2, workers: 1 })
    const told = (): string[] => store.events({ study: 's' }).map(({ detail }) => detail)
    expect(told()).toContainEqual(
      expect.stringMatching(/not tried, for by count .* groups of 4 in 2 workers .*about 2000000000\.0 GB/),
    )
  })

  it('is measured where memory cannot be counted, for the worker says what is wrong', async () => {
    const { plan, run } = saved('s', rates(8))
    const choosing = new WayChooser({
      ...{ store, events: new EventStream(), openWorker: fake, rule: 'auto' },
      bytesOf: () => Promise.reject(new Error('no such file')),
    })
    await choosing.measure(plan, run, still)
    expect(choosing.of(plan, run)).toMatchObject({ groupSize: 4, workers: 2 })
  })

  it('is a run alone, untried and with a warning, where by count not even that has memory', async () => {
    const { plan, run } = saved('s', rates(8))
    const choosing = chooser(none, 'auto', () => 1e18)
    await choosing.measure(plan, run, still)
    expect(choosing.of(plan, run)).toMatchObject({ groupSize: 1, workers: 1, why: '' })
    const [warning] = store.events({ study: 's' }).filter(({ kind }) => kind === 'warning')
    expect(warning?.detail).toContain('fake / fake / output-only: not tried')
  })

  it('of little training is groups as large as by count there is memory for, the same after a restart', async () => {
    const { plan, run } = saved('s', rates(8, 5))
    const choosing = chooser(none, 'auto', (slots) => (slots > 2 ? 1e18 : 1))
    expect(choosing.of(plan, run)).toBeNull()
    await choosing.measure(plan, run, still)
    const way = choosing.of(plan, run)
    expect(way).toMatchObject({ path: 'graph', groupSize: 2, workers: 1, threads: null })
    expect(way?.why).toMatch(
      /^groups of 2 in 1 worker .*: by count groups of 4 need about 1000000000\.0 GB of memory, and there are \d/,
    )
    expect(store.events({ study: 's' }).map(({ detail }) => detail)).toContainEqual(
      expect.stringContaining(way?.why ?? '-'),
    )
    // Memory is there again, but groups are as they were: what is resumed computes the same bits.
    expect(chooser(none).of(plan, run)).toEqual(way)
    // It tells nothing of other studies, nor of the study once it is worth a measurement.
    const other = saved('t', rates(8, 5))
    expect(chooser(none).of(other.plan, other.run)).toBeNull()
    const longer = saved('s', rates(8))
    expect(chooser(none).of(longer.plan, longer.run)).toBeNull()
  })

  it('of little training is a run alone, with a warning, where by count not even that has memory', async () => {
    const { plan, run } = saved('s', rates(8, 5))
    const choosing = chooser(none, 'auto', () => 1e18)
    await choosing.measure(plan, run, still)
    expect(choosing.of(plan, run)).toMatchObject({ groupSize: 1, workers: 1, why: '' })
    const [warning] = store.events({ study: 's' }).filter(({ kind }) => kind === 'warning')
    expect(warning?.detail).toContain('smaller batches')
  })

  it('is neither kept nor spoken of when the measurement is broken off', async () => {
    const { plan, run } = saved('s', rates(8))
    let opened = 0
    const choosing = chooser((...line) => {
      opened++
      return fake(...line)
    })
    const stop = new AbortController()
    const measuring = choosing.measure(plan, run, stop.signal)
    stop.abort()
    await measuring
    // No worker is left at work on what nobody waits for.
    expect(opened).toBe(0)
    expect(choosing.of(plan, run)).toBeNull()
    expect(store.trainingWays()).toEqual([])
    // A workbench that closes breaks it off, and its history is shut then.
    expect(store.events({ study: 's' }).map(({ kind }) => kind)).toEqual(['study-saved'])
  })
})

describe('ways to be tried', () => {
  it('are one worker with all cores and several side by side, with no larger group than there are rates', () => {
    const cpu = { cores: 2, isGpu: false }
    const ways = (runs: readonly PlannedRun[]): unknown[] =>
      candidatesFor(runs, cpu).map(({ groupSize, workers, threads }) => [groupSize, workers, threads])
    expect(ways(rates(4))).toEqual([
      [4, 1, null],
      [4, 2, 1],
      [2, 2, 1],
    ])
    expect(ways(rates(1))).toEqual([[1, 1, null]])
    expect(candidatesFor(rates(60), { cores: 16, isGpu: true }).map(({ groupSize }) => groupSize)).toEqual([
      1, 4, 16, 60,
    ])
  })

  it('fit into memory by what all their workers take, and where none does, in smaller groups', () => {
    const candidates = candidatesFor(rates(4), { cores: 2, isGpu: false })
    const bytesOf = (slots: number): number => 10 + slots
    const fitting = (most: number) =>
      fittingWays(candidates, bytesOf, most).fitting.map(({ groupSize, workers }) => [groupSize, workers])
    expect(fitting(28)).toEqual([
      [4, 1],
      [4, 2],
      [2, 2],
    ])
    expect(fitting(24)).toEqual([
      [4, 1],
      [2, 2],
    ])
    expect(fitting(13)).toEqual([[2, 1]])
    expect(fitting(11)).toEqual([[1, 1]])
    expect(fitting(10)).toEqual([])
    expect(fittingWays(candidates, bytesOf, 14).left.map(({ bytes }) => bytes)).toEqual([28, 24])
  })

  it('are foreseen by memory before anything is measured: the usual one, the first that fits, or a run alone', () => {
    const cpu = { cores: { cores: 2, isGpu: false }, rule: 'auto' } as const
    const [short, long] = [rates(4, 5), rates(4)]
    const bytesOf = (slots: number): number => 10 * slots
    const foreseen = (runs: readonly PlannedRun[], most: number): unknown[] => {
      const { groupSize, workers } = wayByMemory(runs, cpu, bytesOf, most)
      return [groupSize, workers]
    }
    expect(foreseen(short, 40)).toEqual([4, 1])
    expect(foreseen(short, 39)).toEqual([2, 1])
    expect(foreseen(long, 40)).toEqual([4, 1])
    expect(foreseen(long, 19)).toEqual([1, 1])
    expect(foreseen(long, 1)).toEqual([1, 1])
    const gpu = { ...cpu, cores: { cores: 2, isGpu: true } }
    expect(wayByMemory(long, gpu, bytesOf, 1)).toEqual(usualWay(long[0]!))
  })

  it('are compared by all their runs: a worker without a group waits for the others', () => {
    const [all, , split] = candidatesFor(rates(4), { cores: 2, isGpu: false })
    if (all === undefined || split === undefined) throw new Error('ways to be tried')
    expect(secondsARun(rates(4), all, 1)).toBe(0.25)
    expect(secondsARun(rates(4), split, 0.6)).toBe(0.15)
    expect(secondsARun(rates(4), { ...all, workers: 2 }, 1)).toBe(0.25)
  })
})
