import { describe, expect, test } from 'vitest'
import { SELECTED_AT_MOST, moveSelection } from '../../../../src-renderer/views/runs/selection'

describe('a click on a row', () => {
  test('selects it alone', () => {
    expect(moveSelection(['a', 'b'], ['c'], 'only')).toEqual(['c'])
    expect(moveSelection(['a', 'b'], ['b'], 'only')).toEqual(['b'])
  })

  test('takes it away when it was the only one', () => {
    expect(moveSelection(['c'], ['c'], 'only')).toEqual([])
  })

  test('with Ctrl adds it, or takes it out of the others', () => {
    expect(moveSelection(['a'], ['c'], 'toggle')).toEqual(['a', 'c'])
    expect(moveSelection(['a', 'c'], ['a'], 'toggle')).toEqual(['c'])
  })

  test('with Shift adds the whole stretch, none twice', () => {
    expect(moveSelection(['b'], ['b', 'c', 'd'], 'range')).toEqual(['b', 'c', 'd'])
    expect(moveSelection(['d'], ['b', 'c', 'd'], 'range')).toEqual(['d', 'b', 'c'])
  })

  test('of nothing changes nothing', () => {
    expect(moveSelection(['b'], [], 'range')).toEqual(['b'])
  })

  test('never holds more than a URL can', () => {
    const many = Array.from({ length: 500 }, (_, i) => String(i))
    expect(moveSelection([], many, 'range')).toHaveLength(SELECTED_AT_MOST)
    expect(moveSelection(many.slice(0, SELECTED_AT_MOST), ['new'], 'toggle').at(-1)).toBe('new')
  })
})
