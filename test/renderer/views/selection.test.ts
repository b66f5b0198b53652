import { describe, expect, test } from 'vitest'
import { moveSelection } from '../../../src-renderer/views/runs/selection'

const IDS = ['a', 'b', 'c', 'd', 'e']

describe('a click on a row', () => {
  test('selects it alone', () => {
    expect(moveSelection(['a', 'b'], IDS, 0, 2, 'only')).toEqual(['c'])
    expect(moveSelection(['a', 'b'], IDS, 0, 1, 'only')).toEqual(['b'])
  })

  test('takes it away when it was the only one', () => {
    expect(moveSelection(['c'], IDS, 2, 2, 'only')).toEqual([])
  })

  test('with Ctrl adds it, or takes it out of the others', () => {
    expect(moveSelection(['a'], IDS, 0, 2, 'toggle')).toEqual(['a', 'c'])
    expect(moveSelection(['a', 'c'], IDS, 2, 0, 'toggle')).toEqual(['c'])
  })

  test('with Shift adds all from the anchor on, either way, none twice', () => {
    expect(moveSelection(['b'], IDS, 1, 3, 'range')).toEqual(['b', 'c', 'd'])
    expect(moveSelection(['d'], IDS, 3, 1, 'range')).toEqual(['d', 'b', 'c'])
  })

  test('beyond the last row changes nothing', () => {
    expect(moveSelection(['b'], IDS, 1, 9, 'only')).toEqual(['b'])
  })
})
