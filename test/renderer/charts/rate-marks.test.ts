import { describe, expect, test } from 'vitest'
import { compareStudy } from '../../../src-main/analysis/comparison'
import { nextMark, rateMarks } from '../../../src-renderer/charts/rate-marks'
import type { Direction, RateMark } from '../../../src-renderer/charts/rate-marks'
import { aStudy, sweep } from '../../analysis/factory'

const study = aStudy()
const runs = sweep(
  {
    'frozen-pretrained': { 1e-5: [0.3, 0.31, 0.32], 1e-4: [0.5, 0.51, 0.52], 1e-3: [0.6, 0.61, 0.62] },
    'unfrozen-pretrained': { 1e-5: [0.7, 0.71, 0.72], 1e-4: [0.65, 0.66, 0.67], 1e-3: [0.1, 'x', 0.12] },
  },
  study,
)
const comparison = compareStudy({ study, runs, testSealed: false })
const group = comparison.groups[0]!
const marks = rateMarks(group, 'validation', 'accuracy')

/** Where keys lead to from one mark. */
function walk(from: RateMark | undefined, ...keys: Direction[]): string {
  if (from === undefined) throw new Error('there is no such mark')
  return keys.reduce((at, key) => nextMark(marks, at, key), from).said
}
const markOf = (setting: string, rate: number, seed: number | null): RateMark | undefined =>
  marks.find((mark) => mark.setting === setting && mark.rate === rate && mark.seed === seed)

describe('the marks of the rate curve', () => {
  test('are the means of eligible arms and every seed, with their runs and in words', () => {
    // Two settings at three rates: three seeds each and their mean, but where one diverged.
    expect(marks).toHaveLength(2 * 3 * 4 - 1)
    expect(markOf('unfrozen-pretrained', 1e-3, null)).toBeUndefined()
    expect(markOf('unfrozen-pretrained', 1e-5, null)).toMatchObject({
      value: expect.closeTo(71, 9) as number,
      said: 'unfrozen-pretrained, 1e-5, mean of 3 seeds: 71.0 ± 0.6, chosen by validation',
    })
    expect(markOf('unfrozen-pretrained', 1e-5, null)?.runs).toHaveLength(3)
    expect(markOf('unfrozen-pretrained', 1e-3, 1)).toMatchObject({
      value: null,
      said: 'unfrozen-pretrained, 1e-3, seed 1: diverged',
    })
  })

  test('are led to along the axis by setting and seed, or by score where that has none', () => {
    const mean = markOf('unfrozen-pretrained', 1e-5, null)
    expect(walk(mean, 'right')).toBe('unfrozen-pretrained, 1e-4, mean of 3 seeds: 66.0 ± 0.6')
    expect(walk(mean, 'right', 'right')).toBe('frozen-pretrained, 1e-3, seed 2: 62.0')
    expect(walk(mean, 'left')).toBe(mean?.said)
  })

  test('are led to up and down by score, to the diverged last, and stay where there is no other', () => {
    const worst = markOf('unfrozen-pretrained', 1e-3, 0)
    expect(walk(worst, 'up')).toBe('unfrozen-pretrained, 1e-3, seed 2: 12.0')
    expect(walk(worst, 'down')).toBe('unfrozen-pretrained, 1e-3, seed 1: diverged')
    expect(walk(worst, 'down', 'down')).toBe('unfrozen-pretrained, 1e-3, seed 1: diverged')
    // Every mark of a rate is come by, equal ones too.
    let at = marks.find(({ rate }) => rate === 1e-5)!
    for (let i = 0; i < 8; i++) at = nextMark(marks, at, 'down')
    const seen = new Set([at])
    for (let i = 0; i < 8; i++) seen.add((at = nextMark(marks, at, 'up')))
    expect(seen.size).toBe(8)
  })
})
