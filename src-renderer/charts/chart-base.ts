import type { ChartInk } from './ink'

/** What the figures have in common: font, legend at the top, tooltip, and axes without ornament. */
export const chartBase = (ink: ChartInk, legend: readonly string[] = []): Record<string, unknown> => ({
  animation: false,
  textStyle: { fontFamily: ink.font, color: ink.textSoft },
  grid: { left: 56, right: 20, top: legend.length > 0 ? 44 : 16, bottom: 46 },
  legend:
    legend.length > 0
      ? {
          top: 4,
          left: 48,
          itemWidth: 26,
          itemHeight: 9,
          itemGap: 16,
          textStyle: { color: ink.text, fontSize: 12 },
          data: [...legend],
        }
      : undefined,
  tooltip: {
    trigger: 'item',
    confine: true,
    backgroundColor: ink.raised,
    borderColor: ink.line,
    textStyle: { color: ink.text, fontSize: 12 },
  },
})

/** A named axis; `more` adds to it or overrides it. */
export const axis = (name: string, ink: ChartInk, side: 'x' | 'y', more: object = {}): object => ({
  type: 'value',
  name,
  nameLocation: 'middle',
  nameGap: side === 'x' ? 28 : 40,
  nameTextStyle: { color: ink.textSoft, fontSize: 12 },
  axisLabel: { color: ink.textSoft, fontSize: 11 },
  axisTick: { show: side === 'x', lineStyle: { color: ink.lineStrong } },
  axisLine: { show: side === 'x', onZero: false, lineStyle: { color: ink.lineStrong } },
  splitLine: { show: side === 'y', showMinLine: false, showMaxLine: false, lineStyle: { color: ink.line } },
  ...more,
})

/** A filled band between two lines of points [x, y], for a `custom` series. */
export const band = (
  name: string,
  low: readonly (readonly [number, number])[],
  high: readonly (readonly [number, number])[],
  color: string,
): object => ({
  type: 'custom',
  name,
  silent: true,
  z: 1,
  tooltip: { show: false },
  data: low.length > 1 ? [[low[0]?.[0] ?? 0, 0]] : [],
  encode: { x: 0, y: [] },
  renderItem: (_: unknown, api: { coord: (at: readonly number[]) => number[] }) => ({
    type: 'polygon',
    shape: { points: [...high, ...low.toReversed()].map((at) => api.coord(at)) },
    style: { fill: color, opacity: 0.16 },
  }),
})
