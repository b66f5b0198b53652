/**
 * The look of a setting, the same in every chart, table and exported figure. Hue tells frozen (blue) from unfrozen
 * (orange); lightness, dash and marker tell pretrained from random, so that no pair differs by colour alone.
 */
export interface SettingStyle {
  readonly color: string
  readonly dash: 'solid' | 'dashed' | 'dotted'
  readonly symbol: 'circle' | 'diamond' | 'rect' | 'triangle'
}

type Shade = 'light' | 'dark'

const NAMED: Readonly<Record<string, Readonly<Record<Shade, string>> & Omit<SettingStyle, 'color'>>> = {
  'frozen-pretrained': { light: '#0b5cad', dark: '#6cb6ff', dash: 'solid', symbol: 'circle' },
  'frozen-random': { light: '#3a93d1', dark: '#3d8fd1', dash: 'dashed', symbol: 'diamond' },
  'unfrozen-pretrained': { light: '#c2410c', dark: '#ff9457', dash: 'solid', symbol: 'circle' },
  'unfrozen-random': { light: '#b98300', dark: '#e6b325', dash: 'dashed', symbol: 'diamond' },
  'output-only': { light: '#2f7d57', dark: '#5cc792', dash: 'dotted', symbol: 'rect' },
  'output+ln': { light: '#6f4fc4', dark: '#ab92f5', dash: 'dotted', symbol: 'rect' },
  'output+ln+input': { light: '#a3427a', dark: '#ea8cc3', dash: 'dotted', symbol: 'rect' },
  'frozen-statistics': { light: '#54626e', dark: '#a5b3bf', dash: 'dotted', symbol: 'triangle' },
}

/** For settings that the user named: told apart by their place in the study. */
const CUSTOM: readonly Readonly<Record<Shade, string>>[] = [
  { light: '#0d7f72', dark: '#4cc4b2' },
  { light: '#8a2c8f', dark: '#d99adf' },
  { light: '#6b6a00', dark: '#c6c444' },
  { light: '#9a3b3b', dark: '#f09a9a' },
]

/** With the hues they tell 48 settings apart, in the order in which they are used up. */
const DASHES = ['solid', 'dashed', 'dotted'] as const
const SYMBOLS = ['triangle', 'rect', 'circle', 'diamond'] as const

/** `place` is the setting's index in its study. */
export function settingStyle(name: string, place = 0, shade: Shade = 'light'): SettingStyle {
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined
  if (named !== undefined) return { color: named[shade], dash: named.dash, symbol: named.symbol }
  const color = CUSTOM[place % CUSTOM.length]?.[shade] ?? '#808080'
  const round = Math.floor(place / CUSTOM.length)
  const dash = DASHES[round % DASHES.length] ?? 'solid'
  const symbol = SYMBOLS[Math.floor(round / DASHES.length) % SYMBOLS.length] ?? 'triangle'
  return { color, dash, symbol }
}
