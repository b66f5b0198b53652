import { describe, expect, it } from 'vitest'
import { USUAL_LOOK, lookOf } from '../../../src-renderer/views/reports/choice'

describe('the size of figures in an address', () => {
  it('is width, height and letters', () => {
    expect(lookOf('85x62x7')).toEqual({ widthMm: 85, heightMm: 62, labelPoints: 7 })
  })

  it.each(['', 'x', '85x62', '85x62xlarge', '0x62x7', '85x62x400', '1e9x62x7'])(
    'that is none (%j) is the usual one',
    (word) => {
      expect(lookOf(word)).toEqual(USUAL_LOOK)
    },
  )
})
