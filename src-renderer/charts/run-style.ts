import type { ChartInk } from './ink'
import { settingStyle } from './setting-style'
import type { SettingStyle } from './setting-style'

export type RunStyle = Pick<SettingStyle, 'color' | 'dash'>

interface StyledRun {
  readonly id: string
  readonly setting: string
  readonly learningRate: number
}

/** Of the way from a setting's colour to the ground; further, a line could not be seen. */
const PALEST = 0.6

/**
 * How each selected run is drawn: in the colour and dash of its setting, the same as everywhere else; runs of one
 * setting grow paler in the order of their learning rates, so that a sweep reads as a gradient.
 * `placeOf` is the index of a run's setting in its study.
 */
export function runStyles<Run extends StyledRun>(
  runs: readonly Run[],
  ink: ChartInk,
  placeOf: (run: Run) => number,
): ReadonlyMap<string, RunStyle> {
  const bySetting = new Map<string, Run[]>()
  for (const run of runs) {
    const look = `${run.setting} ${placeOf(run)}`
    bySetting.set(look, [...(bySetting.get(look) ?? []), run])
  }
  const styles = new Map<string, RunStyle>()
  for (const ofSetting of bySetting.values()) {
    const [first] = ofSetting
    if (first === undefined) continue
    const { color, dash } = settingStyle(first.setting, placeOf(first), ink.shade)
    const sorted = ofSetting.toSorted((a, b) => b.learningRate - a.learningRate)
    sorted.forEach(({ id }, place) => {
      const way = sorted.length > 1 ? (PALEST * place) / (sorted.length - 1) : 0
      styles.set(id, { color: mix(color, ink.surface, way), dash })
    })
  }
  return styles
}

/** The colour that lies `way` (0 to 1) between two colours given as #rrggbb. */
function mix(from: string, to: string, way: number): string {
  const channel = (color: string, at: number): number => Number.parseInt(color.slice(at, at + 2), 16)
  const parts = [1, 3, 5].map((at) => Math.round(channel(from, at) * (1 - way) + channel(to, at) * way))
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
