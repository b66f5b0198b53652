import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import { computeEfficiency } from '../../src-main/analysis/efficiency'
import type { ValidationCurve } from '../../src-main/analysis/efficiency'
import { aStudy, sweep } from './factory'

const study = aStudy({ learning_rates: [1e-4] })
const runs = sweep(
  { 'frozen-pretrained': { 1e-4: [0.5, 0.6, 0.7] }, 'unfrozen-pretrained': { 1e-4: [0.7, 0.8, 0.55] } },
  study,
)
const [group] = compareStudy({ study, runs, testSealed: true }).groups
if (!group) throw new Error('no group')

/** Scores at steps 100, 200, 300. */
const curves: Record<string, number[]> = {
  'mnist/frozen-pretrained/1.00e-4/0': [0.3, 0.4, 0.5],
  'mnist/frozen-pretrained/1.00e-4/1': [0.3, 0.6, 0.5],
  'mnist/frozen-pretrained/1.00e-4/2': [NaN, 0.5, 0.7],
  'mnist/unfrozen-pretrained/1.00e-4/0': [0.61, 0.7, 0.1],
  'mnist/unfrozen-pretrained/1.00e-4/1': [0.1, 0.2, 0.8],
  'mnist/unfrozen-pretrained/1.00e-4/2': [0.1, 0.2, 0.55],
}
const curveOf = (run: string): ValidationCurve | null => {
  const values = curves[run]
  return values ? { steps: [100, 200, 300], values, secondsPerStep: 0.1 } : null
}

describe('computeEfficiency', () => {
  const table = computeEfficiency(group, 'accuracy', 100, curveOf)

  it("takes frozen pretrained's mean best score as the target, and reaching it exactly counts", () => {
    expect(table?.reference).toBe('frozen-pretrained')
    expect(table?.target).toBeCloseTo(0.6, 12)
    expect(table?.settings[0]?.seeds.map(({ step }) => step)).toEqual([null, 200, 300])
  })

  it('gives median and range over seeds, with seeds that never reached it as the latest', () => {
    expect(table?.settings[0]).toMatchObject({
      median: { step: 300, seconds: 30, flops: 300 * 2e9 },
      range: { from: 200, to: 300 },
      reached: 2,
    })
    expect(table?.settings[1]).toMatchObject({
      median: { step: 300 },
      range: { from: 100, to: 300 },
      reached: 2,
    })
  })

  it('has no median when the middle seed never reached the target', () => {
    const only = computeEfficiency(group, 'accuracy', 100, curveOf, 'unfrozen-pretrained')
    expect(only?.target).toBeCloseTo(0.6833333333, 9)
    expect(only?.settings[0]).toMatchObject({ setting: 'frozen-pretrained', median: null, reached: 1 })
  })

  it('counts operations up to the target, where every step that decides the median has them', () => {
    expect(table?.settings[0]?.seeds.map(({ flops }) => flops)).toEqual([null, 200 * 2e9, 300 * 2e9])
    const old = runs.map((run) => (run.seed === 2 ? { ...run, stepFlops: null } : run))
    const [without] = compareStudy({ study, runs: old, testSealed: true }).groups
    const seeds = computeEfficiency(without!, 'accuracy', 100, curveOf)?.settings[0]
    expect(seeds?.median).toEqual({ step: 300, seconds: 30, flops: null })
  })

  it('leaves out seeds without a curve and has no table without a reference', () => {
    expect(computeEfficiency(group, 'accuracy', 100, () => null)?.settings).toEqual([])
    expect(computeEfficiency(group, 'accuracy', 100, curveOf, 'no such setting')).toBeNull()
  })

  it('reaches a loss from above', () => {
    const byLoss = computeEfficiency(group, 'loss', 100, curveOf)
    expect(byLoss?.settings[0]?.seeds.map(({ step }) => step)).toEqual([100, 100, 200])
  })
})
