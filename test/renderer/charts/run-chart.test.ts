import { describe, expect, it } from 'vitest'
import { LIGHT_INK } from '../../../src-renderer/charts/ink'
import { placesOf, readAt, runChart } from '../../../src-renderer/charts/run-chart'
import type { RunChartInput } from '../../../src-renderer/charts/run-chart'

const input: RunChartInput = {
  lines: [
    { metric: 'train/loss', name: 'training', x: [1, 2, 3], values: [4, null, 2] },
    { metric: 'val/loss', name: 'validation', x: [2], values: [3] },
  ],
  axis: 'step',
  range: null,
  logarithmic: false,
  smoothing: 0.5,
  marks: [{ at: 2, name: 'best' }],
  ink: LIGHT_INK,
}

interface Series {
  readonly name: string
  readonly data: readonly (readonly (number | null)[])[]
  readonly silent?: boolean
  readonly markLine?: { readonly data: readonly object[] }
}
const seriesOf = (change: Partial<RunChartInput> = {}): readonly Series[] =>
  (runChart({ ...input, ...change }) as { series: Series[] }).series

describe('the chart of a run', () => {
  it('draws what is logged at every step smoothed, with the raw line behind it, and evaluations as they are', () => {
    const [raw, smoothed, validation, ...more] = seriesOf()
    expect(raw).toMatchObject({
      name: 'training',
      silent: true,
      data: [
        [1, 4],
        [2, null],
        [3, 2],
      ],
    })
    expect(smoothed?.data[2]?.[1]).toBeCloseTo((0.25 * 4 + 0.5 * 2) / 0.75)
    expect(validation).toMatchObject({ name: 'validation', data: [[2, 3]] })
    expect(more).toEqual([])
  })

  it('has one line where nothing is smoothed', () => {
    expect(seriesOf({ smoothing: 0 }).map(({ name }) => name)).toEqual(['training', 'validation'])
  })

  it('shows the part that was chosen', () => {
    const { xAxis } = runChart({ ...input, range: [2, 3] }) as { xAxis: object }
    expect(xAxis).toMatchObject({ min: 2, max: 3 })
  })

  it('ends at 100 % where accuracies come near it, and at a round number below', () => {
    const lines = [{ metric: 'val/accuracy' as const, name: 'validation', x: [1, 2], values: [0.1, 0.9] }]
    const { yAxis } = runChart({ ...input, lines }) as { yAxis: { max: (range: { max: number }) => unknown } }
    expect([yAxis.max({ max: 0.95 }), yAxis.max({ max: 0.4 })]).toEqual([1, null])
    const ofLoss = runChart(input) as { yAxis: { max: unknown } }
    expect(ofLoss.yAxis.max).toBeUndefined()
  })

  it('is read place by place, each line as it stood there', () => {
    expect(placesOf(input.lines, null)).toEqual([1, 2, 3])
    expect(placesOf(input.lines, [2, 3])).toEqual([2, 3])
    expect(readAt(input.lines, 'step', 1)).toBe('step 1: training 4')
    expect(readAt(input.lines, 'step', 2)).toBe('step 2: training not a number, validation 3')
    expect(readAt(input.lines, 'step', 3)).toBe('step 3: training 2, validation 3 (step 2)')
    const accuracy = {
      metric: 'val/accuracy' as const,
      name: 'validation',
      x: [60, 61],
      values: [0.5, 0.98765],
    }
    expect(readAt([accuracy], 'time', 61)).toBe('1:01: validation 98.77 %')
    expect(readAt([accuracy], 'step', 3)).toBe('step 3: nothing yet')
    const many = Array.from({ length: 14 }, (_, i) => ({ ...accuracy, name: `run ${i}` }))
    expect(readAt(many, 'step', 60)).toMatch(/run 11 50 %, and 2 more$/)
  })

  it('leaves a gap on a logarithmic scale where a value has no logarithm', () => {
    const lines = [{ metric: 'val/loss' as const, name: 'validation', x: [1, 2], values: [0, 1] }]
    expect(seriesOf({ lines, logarithmic: true })[0]?.data).toEqual([
      [1, null],
      [2, 1],
    ])
  })

  it('marks the best step once', () => {
    const marked = seriesOf().flatMap(({ markLine }) => markLine?.data ?? [])
    expect(marked).toEqual([{ xAxis: 2, name: 'best' }])
  })
})
