import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../../src-main/analysis/comparison'
import { LIGHT_INK } from '../../../src-renderer/charts/ink'
import { rankChart } from '../../../src-renderer/charts/rank-chart'
import { rateZone, rateZones } from '../../../src-renderer/charts/rate-axis'
import { rateCurve } from '../../../src-renderer/charts/rate-curve'
import { aStudy, sweep } from '../../analysis/factory'

const study = aStudy()
/** Unfrozen leads at its best (1e-5), frozen at 1e-3, where one unfrozen seed diverged. */
const runs = sweep(
  {
    'frozen-pretrained': { 1e-5: [0.3, 0.31, 0.32], 1e-4: [0.5, 0.51, 0.52], 1e-3: [0.6, 0.61, 0.62] },
    'unfrozen-pretrained': { 1e-5: [0.7, 0.71, 0.72], 1e-4: [0.65, 0.66, 0.67], 1e-3: [0.1, 'x', 0.12] },
  },
  study,
)

interface Series {
  readonly type: string
  readonly name: string
  readonly symbol?: string
  readonly data: readonly unknown[]
  readonly markArea?: { readonly data: readonly (readonly { xAxis: number }[])[] }
  readonly markLine?: { readonly data: readonly { xAxis?: number; yAxis?: number }[] }
}

function draw(testSealed = false, split: 'validation' | 'test' = 'validation', of = runs): Series[] {
  const comparison = compareStudy({ study, runs: of, testSealed, otherRate: 1e-3, chance: { mnist: 0.1 } })
  const [group] = comparison.groups
  if (!group) throw new Error('no group')
  return rateCurve({ comparison, group, split, ink: LIGHT_INK })['series'] as Series[]
}

const seriesOf = (all: Series[], type: string, name: string): Series[] =>
  all.filter((series) => series.type === type && series.name === name)

describe('rateCurve', () => {
  it('draws a line through the means of eligible arms only, in per cent', () => {
    const [line] = seriesOf(draw(), 'line', 'unfrozen-pretrained')
    expect(line?.data).toMatchObject([
      { value: [1e-5, expect.closeTo(71, 9) as number] },
      { value: [1e-4, expect.closeTo(66, 9) as number] },
      // The diverged arm is no point, and a line to whatever comes after it would say that it is.
      { value: [1e-3, NaN] },
    ])
  })

  it('breaks the line at a diverged rate between two others', () => {
    const between = sweep(
      { 'frozen-pretrained': { 1e-5: [0.3, 0.31], 1e-4: [0.5, 'x'], 1e-3: [0.6, 0.61] } },
      study,
    )
    const [line] = seriesOf(draw(false, 'validation', between), 'line', 'frozen-pretrained')
    const values = line?.data.map((point) => (point as { value: [number, number] }).value[1])
    expect(values).toEqual([expect.closeTo(30.5, 9), NaN, expect.closeTo(60.5, 9)])
    const [dots, crosses] = seriesOf(draw(false, 'validation', between), 'scatter', 'frozen-pretrained')
    expect([dots?.data.length, crosses?.data.length]).toEqual([5, 1])
  })

  it('keeps every seed as a dot, those beside a diverged one too, and marks the diverged at the foot', () => {
    const [dots, crosses] = seriesOf(draw(), 'scatter', 'unfrozen-pretrained')
    expect(dots?.data).toHaveLength(8)
    expect(crosses?.data).toHaveLength(1)
    expect(crosses?.data[0]).toMatchObject({ value: [1e-3, expect.any(Number) as number] })
  })

  it("shades where the ranking differs and draws the other paper's rate and chance", () => {
    const [backdrop] = seriesOf(draw(), 'line', 'where the ranking differs')
    expect(backdrop?.markArea?.data.map((zone) => zone.map(({ xAxis }) => xAxis))).toEqual([
      [expect.closeTo(10 ** -3.5, 12) as number, expect.closeTo(10 ** -2.5, 12) as number],
    ])
    expect(backdrop?.markLine?.data).toMatchObject([{ xAxis: 1e-3 }, { yAxis: 10 }])
  })

  it('has no point at all on a sealed test', () => {
    const points = draw(true, 'test').filter(
      ({ name, symbol }) => name.includes('pretrained') && !symbol?.startsWith('path'),
    )
    const drawn = points.flatMap(({ data }) => data as { value: [number, number] }[])
    expect(drawn.filter(({ value: [, y] }) => !Number.isNaN(y))).toEqual([])
  })

  it('lets the legend take its look from the line', () => {
    const [first] = draw().filter(({ name }) => name === 'frozen-pretrained')
    expect(first?.type).toBe('line')
  })
})

describe('rateZone', () => {
  it('reaches half way to the neighbours, and as far beyond the ends', () => {
    const rates = [1e-5, 1e-4, 1e-2]
    expect(rateZone(rates, 1e-4).map(Math.log10)).toEqual([expect.closeTo(-4.5, 9), expect.closeTo(-3, 9)])
    expect(rateZone(rates, 1e-2).map(Math.log10)).toEqual([expect.closeTo(-3, 9), expect.closeTo(-1, 9)])
  })

  it('joins neighbouring zones and keeps others apart', () => {
    const rates = [1e-6, 1e-5, 1e-4, 1e-3]
    expect(rateZones(rates, [1e-6, 1e-5])).toHaveLength(1)
    expect(rateZones(rates, [1e-6, 1e-4])).toHaveLength(2)
  })
})

describe('rankChart', () => {
  it('places every setting at each rate and at its own best, a diverged one hollow and last', () => {
    const [group] = compareStudy({ study, runs, testSealed: true }).groups
    if (!group) throw new Error('no group')
    const all = rankChart({ group, ink: LIGHT_INK })['series'] as Series[]
    const [frozen] = seriesOf(all, 'line', 'frozen-pretrained')
    const [unfrozen] = seriesOf(all, 'line', 'unfrozen-pretrained')
    expect(frozen?.data).toEqual([
      [0, 2],
      [1, 2],
      [2, 1],
      [3, 2],
    ])
    expect(unfrozen?.data).toEqual([[0, 1], [1, 1], expect.objectContaining({ value: [2, 2] }), [3, 1]])
  })
})
