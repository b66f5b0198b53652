import { performance } from 'node:perf_hooks'
import { budgetCurves } from '../../src-main/analysis/budget'
import { compareStudy } from '../../src-main/analysis/comparison'
import type { Comparison, StudyOutline } from '../../src-main/analysis/comparison'
import { testDifferences } from '../../src-main/analysis/difference-tests'
import { computeEfficiency } from '../../src-main/analysis/efficiency'
import { learningRateSensitivity } from '../../src-main/analysis/sensitivity'
import type { RunRecord } from '../../src-main/run'
import { aRun, aStudy, FOUR_SETTINGS } from '../analysis/factory'

/**
 * How long a whole comparison takes: `npm run bench:comparison`. 10,000 runs (25 tasks × 4 settings × 20 rates × 5
 * seeds) with 1,000 validation points each: rankings, differences, audit, efficiency, sensitivity, budget and tests.
 */
const TASKS = Array.from({ length: 25 }, (_, i) => `task-${i}`)
const RATES = Array.from({ length: 20 }, (_, i) => Number((10 ** (-6 + i / 5)).toPrecision(3)))
const SEEDS = [0, 1, 2, 3, 4]
const POINTS = 1000

const study: StudyOutline = aStudy({
  tasks: TASKS.map((name) => ({ name, kind: 'mnist', options: {} })),
  settings: FOUR_SETTINGS,
  learning_rates: RATES,
  seeds: SEEDS,
})

/** Repeatable noise in 0 … 1. */
const noise = (...of: readonly number[]): number => {
  const wave = Math.sin(of.reduce((sum, value, i) => sum + value * (12.9898 + 65.31 * i), 1)) * 43758.5453
  return wave - Math.floor(wave)
}

const runs: RunRecord[] = TASKS.flatMap((task, t) =>
  FOUR_SETTINGS.flatMap(({ name: setting }, s) =>
    RATES.flatMap((rate, r) =>
      SEEDS.map((seed) => {
        const validation = 0.5 + 0.4 * Math.exp(-(((r - 8 - 2 * s) / 5) ** 2)) + 0.02 * noise(t, s, r, seed)
        return aRun({ task, setting, rate, seed, validation, test: validation - 0.01 * noise(seed, r, s) })
      }),
    ),
  ),
)
const steps = Uint32Array.from({ length: POINTS }, (_, i) => 100 * (i + 1))
const curves = new Map(
  runs.map(({ id, summary }) => {
    const best = summary['val/accuracy'] ?? 0
    return [
      id,
      {
        steps,
        values: Float64Array.from(steps, (_, i) => best * (1 - Math.exp(-i / 200))),
        secondsPerStep: 0.01,
      },
    ]
  }),
)

function wholeComparison(): Comparison {
  const comparison = compareStudy({ study, runs, testSealed: false, otherRate: 1e-3, chance: {} })
  for (const group of comparison.groups) {
    computeEfficiency(group, 'accuracy', 100, (run) => curves.get(run) ?? null)
    for (const cell of group.cells) learningRateSensitivity(cell, 'accuracy', 0.01, 2.3, () => null)
    budgetCurves(group, comparison)
    testDifferences(group, comparison)
  }
  return comparison
}

/** Wall time hangs on what else the machine does; processor time hardly. */
const rounds = Array.from({ length: 5 }, () => {
  const start = performance.now()
  const used = process.cpuUsage()
  wholeComparison()
  const { user, system } = process.cpuUsage(used)
  return { wall: performance.now() - start, processor: (user + system) / 1000 }
})
const [cold, ...warm] = rounds
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
const report = (what: string, wall: number, processor: number): void => {
  console.log(
    `${runs.length} runs × ${POINTS} points, ${what}: ${wall.toFixed(0)} ms by the clock, ${processor.toFixed(0)} ms of processor`,
  )
}
if (cold) report('cold (first in this process)', cold.wall, cold.processor)
const [wall, processor] = [
  median(warm.map((round) => round.wall)),
  median(warm.map((round) => round.processor)),
]
report(`warm (median of ${warm.length})`, wall, processor)
// On a machine with nothing else to do both are the same.
if ((cold?.processor ?? 0) > 1000 || processor > 1000) process.exitCode = 1
