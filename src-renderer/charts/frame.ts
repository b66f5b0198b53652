import type { EChartsCoreOption } from 'echarts/core'
import type { ChartInk } from './ink'

/** What the figures of a comparison have in common: font, grounds, axes, legend. */

/** Font of everything in the figure. */
export const figureText = (ink: ChartInk): object => ({
  animation: false,
  textStyle: { fontFamily: ink.font, color: ink.textSoft },
})

/** A tooltip that belongs to what is under the pointer. */
export const itemTooltip = (ink: ChartInk): object => ({
  trigger: 'item',
  confine: true,
  backgroundColor: ink.raised,
  borderColor: ink.line,
  textStyle: { color: ink.text, fontSize: 12 },
})

/** Name of an axis, in the middle of it, `gap` pixels off. */
export const axisName = (name: string, gap: number, ink: ChartInk): object => ({
  name,
  nameLocation: 'middle',
  nameGap: gap,
  nameTextStyle: { color: ink.textSoft, fontSize: 12 },
})

/** The vertical axis: its ticks are the lines across the figure. */
export const scoreAxis = (name: string, ink: ChartInk): object => ({
  type: 'value',
  scale: true,
  ...axisName(name, 40, ink),
  axisLabel: { color: ink.textSoft, fontSize: 11 },
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { lineStyle: { color: ink.line } },
})

/** The horizontal axis of counts 1 … `last`; at most ten of them are written. */
export function countAxis(name: string, last: number, ink: ChartInk): object {
  const every = Math.ceil(last / 10)
  const written = Array.from({ length: last }, (_, i) => i + 1).filter(
    (count) => count === 1 || count === last || (count % every === 0 && last - count >= every / 2),
  )
  return {
    type: 'value',
    min: 1 - 0.04 * Math.max(last - 1, 1),
    max: last + 0.04 * Math.max(last - 1, 1),
    ...axisName(name, 28, ink),
    axisLine: { onZero: false, lineStyle: { color: ink.lineStrong } },
    axisTick: { lineStyle: { color: ink.lineStrong }, customValues: written },
    axisLabel: { color: ink.textSoft, fontSize: 11, customValues: written },
    splitLine: { show: false },
  }
}

const USUAL_WIDTH = 680
const LEGEND_MARGIN = 80
const ENTRY_WIDTH = 26 + 5 + 16
const LETTER_WIDTH = 6.4
const LEGEND_LINE = 24

/** Room for three lines of legend and a label; figures are as high as leaves a good drawing below that. */
const USUAL_TOP = 100

/** Pixels by which a figure is higher than usual, so that a long legend takes nothing from the drawing. */
export function legendExcess({ grid }: EChartsCoreOption): number {
  const top = (grid as { readonly top?: unknown } | undefined)?.top
  return typeof top === 'number' ? Math.max(0, top - USUAL_TOP) : 0
}

/** Names that the legend hides and shows; none where it explains signs, or there is none. */
export function legendNames({ legend }: EChartsCoreOption): readonly string[] {
  const { data = [], selectedMode } = (legend ?? {}) as { data?: readonly string[]; selectedMode?: false }
  return selectedMode === false ? [] : data
}

/** The legend above the figure, and how far below the top the drawing may begin. */
export function legendAbove(names: readonly string[], ink: ChartInk): { legend: object; top: number } {
  const room = (ink.width ?? USUAL_WIDTH) - LEGEND_MARGIN
  let lines = 1
  let filled = 0
  for (const name of names) {
    const width = ENTRY_WIDTH + LETTER_WIDTH * name.length
    if (filled > 0 && filled + width > room) {
      lines++
      filled = 0
    }
    filled += width
  }
  return {
    legend: {
      top: 4,
      left: 48,
      width: room,
      itemWidth: 26,
      itemHeight: 9,
      itemGap: 16,
      textStyle: { color: ink.text, fontSize: 12 },
      data: [...names],
    },
    top: 20 + LEGEND_LINE * lines,
  }
}

/** "Validation accuracy (%)", "Test loss". */
export const scoreName = (metric: 'accuracy' | 'loss', what: string): string =>
  metric === 'accuracy' ? `${what} accuracy (%)` : `${what} loss`

/** The figures show accuracies in per cent. */
export const scoreScale = (metric: 'accuracy' | 'loss'): number => (metric === 'accuracy' ? 100 : 1)
