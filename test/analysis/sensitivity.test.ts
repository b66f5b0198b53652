import { describe, expect, it } from 'vitest'
import { buildArms } from '../../src-main/analysis/arms'
import { chooseArm } from '../../src-main/analysis/selection'
import { learningRateSensitivity } from '../../src-main/analysis/sensitivity'
import { aStudy, sweep } from './factory'

/** Losses of arms, 'x' for a diverged one; metric loss, so score and loss are the same. */
function sensitivity(
  table: Record<string, (number | 'x')[]>,
  tolerance = 0.1,
  startLoss: number | null = 2.3,
) {
  const study = aStudy({ learning_rates: Object.keys(table).map(Number) }, { metric: 'loss' })
  const arms = buildArms(study, 'frozen-pretrained', sweep({ 'frozen-pretrained': table }, study), {
    selection: study.selection,
    testSealed: true,
    chance: null,
    draws: new Map(),
  })
  const cell = {
    setting: 'frozen-pretrained',
    arms,
    choice: chooseArm(arms, study.selection),
    testPicked: null,
    shared: null,
  }
  return learningRateSensitivity(cell, 'loss', tolerance, startLoss, (arm) => arm.validation?.mean ?? null)
}

describe('learningRateSensitivity', () => {
  const table = {
    1e-5: [1.02, 1.06],
    1e-4: [0.98, 1.02],
    1e-3: [1.01, 1.01],
    1e-2: [1.5, 1.5],
    1e-1: ['x', 'x'] as ['x', 'x'],
  }

  it('counts the decades within one SEM and within the tolerance of the best', () => {
    // Best 1.00 with SEM 0.02: 1.01 is within, 1.04 is not.
    expect(sensitivity(table)).toMatchObject({ decadesWithinSem: 1, decadesWithinTolerance: 2 })
  })

  it('does not jump over a worse rate to a good one beyond it', () => {
    expect(sensitivity({ 1e-5: [1], 1e-4: [1.5], 1e-3: [0.99] })?.decadesWithinTolerance).toBe(0)
  })

  it("is Wortsman's mean excess loss, a diverged rate counting as the loss at the start", () => {
    // (1.04 + 1.00 + 1.01 + 1.5 + 2.3) / 5 − 1.00
    expect(sensitivity(table)?.wortsman).toBeCloseTo(0.37, 12)
    // A rate worse than not training at all counts as not training at all.
    expect(sensitivity({ 1e-4: [1], 1e-3: [9] })?.wortsman).toBeCloseTo((1 + 2.3) / 2 - 1, 12)
  })

  it("says why Wortsman's number is not there", () => {
    expect(sensitivity(table, 0.1, null)?.noWortsman).toContain('not known')
    expect(sensitivity({ 1e-5: [1], 1e-4: [1], 1e-2: [1] })?.noWortsman).toContain('evenly spaced')
    expect(sensitivity({ 1e-5: [1] })?.noWortsman).toContain('two learning rates')
  })

  it('takes rates rounded to three digits for evenly spaced', () => {
    expect(sensitivity({ 1e-4: [1], 3.16e-4: [1], 1e-3: [1] })?.wortsman).toBe(0)
  })
})
