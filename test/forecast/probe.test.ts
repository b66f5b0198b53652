import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Probe } from '../../src-main/forecast/probe'
import { installation } from '../../src-main/installation'
import { describeCells } from '../../src-main/library/describe-cells'
import type { CellFacts } from '../../src-main/library/describe-cells'
import { openLibrary } from '../../src-main/library/library'
import type { OpenChannel } from '../../src-main/queue/channel'
import type { Environment } from '../../src-main/run'
import { planStudy } from '../../src-main/study/plan'
import { readStudy } from '../../src-main/study/read'
import type { Plan } from '../../src-main/study/study'
import type { FromWorker, MetricChunk } from '../../src-main/training/messages'
import { tinyStudy, writeTinyImages } from '../e2e/tiny-study'

let folder: string
let plan: Plan
let cell: CellFacts

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-probe-test-'))
  writeTinyImages(join(folder, 'images'))
  const library = await openLibrary({
    workspace: join(folder, 'workspace'),
    installation: { ...installation, cache: folder, unpacked: join(folder, 'unpacked') },
  })
  const text = tinyStudy()
  plan = await planStudy(readStudy(text, join(folder, 'study.yaml')), text, library)
  cell = (await describeCells(plan.study, library))[0]!
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const STEP_MS = 50
const SCORED_MS = 200
const STEPS = 24

const chunk = (
  metric: MetricChunk['metric'],
  steps: number[],
  value: number,
  times: number[],
): MetricChunk => ({
  metric,
  steps: Uint32Array.from(steps),
  values: new Float64Array(steps.length).fill(value),
  times: Float64Array.from(times),
})

/** A worker that says of the first run of a job what takes so long: a step of the group, an evaluation of this run. */
const slowWorker: OpenChannel = (_, listener) => {
  const say = (message: FromWorker): void => listener.message(message)
  setImmediate(() => say({ type: 'ready', environment: { engine: 'tensorflow' } as Environment }))
  return {
    send(message) {
      if (message.type !== 'train') return
      const { runs } = message.job
      const steps = Array.from({ length: STEPS }, (_, i) => i + 1)
      // The group goes on only when the last of its runs has been evaluated.
      const evaluated = (step: number): number => (step > STEPS / 2 ? runs.length * SCORED_MS : 0)
      const at = (step: number): number => step * STEP_MS + evaluated(step)
      const scored = [STEPS / 2, STEPS]
      for (const { id } of runs) {
        const chunks = [
          chunk('time/step_ms', steps, STEP_MS / runs.length, steps.map(at)),
          chunk(
            'val/loss',
            scored,
            1,
            scored.map((step) => at(step) + SCORED_MS),
          ),
        ]
        say({ type: 'points', run: id, chunks })
        const outcome = {
          state: 'cancelled',
          steps: STEPS,
          bestStep: null,
          summary: {},
          reason: null,
        } as const
        say({ type: 'ended', run: id, outcome })
      }
      say({ type: 'done', seq: message.seq })
    },
    kill: () => Promise.resolve(listener.gone('ended')),
  }
}

it('an evaluation is counted for every run of the group, though only the first one is watched', async () => {
  const runs = plan.runs.filter(({ setting }) => setting === 'frozen-random')
  expect(runs).toHaveLength(2)
  const probe = await Probe.open(slowWorker, new AbortController().signal)
  const pace = await probe.measure({ cell, config: runs[0]!.config, slots: 2, runs })
  await probe.close()
  expect(pace.stepSeconds).toBeCloseTo(STEP_MS / 1000, 9)
  const examples = 20 // a tenth of 200
  expect(pace.scoreSeconds).toBeCloseTo((2 * SCORED_MS) / 1000 / examples, 9)
})
