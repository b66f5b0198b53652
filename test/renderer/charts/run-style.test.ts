import { describe, expect, test } from 'vitest'
import { DARK_INK, LIGHT_INK } from '../../../src-renderer/charts/ink'
import { runStyles } from '../../../src-renderer/charts/run-style'
import { settingStyle } from '../../../src-renderer/charts/setting-style'
import { MAIN_SETTINGS, NAMED_SETTINGS } from '../../../src-main/study/settings'

const run = (id: string, setting: string, learningRate: number) => ({ id, setting, learningRate })

/** Relative luminance of #rrggbb, and the contrast of two of them (WCAG 2). */
const luminance = (color: string): number => {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const contrast = (a: string, b: string): number => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

describe('a setting', () => {
  test.each(NAMED_SETTINGS.map(({ name }) => name))('%s can be seen on both grounds', (name) => {
    expect(contrast(settingStyle(name, 0, 'light').color, LIGHT_INK.surface)).toBeGreaterThanOrEqual(3)
    expect(contrast(settingStyle(name, 0, 'dark').color, DARK_INK.surface)).toBeGreaterThanOrEqual(3)
  })

  test('is never told from its counterpart by colour alone', () => {
    const looks = MAIN_SETTINGS.map((name) => settingStyle(name))
    for (const [pretrained, random] of [
      [looks[0], looks[1]],
      [looks[2], looks[3]],
    ]) {
      expect(pretrained?.dash).not.toBe(random?.dash)
      expect(pretrained?.symbol).not.toBe(random?.symbol)
    }
  })

  test('that the user named has a look of its own place', () => {
    expect(settingStyle('mine', 0)).not.toEqual(settingStyle('theirs', 1))
    expect(settingStyle('toString').color).toMatch(/^#/)
  })
})

describe('a run', () => {
  test('alone has the very look of its setting', () => {
    const styles = runStyles([run('a', 'frozen-random', 1e-3)], LIGHT_INK)
    const { color, dash } = settingStyle('frozen-random')
    expect(styles.get('a')).toEqual({ color, dash })
  })

  test('of a lower rate is paler than its siblings, whatever the order of selection', () => {
    const styles = runStyles(
      [run('low', 'x', 1e-5), run('high', 'x', 1e-3), run('middle', 'x', 1e-4)],
      LIGHT_INK,
    )
    const shades = ['high', 'middle', 'low'].map((id) =>
      contrast(styles.get(id)?.color ?? '', LIGHT_INK.surface),
    )
    expect(shades).toEqual(shades.toSorted((a, b) => b - a))
    expect(new Set(shades).size).toBe(3)
  })
})
