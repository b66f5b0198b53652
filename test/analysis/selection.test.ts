import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildArms } from '../../src-main/analysis/arms'
import { chooseArm, pickByTest } from '../../src-main/analysis/selection'
import type { SelectionRule } from '../../src-main/run'
import { aRun, aStudy, sweep } from './factory'

const FROZEN = 'frozen-pretrained'

/** Arms of one cell from rate → validation scores; 'x' diverged, null failed. */
function armsOf(
  rates: Record<string, (number | null | 'x')[]>,
  rule: Partial<SelectionRule> = {},
  chance: number | null = 0.1,
) {
  const study = aStudy({ learning_rates: Object.keys(rates).map(Number) }, rule)
  const runs = sweep({ [FROZEN]: rates }, study)
  const arms = buildArms(study, FROZEN, runs, {
    selection: study.selection,
    testSealed: false,
    chance,
    draws: new Map(),
  })
  return { arms, selection: study.selection }
}

const choose = (...of: Parameters<typeof armsOf>) => {
  const { arms, selection } = armsOf(...of)
  return chooseArm(arms, selection)
}

describe('chooseArm', () => {
  it('takes the highest accuracy and the lowest loss', () => {
    const table = { 1e-5: [0.2, 0.4], 1e-4: [0.5, 0.5], 1e-3: [0.4, 0.4] }
    expect(choose(table)?.rate).toBe(1e-4)
    expect(choose(table, { metric: 'loss' })?.rate).toBe(1e-5)
  })

  it('may choose another rate by the median than by the mean', () => {
    const table = { 1e-5: [0.1, 0.6, 0.6], 1e-4: [0.5, 0.5, 0.5] }
    expect(choose(table, { seeds: 'mean' })?.rate).toBe(1e-4)
    expect(choose(table, { seeds: 'median' })?.rate).toBe(1e-5)
  })

  it('breaks an exact tie at the end of the grid that the rule names, and says which rates tied', () => {
    const table = { 1e-5: [0.5, 0.5], 1e-4: [0.5, 0.5], 1e-3: [0.4, 0.4] }
    expect(choose(table, { tie: 'lowest-rate' })).toMatchObject({ rate: 1e-5, tied: [1e-4], edge: 'lowest' })
    expect(choose(table, { tie: 'highest-rate' })).toMatchObject({ rate: 1e-4, tied: [1e-5], edge: null })
  })

  it('passes over an arm with a diverged seed, however good its survivors are', () => {
    const { arms, selection } = armsOf({ 1e-5: [0.3, 0.3, 0.3], 1e-4: [0.9, 0.9, 'x'] })
    expect(chooseArm(arms, selection)?.rate).toBe(1e-5)
    expect(arms[1]).toMatchObject({ eligible: false, ineligible: 'diverged', score: null })
    expect(arms[1]?.validation).toMatchObject({ mean: 0.9, n: 2 })
    expect(arms[1]?.counts).toEqual({ complete: 2, diverged: 1, missing: 0, open: 0 })
  })

  it('counts a diverged seed as chance where the rule says so', () => {
    const { arms, selection } = armsOf(
      { 1e-5: [0.3, 0.3, 0.3], 1e-4: [0.9, 0.9, 'x'] },
      { diverged: 'as-chance' },
    )
    expect(chooseArm(arms, selection)?.rate).toBe(1e-4)
    expect(arms[1]?.score).toBeCloseTo((0.9 + 0.9 + 0.1) / 3, 12)
    expect(arms[1]?.seeds[2]).toMatchObject({
      state: 'diverged',
      validation: 0.1,
      test: 0.1,
      substituted: true,
    })
  })

  it('cannot count a diverged seed as chance when chance is not known', () => {
    expect(choose({ 1e-5: [0.3], 1e-4: ['x'] }, { diverged: 'as-chance' }, null)?.rate).toBe(1e-5)
  })

  it('treats failed seeds as missing: the arm stays eligible with its smaller n', () => {
    const { arms, selection } = armsOf({ 1e-5: [0.3, 0.3, 0.3], 1e-4: [0.9, null, null] })
    expect(chooseArm(arms, selection)).toMatchObject({ rate: 1e-4, validation: { n: 1, sem: null } })
    expect(arms[1]?.counts.missing).toBe(2)
  })

  it('chooses nothing where nothing was validated', () => {
    expect(choose({ 1e-5: [null], 1e-4: ['x'] })).toBeNull()
    expect(choose({})).toBeNull()
  })

  it('knows when there was nothing to choose from', () => {
    expect(choose({ 1e-4: [0.4] })).toMatchObject({ only: true, edge: null })
  })

  it('is not changed by rates whose validation score is worse, whatever their test score', () => {
    const score = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 6 }), score, score, (means, worse, test) => {
        const study = aStudy({ learning_rates: means.map((_, i) => 10 ** (i - 6)), seeds: [0] })
        const best = Math.max(...means)
        fc.pre(worse < best)
        const runs = means.map((mean, i) => aRun({ rate: 10 ** (i - 6), validation: mean }, study))
        const scoring = { selection: study.selection, testSealed: false, chance: null, draws: new Map() }
        const before = chooseArm(buildArms(study, FROZEN, runs, scoring), study.selection)
        const more = [...runs, aRun({ rate: 0.5, validation: worse, test }, study)]
        expect(chooseArm(buildArms(study, FROZEN, more, scoring), study.selection)?.rate).toBe(before?.rate)
      }),
    )
  })
})

describe('pickByTest', () => {
  it('takes the best test mean among eligible arms and nothing while the test is sealed', () => {
    const study = aStudy({ learning_rates: [1e-5, 1e-4], seeds: [0] })
    const runs = [
      aRun({ rate: 1e-5, validation: 0.9, test: 0.2 }, study),
      aRun({ rate: 1e-4, validation: 0.1, test: 0.8 }, study),
    ]
    const pick = (testSealed: boolean) =>
      pickByTest(
        buildArms(study, FROZEN, runs, {
          selection: study.selection,
          testSealed,
          chance: null,
          draws: new Map(),
        }),
        study.selection,
      )
    expect(pick(false)?.rate).toBe(1e-4)
    expect(pick(true)).toBeNull()
  })
})
