import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { batchLengths } from '../../src-main/forecast/batch-lengths'
import { earlierScores, earlierStepSeconds } from '../../src-main/forecast/earlier-runs'
import { forecastPlan, openGroups } from '../../src-main/forecast/forecast'
import { bytesByCount, foreseenWays } from '../../src-main/forecast/foreseen-ways'
import type { GroupKind } from '../../src-main/forecast/group-kind'
import { deviceName, programHash } from '../../src-main/forecast/kept-ways'
import { countedBytes, countedPace } from '../../src-main/forecast/operations'
import { groupSeconds } from '../../src-main/forecast/pace'
import { ProbeMemory } from '../../src-main/forecast/probe-memory'
import { sweepPower } from '../../src-main/forecast/sweep-power'
import { installation } from '../../src-main/installation'
import { chanceScores } from '../../src-main/library/chance'
import { describeCells } from '../../src-main/library/describe-cells'
import type { CellFacts } from '../../src-main/library/describe-cells'
import { openLibrary } from '../../src-main/library/library'
import type { Library } from '../../src-main/library/library'
import type { RunRecord, TrainingWay } from '../../src-main/run'
import { planStudy } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import type { Plan, PlannedRun } from '../../src-main/study/study'
import { openStore } from '../../src-main/store/store'
import type { ChosenWay, SetupRuns } from '../../src-main/store/store'
import { tinyStudy, writeTinyImages } from '../e2e/tiny-study'
import { outcome, plan as stored, START } from '../store/plans'

let folder: string
let library: Library
let plan: Plan
let cells: CellFacts[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-forecast-'))
  writeTinyImages(join(folder, 'images'))
  library = await openLibrary({
    workspace: join(folder, 'workspace'),
    installation: { ...installation, cache: folder, unpacked: join(folder, 'unpacked') },
  })
  const text = tinyStudy()
  plan = await planStudy(readStudy(text, join(folder, 'study.yaml')), text, library)
  cells = await describeCells(plan.study, library)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const runOf = (setting: string): PlannedRun => plan.runs.find((run) => run.setting === setting)!
const cellOf = (setting: string): CellFacts => cells.find((cell) => cell.setting === setting)!

/** What the history would say of a planned run. */
const record = (run: PlannedRun, change: Partial<RunRecord>): RunRecord => ({
  id: run.key.slice(0, 12),
  key: run.key,
  study: 'tiny',
  task: run.task,
  model: run.model,
  setting: run.setting,
  learningRate: run.config.learning_rate,
  seed: run.config.seed,
  state: 'finished',
  inPlan: true,
  steps: 30,
  bestStep: 30,
  parametersTrained: null,
  parametersTotal: null,
  stepFlops: null,
  summary: {},
  reason: null,
  environment: null,
  startedAt: '2026-11-23T10:00:00.000Z',
  finishedAt: '2026-11-23T10:00:03.000Z',
  config: run.config,
  ...change,
})

describe('the cells of a study', () => {
  it('come with the parameters that each setting trains, layer by layer as counted by hand', () => {
    const [width, inner, tokens, inputs, classes] = [16, 64, 1024, 16, 4]
    const ends = inputs * width + width + width * classes + classes
    const norms = 3 * 2 * width
    const attention = 4 * width * width + 4 * width
    const feedForward = 2 * width * inner + inner + width
    const frozen = ends + norms + tokens * width
    expect(cellOf('frozen-random').parameters.trained).toBe(frozen)
    expect(cellOf('unfrozen-random').parameters.trained).toBe(frozen + attention + feedForward)
    expect(cellOf('frozen-random').parameters.total).toBe(frozen + attention + feedForward)
  })

  it('come with the score of guessing', async () => {
    expect(await chanceScores(plan.study, library)).toEqual({ 'idx-images': 0.25 })
    const byLoss = { ...plan.study, selection: { ...plan.study.selection, metric: 'loss' as const } }
    expect(await chanceScores(byLoss, library)).toEqual({ 'idx-images': Math.log(4) })
  })
})

const secondsOf = (cell: CellFacts, { config }: PlannedRun, gflops: number): number =>
  groupSeconds(countedPace(cell, config, 1, gflops), cell, config, config.training.max_steps)

describe('counted operations', () => {
  it('grow with steps and evaluations, and take less time on a faster machine', () => {
    const run = runOf('unfrozen-random')
    const cell = cellOf('unfrozen-random')
    const longer = { ...run, config: { ...run.config, training: { ...run.config.training, max_steps: 60 } } }
    const watched = { ...run, config: { ...run.config, validation: { ...run.config.validation, every: 1 } } }
    const seconds = secondsOf(cell, run, 100)
    expect(secondsOf(cell, longer, 100)).toBeGreaterThan(seconds)
    expect(secondsOf(cell, watched, 100)).toBeGreaterThan(seconds)
    expect(secondsOf(cell, run, 200)).toBeLessThan(seconds)
    expect(secondsOf(cellOf('frozen-random'), runOf('frozen-random'), 100)).toBeLessThan(seconds)
  })

  it("hold the products of an LSTM's recurrence: one by its input and one by its state, every token and gate", async () => {
    const text = tinyStudy({ model: '{kind: lstm, layers: 1, width: 16}', settings: '[unfrozen-random]' })
    const lstm = await planStudy(readStudy(text, join(folder, 'study.yaml')), text, library)
    const [cell] = await describeCells(lstm.study, library)
    const [tokens, width, inputs, classes] = [4, 16, 16, 4]
    const products = tokens * (width * inputs + 2 * width * 4 * width) + width * classes
    // Nothing is wanted of the images, so that the input layer has one product backwards, the others two.
    expect(cell?.flops).toEqual({
      forward: 2 * products,
      training: 2 * (3 * products - tokens * width * inputs),
    })
    const { config } = lstm.runs[0]!
    const pace = (gflops: number) => countedPace(cell!, config, 2, gflops)
    const least = (2 * config.training.batch_size * cell!.flops.training) / 1e9
    expect(pace(1).stepSeconds).toBeGreaterThan(least)
    expect(pace(1).scoreSeconds).toBeGreaterThan((2 * cell!.flops.forward) / 1e9)
  })

  it('are those of the lengths that batches have, in proportion to their examples; memory is that of the longest', async () => {
    const listops = async (batches: string): Promise<{ cell: CellFacts; run: PlannedRun }> => {
      const task = `{kind: listops, batches: ${batches}, min_length: 10, max_length: 100, max_depth: 5, train_examples: 300}`
      const text = tinyStudy({ task, settings: '[frozen-random]' })
      const { study, runs } = await planStudy(readStudy(text, join(folder, 'study.yaml')), text, library)
      const [cell] = await describeCells(study, library)
      return { cell: cell!, run: runs[0]! }
    }
    const [mixed, byLength] = [await listops('mixed'), await listops('by-length')]
    const { paddedTo = [], tokens } = byLength.cell.taskFacts.input
    expect(batchLengths([mixed.cell, byLength.cell, cellOf('frozen-random')])).toEqual([
      { task: mixed.cell.task, lengths: paddedTo },
    ])
    expect(batchLengths([mixed.cell])).toEqual([{ task: mixed.cell.task, lengths: [{ tokens, share: 1 }] }])
    const mean = paddedTo.reduce((sum, each) => sum + each.share * each.tokens, 0)
    const share = byLength.cell.flops.training / mixed.cell.flops.training
    // So short sequences cost what their tokens do, and hardly what these look at.
    expect(mean / tokens).toBeLessThan(0.7)
    expect(share).toBeCloseTo(mean / tokens, 1)
    expect(byLength.cell.flopsToLongest.training).toBe(share)
    expect(mixed.cell.flopsToLongest).toEqual({ training: 1, forward: 1 })
    expect(secondsOf(byLength.cell, byLength.run, 1)).toBeLessThan(secondsOf(mixed.cell, mixed.run, 1))
    expect(countedBytes(byLength.cell, byLength.run.config, 2)).toBe(
      countedBytes(mixed.cell, mixed.run.config, 2),
    )
  })

  it('ask for more memory the more trains, but for a frozen trunk once however many runs share it', () => {
    const [frozen, unfrozen] = [cellOf('frozen-random'), cellOf('unfrozen-random')]
    const { config } = runOf('frozen-random')
    expect(countedBytes(unfrozen, config, 1)).toBeGreaterThan(countedBytes(frozen, config, 1))
    const more = (cell: CellFacts): number => countedBytes(cell, config, 4) - countedBytes(cell, config, 1)
    expect(more(unfrozen)).toBeGreaterThan(more(frozen))
  })
})

describe('what was measured', () => {
  const pace = { stepSeconds: 1, scoreSeconds: 0.125, startSeconds: 3, peakBytes: 1e9 }
  const kindOf = (setting: string, slots: number, change: Partial<CellFacts> = {}): GroupKind => ({
    cell: { ...cellOf(setting), ...change },
    config: runOf(setting).config,
    slots,
  })
  const remembering = async (kind: GroupKind, measured = pace): Promise<ProbeMemory> => {
    const memory = new ProbeMemory(join(folder, 'nowhere', 'probes.json'))
    await memory.keep(kind, measured)
    return memory
  }

  it('is of a group of this size, wherever its first values come from', async () => {
    const kind = kindOf('frozen-random', 2)
    const memory = await remembering(kind)
    expect(memory.of(kind)).toMatchObject(pace)
    const { setting } = kind.config
    expect(
      memory.of({ ...kind, config: { ...kind.config, setting: { ...setting, init: 'statistics' } } }),
    ).toMatchObject(pace)
    expect(memory.of({ ...kind, slots: 4 })).toBeNull()
  })

  it('tells of larger groups and of tasks that have more to do, by their operations, in the same trunk alone', async () => {
    const kind = kindOf('frozen-random', 2)
    const memory = await remembering(kind)
    const scaled = { stepSeconds: 2, scoreSeconds: 0.25, startSeconds: 3, peakBytes: null }
    expect(memory.scaled({ ...kind, slots: 4 })).toEqual({ pace: scaled, isEnough: true })
    const { flops } = kind.cell
    const longer = kindOf('frozen-random', 2, {
      flops: { training: 3 * flops.training, forward: 3 * flops.forward },
    })
    const otherTask = {
      ...longer,
      config: { ...longer.config, task: { ...longer.config.task, kind: 'cifar10' } },
    }
    expect(memory.scaled(otherTask)?.pace.stepSeconds).toBeCloseTo(3)
    // One that has far less to do waits for other things than its operations.
    const shorter = { training: 0.2 * flops.training, forward: 0.2 * flops.forward }
    expect(memory.scaled(kindOf('frozen-random', 2, { flops: shorter }))).toBeNull()
    expect(memory.scaled(kindOf('unfrozen-random', 4))).toBeNull()
  })

  it('is not enough where steps are short, or wait for one token after the other', async () => {
    const kind = kindOf('frozen-random', 2)
    const quick = await remembering(kind, { ...pace, stepSeconds: 0.01 })
    expect(quick.scaled({ ...kind, slots: 4 })?.isEnough).toBe(false)
    const memory = await remembering(kind)
    const recurrent = kindOf('frozen-random', 4, { modelFacts: { ...kind.cell.modelFacts, heads: null } })
    expect(memory.scaled(recurrent)?.isEnough).toBe(false)
  })
})

/** As the store gives them: by what they have in common, here nothing. */
const bySetup = (records: readonly RunRecord[]): SetupRuns[] =>
  records.map((run) => ({ config: run.config, environment: run.environment!, runs: [run] }))

const alone = { group_size: 1 } as RunRecord['environment']
const inTwos = { group_size: 2 } as RunRecord['environment']

describe('earlier runs', () => {
  it('of the same cell and group size tell the time of a step by their median', () => {
    const run = runOf('frozen-random')
    const [like, slept] = [
      record(run, { environment: inTwos }),
      record(run, { environment: inTwos, finishedAt: '2026-11-24T10:00:00.000Z' }),
    ]
    const others = [
      record(runOf('unfrozen-random'), { environment: inTwos, steps: 3 }),
      record(run, { environment: alone, steps: 1 }),
      record(run, { environment: inTwos, state: 'failed', steps: 1 }),
    ]
    expect(earlierStepSeconds(run.config, 2, bySetup([like, like, slept, ...others]))).toBeCloseTo(0.1)
    expect(earlierStepSeconds(run.config, 2, bySetup(others))).toBeNull()
  })

  it('tell how far seeds spread, else a spread is assumed and said so', () => {
    expect(sweepPower(plan, [])).toMatchObject({ from: 'assumed', deviation: 0.01, seeds: 1, smallest: null })
    const store = openStore(':memory:')
    const swept = stored({ seeds: [0, 1, 2], learning_rates: [1e-4, 1e-3] })
    const other = stored({
      name: 'other',
      learning_rates: [1e-2],
      tasks: [{ ...swept.study.tasks[0]!, name: 'other' }],
    })
    store.saveStudy(swept)
    store.saveStudy({ ...other, runs: other.runs.map((run) => ({ ...run, task: 'other' })) })
    const end = (rate: number, seed: number, accuracy: number): void => {
      const id = store.runs().find((run) => run.learningRate === rate && run.seed === seed)!.id
      store.begin(id, START)
      store.end(id, outcome({ 'val/accuracy': accuracy }))
    }
    end(1e-4, 0, 0.5)
    end(1e-4, 1, 0.6)
    end(1e-3, 0, 0.9)
    end(1e-2, 0, 0.1)
    end(1e-2, 1, 0.9)
    const history = earlierScores(store, swept)
    expect(history).toHaveLength(3)
    const threeSeeds = { ...plan, study: { ...plan.study, seeds: [0, 1, 2] } }
    const power = sweepPower(threeSeeds, history)
    expect(power).toMatchObject({ from: 'earlier-runs', seeds: 3 })
    expect(power.deviation).toBeCloseTo(0.1 / Math.sqrt(2))
    expect(power.smallest).toBeGreaterThan(2 * power.deviation)
  })
})

describe('ways that are foreseen', () => {
  const foreseen = (chosen: readonly ChosenWay[], memory: number) => {
    const { wayOf, smaller } = foreseenWays(plan, cells, chosen, memory)
    const ways = ['frozen-random', 'unfrozen-random'].map((setting) => wayOf(runOf(setting)).groupSize)
    return { ways, smaller: smaller() }
  }
  const alone = (): number => bytesByCount(cells, runOf('frozen-random'))(1)

  it('are those that there is memory for, and say where groups are smaller for want of it', () => {
    vi.stubEnv('FAIRSWEEP_WAYS', 'auto')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(foreseen([], Infinity)).toEqual({ ways: [4, 1], smaller: 0 })
    expect(foreseen([], alone())).toEqual({ ways: [1, 1], smaller: 1 })
  })

  it('are those that were chosen before, whatever memory there is now', () => {
    vi.stubEnv('FAIRSWEEP_WAYS', 'auto')
    onTestFinished(() => void vi.unstubAllEnvs())
    const run = runOf('frozen-random')
    const way = { path: 'graph', groupSize: 2, workers: 1, threads: null, why: 'for memory' } as const
    const known = { study: plan.study.name, device: deviceName(), cell: '', way }
    const counted = { ...known, program: programHash(run.config, 'counted') }
    expect(foreseen([counted], Infinity)).toEqual({ ways: [2, 1], smaller: 1 })
    const measured = { ...known, program: programHash(run.config, 'measured') }
    expect(foreseen([measured], alone())).toEqual({ ways: [2, 1], smaller: 0 })
    expect(foreseen([{ ...counted, study: 'another' }], Infinity)).toEqual({ ways: [4, 1], smaller: 0 })
  })
})

describe('the forecast of a plan', () => {
  it('counts what has no result yet: of a group the most steps that one of its runs lacks', () => {
    const [first, second, third, fourth] = plan.runs as [PlannedRun, PlannedRun, PlannedRun, PlannedRun]
    const history = [
      record(first, { state: 'diverged' }),
      record(second, { state: 'paused', steps: 10 }),
      record(third, {}),
      record(fourth, { state: 'cancelled', steps: 5 }),
    ]
    expect(openGroups(plan, history).map(({ open, steps }) => [open.length, steps])).toEqual([
      [1, 20],
      [1, 25],
    ])
  })

  it('takes the time of a fused group once for all its runs', () => {
    const pace = { stepSeconds: 0.5, scoreSeconds: 0, startSeconds: 2, peakBytes: 1e9 }
    const measured = ({ slots }: GroupKind) => ({ pace, from: slots === 1 ? 'probe' : 'scaled' }) as const
    const forecast = forecastPlan(plan, cells, openGroups(plan, []), { history: [], measured, gflops: null })
    expect(forecast).toMatchObject({ runs: 4, toTrain: 4, groups: 3, from: ['probe', 'scaled'] })
    // Two frozen runs together and two unfrozen ones apart, 30 steps each; each cell starts once.
    expect(forecast.seconds).toBeCloseTo(3 * 30 * 0.5 + 2 * 2)
    expect(forecast).toMatchObject({ memoryBytes: 1e9, isMemoryMeasured: true })
    expect(forecast.cells.map(({ setting, groups, slots }) => [setting, groups, slots])).toEqual([
      ['frozen-random', 1, 2],
      ['unfrozen-random', 2, 1],
    ])
    expect(forecast.diskBytes.checkpoints).toBeGreaterThan(0)
    // Runs alone, two side by side where a cell has so many.
    const apart: TrainingWay = { path: 'graph', groupSize: 1, workers: 2, threads: 1, why: '' }
    const open = openGroups(plan, [], () => apart)
    const paces = { history: [], measured, gflops: null }
    const sideBySide = forecastPlan(plan, cells, open, paces, () => apart)
    expect(sideBySide).toMatchObject({ groups: 4, memoryBytes: 2e9, memoryWorkers: 2 })
    expect(forecast.memoryWorkers).toBe(1)
  })

  it('knows no time while the pace of one group is not known, and needs nothing when all is trained', () => {
    const measured = () => null
    const unknown = forecastPlan(plan, cells, openGroups(plan, []), { history: [], measured, gflops: null })
    expect(unknown).toMatchObject({ seconds: null, from: [], isMemoryMeasured: false })
    const counted = forecastPlan(plan, cells, openGroups(plan, []), { history: [], measured, gflops: 100 })
    expect(counted.from).toEqual(['operations'])
    expect(counted.seconds).toBeGreaterThan(0)
    const trained = openGroups(
      plan,
      plan.runs.map((run) => record(run, {})),
    )
    expect(forecastPlan(plan, cells, trained, { history: [], measured, gflops: null })).toMatchObject({
      toTrain: 0,
      seconds: 0,
      from: [],
      memoryBytes: null,
    })
  })
})
