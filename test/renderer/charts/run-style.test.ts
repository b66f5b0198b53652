import { describe, expect, test } from 'vitest'
import { DARK_INK, LIGHT_INK } from '../../../src-renderer/charts/ink'
import { runStyles } from '../../../src-renderer/charts/run-style'
import { settingPlaces, settingStyle } from '../../../src-renderer/charts/setting-style'
import type { SettingStyle } from '../../../src-renderer/charts/setting-style'
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

  test('is never told from another by colour alone', () => {
    const shapeOf = ({ dash, symbol }: SettingStyle): string => `${dash} ${symbol}`
    const named = NAMED_SETTINGS.map(({ name }) => shapeOf(settingStyle(name)))
    expect(new Set(named).size).toBe(NAMED_SETTINGS.length)
    expect(new Set(MAIN_SETTINGS.map((name) => settingStyle(name).symbol)).size).toBe(4)
    // Nor are those of the user's own, from each other and from the main ones beside which they stand.
    const own = Array.from({ length: 8 }, (_, place) => shapeOf(settingStyle('mine', place)))
    const main = MAIN_SETTINGS.map((name) => shapeOf(settingStyle(name)))
    expect(new Set([...own, ...main]).size).toBe(12)
  })

  test('that the user named has a look of its own place', () => {
    expect(settingStyle('mine', 0)).not.toEqual(settingStyle('theirs', 1))
    expect(settingStyle('toString').color).toMatch(/^#/)
  })
})

describe('a run', () => {
  test('alone has the very look of its setting', () => {
    const styles = runStyles([run('a', 'frozen-random', 1e-3)], LIGHT_INK, () => 0)
    const { color, dash } = settingStyle('frozen-random')
    expect(styles.get('a')).toEqual({ color, dash })
  })

  test('of a lower rate is paler than its siblings, whatever the order of selection', () => {
    const styles = runStyles(
      [run('low', 'x', 1e-5), run('high', 'x', 1e-3), run('middle', 'x', 1e-4)],
      LIGHT_INK,
      () => 2,
    )
    const shades = ['high', 'middle', 'low'].map((id) =>
      contrast(styles.get(id)?.color ?? '', LIGHT_INK.surface),
    )
    expect(shades).toEqual(shades.toSorted((a, b) => b - a))
    expect(new Set(shades).size).toBe(3)
  })

  test('of a setting that the user named has the colour that its study’s comparison gives it', () => {
    const placeOf = settingPlaces([
      { name: 'older', asks: { settings: ['mine', 'theirs'] } },
      { name: 'newer', asks: { settings: ['frozen-random', 'theirs', 'mine'] } },
    ])
    expect([placeOf('mine', 'older'), placeOf('mine', 'newer')]).toEqual([0, 2])
    // Of no study, or of one that plans it no longer, it is drawn as the newest has it.
    expect([placeOf('mine'), placeOf('mine', 'gone'), placeOf('nowhere')]).toEqual([2, 2, 0])
    const styles = runStyles([run('a', 'mine', 1e-3), run('b', 'theirs', 1e-3)], LIGHT_INK, ({ setting }) =>
      placeOf(setting, 'newer'),
    )
    expect(styles.get('a')?.color).toBe(settingStyle('mine', 2).color)
    expect(styles.get('b')?.color).toBe(settingStyle('theirs', 1).color)
    expect(styles.get('a')).not.toEqual(styles.get('b'))
  })
})
