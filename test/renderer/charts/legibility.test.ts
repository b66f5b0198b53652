import { describe, expect, it } from 'vitest'
import { legendAbove, legendExcess } from '../../../src-renderer/charts/frame'
import { LIGHT_INK } from '../../../src-renderer/charts/ink'
import { settingStyle } from '../../../src-renderer/charts/setting-style'

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `mask-${i}-of-a-trunk`)

describe('many settings of the user’s own', () => {
  it('are told apart by hue, dash and marker', () => {
    const looks = names(48).map((name, place) => JSON.stringify(settingStyle(name, place)))
    expect(new Set(looks).size).toBe(48)
    expect(settingStyle('mask', 0)).toMatchObject({ dash: 'solid', symbol: 'triangle' })
  })

  it('make a figure higher by their legend, which takes nothing from the drawing', () => {
    const excess = (count: number): number =>
      legendExcess({ grid: { top: legendAbove(names(count), { ...LIGHT_INK, width: 680 }).top } })
    expect(excess(4)).toBe(0)
    expect(excess(30) - excess(27)).toBe(24)
  })

  it('leave a figure without a legend as high as it is', () => {
    expect(legendExcess({})).toBe(0)
    expect(legendExcess({ grid: { top: '10%' } })).toBe(0)
  })
})
