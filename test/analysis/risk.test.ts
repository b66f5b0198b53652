import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import { conclusionRisk } from '../../src-main/analysis/risk'
import type { ConclusionRisk, RiskPoint } from '../../src-main/analysis/risk'
import { aStudy, FOUR_SETTINGS, sweep } from './factory'

type Table = Parameters<typeof sweep>[0]

function risk(
  table: Table,
  changes: Parameters<typeof aStudy>[0] = {},
  testOf?: (validation: number) => number,
) {
  const study = aStudy(changes)
  const comparison = compareStudy({ study, runs: sweep(table, study, testOf), testSealed: false })
  const [group] = comparison.groups
  if (!group) throw new Error('no group')
  return conclusionRisk(group, comparison)
}

function known(result: ReturnType<typeof risk>): ConclusionRisk {
  if ('reason' in result) throw new Error(result.reason)
  return result
}

const at = (result: ReturnType<typeof risk>, rates: number, seeds: number): RiskPoint => {
  const point = known(result).points.find((each) => each.rates === rates && each.seeds === seeds)
  if (!point) throw new Error('no such point')
  return point
}

/** Unfrozen wins the sweep (0.8 at 1e-5) and loses at the other two rates. */
const flipping: Table = {
  'frozen-pretrained': { 1e-5: [0.3, 0.3, 0.3], 1e-4: [0.5, 0.5, 0.5], 1e-3: [0.6, 0.6, 0.6] },
  'unfrozen-pretrained': { 1e-5: [0.8, 0.8, 0.8], 1e-4: [0.4, 0.4, 0.4], 1e-3: [0.1, 0.1, 0.1] },
}

describe('conclusionRisk', () => {
  it('is the share of single shared rates at which another setting wins', () => {
    expect(known(risk(flipping)).winner).toBe('unfrozen-pretrained')
    expect(at(risk(flipping), 1, 3).shared).toEqual({ value: 2 / 3, exact: true, error: 0 })
    // Of three pairs of rates only {1e-4, 1e-3} misses 1e-5.
    expect(at(risk(flipping), 2, 1).shared.value).toBeCloseTo(1 / 3, 12)
    expect(at(risk(flipping), 3, 3).shared.value).toBe(0)
  })

  it('is, with rates drawn per setting, what drawing every combination gives', () => {
    // Nine pairs of single rates: unfrozen wins with 0.8 (3 of 3) and 0.4 against 0.3, 4 of 9.
    expect(at(risk(flipping), 1, 3).perSetting.value).toBeCloseTo(5 / 9, 12)
    expect(at(risk(flipping), 3, 2).perSetting.value).toBeCloseTo(0, 12)
  })

  it('of very many seeds looks at few numbers of them, close together where they are few, and at all', () => {
    const seeds = Array.from({ length: 300 }, (_, i) => i)
    const scores = (mean: number): number[] => seeds.map((seed) => mean + 0.01 * Math.sin(seed))
    const table: Table = {
      'frozen-pretrained': { 1e-5: scores(0.3), 1e-4: scores(0.5) },
      'unfrozen-pretrained': { 1e-5: scores(0.8), 1e-4: scores(0.4) },
    }
    const result = known(risk(table, { seeds }))
    const counts = [...new Set(result.points.map((point) => point.seeds))]
    expect(counts).toEqual([1, 2, 3, 4, 5, 8, 12, 18, 27, 41, 62, 93, 140, 210, 300])
    expect(at(result, 1, 300).shared).toEqual({ value: 2 / 3, exact: true, error: 0 })
    const drawn = at(result, 1, 41).shared
    expect(drawn.exact).toBe(false)
    expect(Math.abs(drawn.value - 2 / 3)).toBeLessThan(4 * drawn.error)
    expect(result.stability.value).toBe(1)
  })

  it('counts a tie with the winner half', () => {
    const table: Table = {
      'frozen-pretrained': { 1e-5: [0.3], 1e-4: [0.5], 1e-3: [0.1] },
      'unfrozen-pretrained': { 1e-5: [0.8], 1e-4: [0.5], 1e-3: [0.1] },
    }
    expect(at(risk(table, { seeds: [0] }), 1, 1).shared.value).toBeCloseTo((0 + 0.5 + 0.5) / 3, 12)
  })

  it('lets fewer seeds name another winner where seeds disagree', () => {
    const noisy: Table = {
      'frozen-pretrained': { 1e-4: [0.5, 0.5, 0.5] },
      'unfrozen-pretrained': { 1e-4: [0.9, 0.45, 0.45] },
    }
    const result = risk(noisy, { learning_rates: [1e-4] })
    expect(at(result, 1, 1).shared.value).toBeCloseTo(2 / 3, 12)
    // Means of two seeds: 0.675 twice, 0.45 once.
    expect(at(result, 1, 2).shared.value).toBeCloseTo(1 / 3, 12)
    // Drawn with replacement, seed 0 is missing with chance (2/3)³.
    expect(known(result).stability.value).toBeCloseTo(1 - (2 / 3) ** 3, 12)
  })

  it('chooses on validation and names the winner by test', () => {
    // Validation likes 1e-4 best for both; on test the order is reversed.
    const result = risk(flipping, {}, (validation) => 1 - validation)
    expect(known(result)).toMatchObject({ winner: 'frozen-pretrained', by: 'test' })
  })

  it('never picks an arm with a diverged seed, but may not see that it diverges', () => {
    const table: Table = {
      'frozen-pretrained': { 1e-5: [0.5, 0.5], 1e-4: [0.9, 'x'] },
      'unfrozen-pretrained': { 1e-5: [0.6, 0.6], 1e-4: [0.6, 0.6] },
    }
    const result = risk(table, { learning_rates: [1e-5, 1e-4], seeds: [0, 1] })
    expect(known(result).winner).toBe('unfrozen-pretrained')
    // With seed 0 alone frozen shows 0.9, with seed 1 alone it is passed over.
    expect(at(result, 2, 1).shared.value).toBeCloseTo(1 / 2, 12)
    expect(at(result, 2, 2).shared.value).toBe(0)
  })

  it('samples what is too much to enumerate, the same way every time, and says how well', () => {
    const rates = Array.from({ length: 19 }, (_, i) => Number((10 ** (-6 + i / 5)).toPrecision(3)))
    const table = Object.fromEntries(
      FOUR_SETTINGS.map(({ name }, place) => [
        name,
        Object.fromEntries(
          rates.map((rate, i) => [
            rate,
            [0, 1].map((seed) => 0.5 + (0.3 + place / 50) * Math.sin(i * (place + 1) + seed / 9)),
          ]),
        ),
      ]),
    )
    const changes = { settings: FOUR_SETTINGS, learning_rates: rates, seeds: [0, 1] }
    const point = at(risk(table, changes), 9, 1)
    expect(point.shared.exact).toBe(false)
    expect(point.shared.error).toBeGreaterThan(0)
    expect(point.shared.error).toBeLessThan(0.006)
    expect(at(risk(table, changes), 9, 1)).toEqual(point)
    expect(point.perSetting.exact).toBe(true)
  })

  it('says why there is no such number', () => {
    expect(risk({}, {})).toEqual({ reason: 'no setting has a score' })
    const tied = { 'frozen-pretrained': { 1e-4: [0.5] }, 'unfrozen-pretrained': { 1e-4: [0.5] } }
    expect(risk(tied, { seeds: [0] })).toEqual({ reason: 'the whole sweep names no single winner' })
    expect(risk(tied, { settings: FOUR_SETTINGS.slice(0, 1) })).toEqual({
      reason: 'there is only one setting',
    })
  })
})
