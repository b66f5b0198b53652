import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { budgetCurves } from '../../src-main/analysis/budget'
import { compareStudy } from '../../src-main/analysis/comparison'
import { bestOfWeights, choose, subsets } from '../../src-main/analysis/subsets'
import { aStudy, sweep } from './factory'

describe('bestOfWeights', () => {
  it('is the mean of the best over all subsets', () => {
    const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(values, fc.nat(6), (list, more) => {
        const sorted = [...list].sort((a, b) => a - b)
        const k = 1 + (more % sorted.length)
        const weights = bestOfWeights(sorted.length, k)
        const expected = sorted.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0)
        const bests = Array.from(subsets(sorted.length, k), (chosen) =>
          Math.max(...chosen.map((i) => sorted[i] ?? NaN)),
        )
        expect(bests).toHaveLength(choose(sorted.length, k))
        expect(expected).toBeCloseTo(bests.reduce((a, b) => a + b, 0) / bests.length, 10)
      }),
    )
  })

  it('stays exact where binomials would overflow', () => {
    const weights = bestOfWeights(5000, 2500)
    expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10)
    expect(weights.at(-1)).toBe(0.5)
  })
})

describe('budgetCurves', () => {
  function curves(table: Parameters<typeof sweep>[0], chance?: number, testSealed = false) {
    const study = aStudy({ learning_rates: [1e-5, 1e-4, 1e-3], seeds: [0, 1] })
    const comparison = compareStudy({
      study,
      runs: sweep(table, study),
      testSealed,
      ...(chance === undefined ? {} : { chance: { mnist: chance } }),
    })
    const [group] = comparison.groups
    if (!group) throw new Error('no group')
    return budgetCurves(group, comparison)
  }
  const steady = { 1e-5: [0.5, 0.5], 1e-4: [0.6, 0.6], 1e-3: [0.55, 0.55] }

  it('is the mean score for one rate and the best for all of them', () => {
    const [curve] = curves({
      'frozen-pretrained': { 1e-5: [0.1, 0.3], 1e-4: [0.6, 0.6], 1e-3: [0.3, 0.3] },
      'unfrozen-pretrained': steady,
    }).curves
    expect(curve?.points.map(({ rates, runs }) => [rates, runs])).toEqual([
      [1, 2],
      [2, 4],
      [3, 6],
    ])
    expect(curve?.points[0]?.validation).toBeCloseTo((0.2 + 0.6 + 0.3) / 3, 12)
    // Of the three pairs, two hold 0.6 and one has 0.3 as its best.
    expect(curve?.points[1]?.validation).toBeCloseTo((0.6 + 0.6 + 0.3) / 3, 12)
    expect(curve?.points[2]?.validation).toBeCloseTo(0.6, 12)
    expect(curve?.points[2]?.test).toBeCloseTo(0.59, 12)
  })

  it('stands the test of the arm that validation would choose beside it, and nothing while sealed', () => {
    const study = { 'frozen-pretrained': steady, 'unfrozen-pretrained': steady }
    expect(curves(study).curves[0]?.points[1]?.test).toBeCloseTo((0.59 + 0.59 + 0.54) / 3, 12)
    expect(curves(study, undefined, true).curves[0]?.points[1]?.test).toBeNull()
  })

  it('counts a diverged rate as guessing and has no curve where guessing has no known score', () => {
    const table = {
      'frozen-pretrained': { 1e-5: [0.5, 0.5], 1e-4: [0.6, 0.6], 1e-3: [0.9, 'x' as const] },
      'unfrozen-pretrained': steady,
    }
    expect(curves(table, 0.1).curves[0]?.points[0]?.validation).toBeCloseTo((0.5 + 0.6 + 0.1) / 3, 12)
    expect(curves(table).left).toEqual([
      { setting: 'frozen-pretrained', reason: expect.stringContaining('guessing is not known') as string },
    ])
  })

  it('says where the better setting to expect changes', () => {
    // One rate: 0.55 against 0.5; three: 0.6 against 0.9.
    const peaked = { 1e-5: [0.3, 0.3], 1e-4: [0.9, 0.9], 1e-3: [0.3, 0.3] }
    expect(curves({ 'frozen-pretrained': steady, 'unfrozen-pretrained': peaked }).crossings).toEqual([
      { rates: 2, from: 'frozen-pretrained', to: 'unfrozen-pretrained' },
    ])
  })
})
