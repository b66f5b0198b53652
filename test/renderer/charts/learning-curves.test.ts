import { describe, expect, test } from 'vitest'
import { LIGHT_INK } from '../../../src-renderer/charts/ink'
import { learningCurves, smooth } from '../../../src-renderer/charts/learning-curves'

describe('smoothing', () => {
  test('does not pull the start towards zero', () => {
    expect(smooth([5, 5, 5], 0.9)).toEqual([5, 5, 5].map((value) => expect.closeTo(value) as number))
  })

  test('leaves gaps as gaps, and they weigh nothing', () => {
    expect(smooth([1, null, 1], 0.5)).toEqual([1, null, 1])
  })

  test('lags behind a jump by its weight', () => {
    expect(smooth([0, 0, 0, 1], 0.5).at(-1)).toBeCloseTo(8 / 15)
  })
})

describe('the figure', () => {
  const line = {
    name: 'run',
    color: '#123456',
    dash: 'dashed' as const,
    steps: [1, 2, 3],
    values: [2, null, 1],
  }
  const draw = (smoothing: number) =>
    learningCurves({
      metric: 'train/loss',
      lines: [line],
      logarithmic: true,
      smoothing,
      ink: LIGHT_INK,
    }) as unknown as {
      yAxis: { type: string }
      series: { data: unknown[]; silent: boolean; lineStyle: { opacity: number; type: string } }[]
    }

  test('draws the raw line faintly behind the smoothed one', () => {
    const { series } = draw(0.9)
    expect(series.map(({ silent }) => silent)).toEqual([true, false])
    expect(series[0]?.lineStyle.opacity).toBeLessThan(0.5)
    expect(series[0]?.data).toEqual([
      [1, 2],
      [2, null],
      [3, 1],
    ])
  })

  test('draws one line without smoothing, with the dash of its setting', () => {
    const { series, yAxis } = draw(0)
    expect(series).toHaveLength(1)
    expect([series[0]?.lineStyle.type, yAxis.type]).toEqual(['dashed', 'log'])
  })
})
