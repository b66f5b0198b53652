/**
 * The look of a setting, the same in every chart, table and exported figure. Hue tells frozen (blue) from unfrozen
 * (orange), lightness and dash tell pretrained from random. No two of the named ones have both dash and marker in common,
 * so that none is told from another by colour alone.
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
  'unfrozen-pretrained': { light: '#c2410c', dark: '#ff9457', dash: 'solid', symbol: 'rect' },
  'unfrozen-random': { light: '#b98300', dark: '#e6b325', dash: 'dashed', symbol: 'triangle' },
  'output-only': { light: '#2f7d57', dark: '#5cc792', dash: 'dotted', symbol: 'rect' },
  'output+ln': { light: '#6f4fc4', dark: '#ab92f5', dash: 'dotted', symbol: 'circle' },
  'output+ln+input': { light: '#a3427a', dark: '#ea8cc3', dash: 'dotted', symbol: 'diamond' },
  'frozen-statistics': { light: '#54626e', dark: '#a5b3bf', dash: 'dotted', symbol: 'triangle' },
}

/** For settings that the user named: told apart by their place in the study. */
const CUSTOM: readonly Readonly<Record<Shade, string>>[] = [
  { light: '#0d7f72', dark: '#4cc4b2' },
  { light: '#8a2c8f', dark: '#d99adf' },
  { light: '#6b6a00', dark: '#c6c444' },
  { light: '#9a3b3b', dark: '#f09a9a' },
]

/**
 * Their dashes and markers, in the order in which they are used up: first those that no named setting has, last those of
 * the four main ones. With the hues they tell 48 settings apart, the first twelve of them without any hue.
 */
const SHAPES: readonly Omit<SettingStyle, 'color'>[] = [
  { dash: 'solid', symbol: 'triangle' },
  { dash: 'dashed', symbol: 'circle' },
  { dash: 'solid', symbol: 'diamond' },
  { dash: 'dashed', symbol: 'rect' },
  { dash: 'dotted', symbol: 'triangle' },
  { dash: 'dotted', symbol: 'circle' },
  { dash: 'dotted', symbol: 'diamond' },
  { dash: 'dotted', symbol: 'rect' },
  { dash: 'solid', symbol: 'circle' },
  { dash: 'dashed', symbol: 'diamond' },
  { dash: 'solid', symbol: 'rect' },
  { dash: 'dashed', symbol: 'triangle' },
]

/** `place` is the setting's index in its study. */
export function settingStyle(name: string, place = 0, shade: Shade = 'light'): SettingStyle {
  const named = Object.hasOwn(NAMED, name) ? NAMED[name] : undefined
  if (named !== undefined) return { color: named[shade], dash: named.dash, symbol: named.symbol }
  const round = Math.floor(place / SHAPES.length)
  const color = CUSTOM[(place + round) % CUSTOM.length]?.[shade] ?? '#808080'
  return { color, ...(SHAPES[place % SHAPES.length] ?? { dash: 'solid', symbol: 'triangle' }) }
}

/**
 * Looks up the place of a setting in a study, of those given, oldest first. Without a study, or where it plans the setting no
 * longer, the newest one that has it is meant.
 */
export function settingPlaces(
  studies: readonly { readonly name: string; readonly asks: { readonly settings: readonly string[] } }[],
): (setting: string, study?: string) => number {
  const byStudy = new Map(studies.map(({ name, asks }) => [name, asks.settings]))
  const newest = new Map(
    studies.flatMap(({ asks }) => asks.settings.map((setting, place) => [setting, place] as const)),
  )
  return (setting, study) => {
    const place = study === undefined ? -1 : (byStudy.get(study)?.indexOf(setting) ?? -1)
    return place >= 0 ? place : (newest.get(setting) ?? 0)
  }
}
