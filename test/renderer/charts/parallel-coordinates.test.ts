import { describe, expect, test } from 'vitest'
import { LIGHT_INK } from '../../../src-renderer/charts/ink'
import { parallelCoordinates, wordsOf } from '../../../src-renderer/charts/parallel-coordinates'
import type { ParallelAxis } from '../../../src-renderer/charts/parallel-coordinates'

const axis = (change: Partial<ParallelAxis>): ParallelAxis => ({
  field: 'seed',
  name: 'Seed',
  scale: 'linear',
  percent: false,
  whole: true,
  flipped: false,
  ...change,
})
const runs = [
  { name: 'a', color: '#0b5cad', values: ['frozen', 1e-3, 0.9] },
  { name: 'b', color: '#c2410c', values: ['also', 1e-4, null] },
]
const option = parallelCoordinates({
  axes: [
    axis({ field: 'setting', name: 'Setting', scale: 'words' }),
    axis({ field: 'lr', name: 'Rate', scale: 'log', flipped: true }),
    axis({ field: 'val/accuracy', name: 'Val. acc.', percent: true, whole: false }),
  ],
  runs,
  ink: LIGHT_INK,
}) as unknown as {
  parallelAxis: {
    type: string
    inverse: boolean
    data?: string[]
    axisLabel?: { formatter: (value: number) => string }
  }[]
  series: { data: { value: unknown[]; lineStyle: { color: string } }[] }[]
}

describe('parallel coordinates', () => {
  test('have one axis a field: words in order, rates as powers, accuracies in per cent', () => {
    const [words, rate, accuracy] = option.parallelAxis
    expect(words).toMatchObject({ type: 'category', data: ['also', 'frozen'] })
    expect(words?.data).toEqual(wordsOf(runs, 0))
    expect(rate).toMatchObject({ type: 'log', inverse: true })
    expect(rate?.axisLabel?.formatter(1e-3)).toBe('10⁻³')
    expect(accuracy?.axisLabel?.formatter(0.9)).toBe('90 %')
  })

  test('draw every run in its colour, with a gap where it has no value', () => {
    const [series] = option.series
    expect(series?.data.map(({ lineStyle }) => lineStyle.color)).toEqual(['#0b5cad', '#c2410c'])
    expect(series?.data[1]?.value).toEqual(['also', 1e-4, '-'])
  })
})
