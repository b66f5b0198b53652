import { describe, expect, test } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import { groupAtRate, readAtRate } from '../../src-main/analysis/other-rate'
import { aStudy, sweep } from './factory'

/** At 1e-3 frozen leads; each at its own best, unfrozen does. */
const runs = sweep({
  'frozen-pretrained': { 1e-5: [0.4, 0.41, 0.42], 1e-4: [0.6, 0.61, 0.62], 1e-3: [0.8, 0.81, 0.82] },
  'unfrozen-pretrained': { 1e-5: [0.7, 0.71, 0.72], 1e-4: [0.9, 0.91, 0.92], 1e-3: [0.1, 0.11, 'x'] },
})
const input = { study: aStudy(), runs, testSealed: false }
const comparison = compareStudy(input)
const [group] = comparison.groups
if (!group) throw new Error('the study has one group')

describe('one learning rate for all settings', () => {
  test.each([1e-5, 1e-4, 1e-3, 3e-4, 1e-7, 1])(
    'read from a finished comparison at %s, is what comparing anew with it says',
    (rate) => {
      expect(groupAtRate(group, comparison, rate)).toEqual(
        compareStudy({ ...input, otherRate: rate }).groups[0],
      )
    },
  )

  test('names who leads there, and whom it turns round', () => {
    const reading = readAtRate(group, 1e-3)
    expect(reading.ranking?.text).toBe('frozen-pretrained > unfrozen-pretrained (diverged)')
    expect(reading.flips).toMatchObject([
      { leader: 'frozen-pretrained', leaderAtBest: 'unfrozen-pretrained' },
    ])
    expect(reading.sentence).toBe(
      'At 1e-3: frozen-pretrained > unfrozen-pretrained (diverged); each at its own best: unfrozen-pretrained > frozen-pretrained (validation).',
    )
  })

  test('between two trained rates nothing is read off: each neighbour speaks for itself', () => {
    const reading = readAtRate(group, 3e-4)
    expect(reading).toMatchObject({ ranking: null, below: { rate: 1e-4 }, above: { rate: 1e-3 }, flips: [] })
    expect(reading.sentence).toBe(
      '3e-4 is not a rate that these settings share, so nothing is known there. The rates beside it say: at 1e-4: unfrozen-pretrained > frozen-pretrained; at 1e-3: frozen-pretrained > unfrozen-pretrained (diverged). Each at its own best: unfrozen-pretrained > frozen-pretrained (validation).',
    )
  })

  test('beyond the grid the nearest rate alone speaks', () => {
    expect(readAtRate(group, 1)).toMatchObject({ ranking: null, below: { rate: 1e-3 }, above: null })
    expect(readAtRate(group, 1e-9).sentence).toContain('The nearest says: at 1e-5:')
  })
})
