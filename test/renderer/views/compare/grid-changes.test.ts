import { describe, expect, test } from 'vitest'
import { readStudy } from '../../../../src-main/study/read'
import { patchStudy } from '../../../../src-main/study/write'
import {
  isTried,
  moreDraws,
  nextSeeds,
  ratesBeside,
  withRates,
} from '../../../../src-renderer/views/compare/grid-changes'
import { traceOf } from '../../../../src-renderer/views/compare/trace'

const gridOf = (learning_rates: readonly number[]) => ({
  learning_rates,
  extra_learning_rates: {},
  seeds: [0],
  settings: ['plain', 'masked'],
})

describe('a click in the map of runs', () => {
  test('adds the smallest seed that is not there yet', () => {
    expect(nextSeeds([0, 1, 2])).toEqual([0, 1, 2, 3])
    expect(nextSeeds([0, 7])).toEqual([0, 7, 1])
    expect(nextSeeds([])).toEqual([0])
  })

  test('adds the rates half way to both neighbours', () => {
    const grid = gridOf([1e-5, 1e-4, 1e-3])
    expect(ratesBeside(grid, 1e-4)).toEqual([3.16e-5, 3.16e-4])
    expect(withRates(grid, [3.16e-5, 3.16e-4])).toEqual({
      learning_rates: [1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3],
    })
  })

  test('goes half a decade on beyond an end of the grid', () => {
    expect(ratesBeside(gridOf([1e-5, 1e-4]), 1e-5)).toEqual([3.16e-6, 3.16e-5])
    expect(ratesBeside(gridOf([1e-5, 1e-4]), 1e-4)).toEqual([3.16e-5, 3.16e-4])
    expect(ratesBeside(gridOf([1e-3]), 1e-3)).toEqual([3.16e-4, 3.16e-3])
  })

  test('adds nothing twice: a rate that only some settings tried has its neighbours among all', () => {
    const grid = { ...gridOf([1e-5, 1e-4]), extra_learning_rates: { masked: [3.16e-5] } }
    expect(ratesBeside(grid, 3.16e-5)).toEqual([1.78e-5, 5.62e-5])
    expect(ratesBeside(grid, 1e-4)).toEqual([5.62e-5, 3.16e-4])
    expect([1e-5, 3.16e-5].map((rate) => isTried(grid, rate))).toEqual([true, false])
  })
})

describe('a click in the map of runs with drawn rates', () => {
  const text = `name: drawn
task: {kind: bit-memory}
model: {kind: gpt2, layers: 1, width: 16, heads: 2}
settings: [frozen-random, unfrozen-random]
learning_rates: {from: 1e-5, to: 1e-2, count: 6, seed: 3} # drawn
extra_learning_rates: {frozen-random: [2e-2]}
`
  const study = readStudy(text)
  const grid = { ...study, settings: study.settings.map(({ name }) => name) }

  test('keeps the draw in the study file: what is added stands beside it, for every setting', () => {
    const after = patchStudy(text, { ...withRates(grid, [5e-4]) })
    expect(after).toContain('learning_rates: {from: 1e-5, to: 1e-2, count: 6, seed: 3} # drawn')
    const read = readStudy(after)
    expect(read.rate_draw).toEqual(study.rate_draw)
    expect(read.learning_rates).toEqual(study.learning_rates)
    expect(read.extra_learning_rates).toEqual({ 'frozen-random': [5e-4, 2e-2], 'unfrozen-random': [5e-4] })
    expect(isTried({ ...read, settings: grid.settings }, 5e-4)).toBe(true)
  })

  test('keeps it when a seed is added', () => {
    expect(readStudy(patchStudy(text, { seeds: nextSeeds(grid.seeds) })).rate_draw).toEqual(study.rate_draw)
  })

  test('draws on, and those drawn before stay', () => {
    const drawn = moreDraws(grid)
    if (drawn?.kind !== 'change-study') throw new Error('drawn rates can be drawn on')
    expect(drawn.say).toContain('Draw 8 rates in place of 6')
    const read = readStudy(patchStudy(text, { ...drawn.patch }))
    expect(read.rate_draw).toEqual({ ...study.rate_draw, count: 8 })
    expect(read.learning_rates.slice(0, 6)).toEqual(study.learning_rates)
    expect(moreDraws(gridOf([1e-3]))).toBeNull()
  })
})

describe('a number leads', () => {
  test('to the page of its only run', () => {
    expect(traceOf('s', ['a1'])).toEqual({ name: 'run', params: { id: 'a1' }, query: { study: 's' } })
  })

  test('to a list of exactly its runs', () => {
    expect(traceOf('s', ['a1', 'b2'])).toEqual({
      name: 'runs',
      query: { study: 's', filter: 'id = a1 or id = b2' },
    })
  })

  test('to the study where a filter would be too long to be read', () => {
    const many = Array.from({ length: 400 }, (_, i) => `run${i}`)
    expect(traceOf('s', many)).toEqual({ name: 'runs', query: { study: 's', filter: undefined } })
  })
})
