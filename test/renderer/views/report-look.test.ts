import { describe, expect, it } from 'vitest'
import { USUAL_PAPER_LOOK } from '../../../src-main/reports/figure-look'
import { lookOf } from '../../../src-renderer/views/reports/choice'

describe('the size of figures in an address', () => {
  it('is width, height, letters and font', () => {
    expect(lookOf('85x62x7xtinos')).toEqual({ widthMm: 85, heightMm: 62, labelPoints: 7, font: 'tinos' })
  })

  it('without a font is in the usual one', () => {
    expect(lookOf('85x62x7')).toEqual({ widthMm: 85, heightMm: 62, labelPoints: 7, font: 'inter' })
  })

  it.each(['', 'x', '85x62', '85x62xlarge', '0x62x7', '85x62x400', '1e9x62x7', '85x62x7xcomic'])(
    'that is none (%j) is the usual one',
    (word) => {
      expect(lookOf(word)).toEqual(USUAL_PAPER_LOOK)
    },
  )
})
