import { describe, expect, test } from 'vitest'
import { finerGrid, nextSeeds } from '../../../../src-renderer/views/compare/grid-changes'
import { traceOf } from '../../../../src-renderer/views/compare/trace'

describe('a click in the map of runs', () => {
  test('adds the smallest seed that is not there yet', () => {
    expect(nextSeeds([0, 1, 2])).toEqual([0, 1, 2, 3])
    expect(nextSeeds([0, 7])).toEqual([0, 7, 1])
    expect(nextSeeds([])).toEqual([0])
  })

  test('adds the rates half way to both neighbours', () => {
    expect(finerGrid([1e-5, 1e-4, 1e-3], 1e-4)).toEqual({
      rates: [1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3],
      added: [3.16e-5, 3.16e-4],
    })
  })

  test('goes half a decade on beyond an end of the grid', () => {
    expect(finerGrid([1e-5, 1e-4], 1e-5).added).toEqual([3.16e-6, 3.16e-5])
    expect(finerGrid([1e-5, 1e-4], 1e-4).added).toEqual([3.16e-5, 3.16e-4])
    expect(finerGrid([1e-3], 1e-3).added).toEqual([3.16e-4, 3.16e-3])
  })

  test('adds nothing twice: a rate between which only some settings tried has its neighbours', () => {
    const { rates } = finerGrid([1e-5, 1e-4], 3.16e-5)
    expect(new Set(rates).size).toBe(rates.length)
    expect(rates).toEqual([1e-5, 1.78e-5, 5.62e-5, 1e-4])
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
