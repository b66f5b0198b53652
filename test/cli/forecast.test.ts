import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lacking, measuredSecondsPerStep, memoryOf, secondsOf } from '../../src-main/cli/forecast'
import { installation } from '../../src-main/installation'
import { chanceScores } from '../../src-main/library/chance'
import { describeCells } from '../../src-main/library/describe-cells'
import type { CellFacts } from '../../src-main/library/describe-cells'
import { openLibrary } from '../../src-main/library/library'
import type { Library } from '../../src-main/library/library'
import type { RunRecord } from '../../src-main/run'
import { planStudy } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import type { Plan, PlannedRun } from '../../src-main/study/study'
import { tinyStudy, writeTinyImages } from '../e2e/tiny-study'

let folder: string
let library: Library
let plan: Plan
let cells: CellFacts[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-forecast-'))
  writeTinyImages(join(folder, 'images'))
  library = await openLibrary({
    workspace: join(folder, 'workspace'),
    installation: { ...installation, cache: folder },
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

describe('an estimate', () => {
  it('of time grows with steps and evaluations, and falls with speed', () => {
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

  it('of memory grows with what trains', () => {
    const frozen = memoryOf(cellOf('frozen-random'), runOf('frozen-random'))
    expect(memoryOf(cellOf('unfrozen-random'), runOf('unfrozen-random'))).toBeGreaterThan(frozen)
  })

  it('from earlier runs takes the median of the same cell, and only of it', () => {
    const run = runOf('frozen-random')
    const slept = record(run, { finishedAt: '2026-11-24T10:00:00.000Z' })
    const history = [record(run, {}), record(run, {}), slept, record(runOf('unfrozen-random'), { steps: 3 })]
    expect(measuredSecondsPerStep(run, history)).toBeCloseTo(0.1)
    expect(measuredSecondsPerStep(run, [record(run, { state: 'failed' })])).toBeNull()
  })

  it('counts what a study lacks: not what has a result, and of a paused run only the rest', () => {
    const [first, second, third] = plan.runs as [PlannedRun, PlannedRun, PlannedRun]
    const history = [
      record(first, {}),
      record(second, { state: 'diverged' }),
      record(third, { state: 'paused', steps: 10 }),
    ]
    expect(lacking(plan, history).map(({ steps }) => steps)).toEqual([20, 30])
  })
})
