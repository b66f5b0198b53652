import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import type { Cell, Comparison, Group } from '../../src-main/analysis/comparison'
import { aRun, aStudy, FOUR_SETTINGS, sweep } from './factory'

const FROZEN = 'frozen-pretrained'
const UNFROZEN = 'unfrozen-pretrained'

/** Unfrozen is better at its own best (1e-5), frozen is better at 1e-3. */
const flipping = () =>
  sweep({
    [FROZEN]: { 1e-5: [0.3, 0.31, 0.32], 1e-4: [0.5, 0.51, 0.52], 1e-3: [0.6, 0.61, 0.62] },
    [UNFROZEN]: { 1e-5: [0.7, 0.71, 0.72], 1e-4: [0.65, 0.66, 0.67], 1e-3: [0.1, 0.11, 0.12] },
  })

const group = (comparison: Comparison): Group => {
  const [only] = comparison.groups
  if (!only) throw new Error('no group')
  return only
}

const cell = (comparison: Comparison, setting: string): Cell => {
  const found = group(comparison).cells.find((candidate) => candidate.setting === setting)
  if (!found) throw new Error(`no cell ${setting}`)
  return found
}

describe('compareStudy', () => {
  it('says what the chosen arm cost: mean steps and operations of its complete seeds', () => {
    const runs = sweep({ [FROZEN]: { 1e-4: [0.5, 0.5, null] }, [UNFROZEN]: { 1e-4: [0.4, 0.4, 0.4] } })
    const at = (seed: number) => ({ steps: 100 * (seed + 1), stepFlops: 10 })
    const costs = runs.map((run) => (run.setting === FROZEN ? { ...run, ...at(run.seed) } : run))
    const costOf = (of: typeof runs) =>
      cell(compareStudy({ study: aStudy(), runs: of, testSealed: true }), FROZEN)
    expect(costOf(costs).choice).toMatchObject({ steps: 150, flops: 1500 })
    const old = costs.map((run) => (run.seed === 1 ? { ...run, stepFlops: null } : run))
    expect(costOf(old).choice).toMatchObject({ steps: 150, flops: null })
  })

  it('chooses each setting its own rate by validation and reports mean, SEM and run ids', () => {
    const comparison = compareStudy({ study: aStudy(), runs: flipping(), testSealed: false })
    const { choice } = cell(comparison, UNFROZEN)
    expect(choice?.rate).toBe(1e-5)
    expect(choice?.validation.mean).toBeCloseTo(0.71, 12)
    expect(choice?.validation.sem).toBeCloseTo(0.01 / Math.sqrt(3), 12)
    expect(choice?.validation.n).toBe(3)
    expect(choice?.validation.runs).toEqual([0, 1, 2].map((seed) => `mnist/${UNFROZEN}/1.00e-5/${seed}`))
    expect(choice?.test?.mean).toBeCloseTo(0.7, 12)
    expect(cell(comparison, FROZEN).choice?.rate).toBe(1e-3)
  })

  it("says how the ranking at the other paper's rate differs from the one at the best rates", () => {
    const comparison = compareStudy({ study: aStudy(), runs: flipping(), testSealed: false, otherRate: 1e-3 })
    expect(group(comparison).sentences[0]).toBe(
      `At 1e-3: ${FROZEN} > ${UNFROZEN}; each at its own best: ${UNFROZEN} > ${FROZEN} (validation).`,
    )
    expect(group(comparison).flipRates).toEqual([1e-3])
    expect(group(comparison).flips).toEqual([
      { rate: 1e-3, leader: FROZEN, leaderAtBest: UNFROZEN, beyondNoise: true },
    ])
    expect(group(comparison).sharedRate).toEqual({ rate: 1e-3, why: 'other-paper' })
  })

  it('gives the difference at every shared rate with a Welch interval', () => {
    const { differences } = group(compareStudy({ study: aStudy(), runs: flipping(), testSealed: false }))
    expect(differences.map(({ a, b, rates }) => [a, b, rates.a])).toEqual([
      [FROZEN, UNFROZEN, 1e-5],
      [FROZEN, UNFROZEN, 1e-4],
      [FROZEN, UNFROZEN, 1e-3],
    ])
    // Equal variances of 1e-4 over 3 seeds: SE = sqrt(2e-4/3), df = 4, t = 2.7764451.
    const reach = 2.7764451051977934 * Math.sqrt(2e-4 / 3)
    expect(differences[2]?.mean).toBeCloseTo(0.5, 12)
    expect(differences[2]?.interval?.df).toBeCloseTo(4, 9)
    expect(differences[2]?.interval?.low).toBeCloseTo(0.5 - reach, 9)
    expect(differences[2]?.interval?.high).toBeCloseTo(0.5 + reach, 9)
    expect(differences[2]?.beyondNoise).toBe(true)
  })

  it('lets no test score through while the test is sealed', () => {
    const comparison = compareStudy({ study: aStudy(), runs: flipping(), testSealed: true })
    expect(JSON.stringify(comparison)).not.toMatch(/"test":(?!null)/)
    expect(group(comparison).best.test).toBeNull()
    expect(cell(comparison, FROZEN).testPicked).toBeNull()
    expect(group(comparison).bestDifferences.every(({ split }) => split === 'validation')).toBe(true)
  })

  it('picks by validation even where the test would have picked another rate, and shows that one apart', () => {
    const study = aStudy({ settings: FOUR_SETTINGS.slice(0, 1), seeds: [0] })
    const runs = [
      aRun({ rate: 1e-5, validation: 0.8, test: 0.6 }, study),
      aRun({ rate: 1e-4, validation: 0.7, test: 0.9 }, study),
    ]
    const { choice, testPicked } = cell(compareStudy({ study, runs, testSealed: false }), FROZEN)
    expect(choice?.rate).toBe(1e-5)
    expect(testPicked).toMatchObject({ rate: 1e-4, test: { mean: 0.9 } })
  })

  it('survives JSON unchanged', () => {
    const comparison = compareStudy({ study: aStudy(), runs: flipping(), testSealed: false, otherRate: 1e-4 })
    expect(JSON.parse(JSON.stringify(comparison))).toEqual(comparison)
  })

  it('gives the same answer for runs in any order', () => {
    const runs = flipping()
    const expected = compareStudy({ study: aStudy(), runs, testSealed: false })
    fc.assert(
      fc.property(fc.shuffledSubarray(runs, { minLength: runs.length }), (shuffled) => {
        expect(compareStudy({ study: aStudy(), runs: shuffled, testSealed: false })).toEqual(expected)
      }),
      { numRuns: 30 },
    )
  })

  it('counts what is missing and does not compare runs that are no longer in plan', () => {
    const runs = [aRun({ validation: 0.9, rate: 1e-2, inPlan: false }), aRun({ validation: 0.4 })]
    const comparison = compareStudy({ study: aStudy(), runs, testSealed: false })
    expect(comparison.progress).toEqual({
      planned: 18,
      complete: 1,
      diverged: 0,
      missing: 17,
      open: 0,
      notInPlan: 1,
    })
    expect(cell(comparison, FROZEN).choice?.rate).toBe(1e-4)
    expect(group(comparison).notProven.join('\n')).toContain(`${UNFROZEN}: 9 of its runs have no result`)
  })

  it('says nothing is proven by one seed', () => {
    const study = aStudy({ seeds: [0] })
    const runs = [aRun({ validation: 0.9 }, study), aRun({ setting: UNFROZEN, validation: 0.1 }, study)]
    const { bestDifferences, notProven } = group(compareStudy({ study, runs, testSealed: true }))
    expect(bestDifferences[0]).toMatchObject({ interval: null, beyondNoise: null })
    expect(notProven[0]).toContain('one seed shows no spread')
  })
})
