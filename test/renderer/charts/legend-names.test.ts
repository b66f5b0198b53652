import { describe, expect, it } from 'vitest'
import { legendNames } from '../../../src-renderer/charts/frame'

describe('the names of a legend', () => {
  it('are those that can be hidden', () => {
    expect(legendNames({ legend: { data: ['frozen', 'unfrozen'] } })).toEqual(['frozen', 'unfrozen'])
  })

  it('are none where it only explains signs, or there is none', () => {
    expect(legendNames({ legend: { selectedMode: false, data: ['running'] } })).toEqual([])
    expect(legendNames({})).toEqual([])
  })
})
