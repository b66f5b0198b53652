import { describe, expect, test } from 'vitest'
import type { Curve } from '../../../src-main/api/runs'
import { growCurves } from '../../../src-renderer/views/runs/grow-curves'

const LOSS: Curve = { run: 'r1', metric: 'train/loss', steps: [1, 2, 3], values: [3, 2, 1] }
const ACCURACY: Curve = { run: 'r1', metric: 'val/accuracy', steps: [2], values: [0.5] }
const OTHER: Curve = { run: 'r2', metric: 'train/loss', steps: [1], values: [9] }
const ALL = [LOSS, ACCURACY, OTHER]

const loss = (steps: number[], values: number[]) => ({ metric: 'train/loss' as const, steps, values })

describe('new points', () => {
  test('go to the end of their own run and metric', () => {
    const grown = growCurves(ALL, 'r1', null, [loss([4, 5], [0.5, 0.4])])
    expect(grown[0]).toMatchObject({ steps: [1, 2, 3, 4, 5], values: [3, 2, 1, 0.5, 0.4] })
    expect(grown.slice(1)).toMatchObject([{ steps: [2] }, { steps: [1] }])
  })

  test('that are there already are not doubled', () => {
    const grown = growCurves(ALL, 'r1', null, [loss([2, 3, 4], [7, 7, 0.5])])
    expect(grown[0]).toMatchObject({ steps: [1, 2, 3, 4], values: [3, 2, 1, 0.5] })
  })

  test('after a resume replace what came after the checkpoint, in every metric of the run', () => {
    const grown = growCurves(ALL, 'r1', 1, [loss([2], [2.5])])
    expect(grown[0]).toMatchObject({ steps: [1, 2], values: [3, 2.5] })
    expect(grown[1]).toMatchObject({ steps: [] })
    expect(grown[2]).toBe(OTHER)
  })

  test('leave what they were given as it was', () => {
    growCurves(ALL, 'r1', 0, [loss([1], [5])])
    expect(LOSS.steps).toEqual([1, 2, 3])
  })
})

test('new points of a curve with times are spread up to the moment when they were heard of', () => {
  const timed = { run: 'a', metric: 'train/loss' as const, steps: [1], values: [3], times: [1_000] }
  const delta = { metric: 'train/loss' as const, steps: [2, 3], values: [2, 1] }
  const [grown] = growCurves([timed], 'a', null, [delta], 2_000)
  expect(grown?.times).toEqual([1_000, 1_500, 2_000])
})
