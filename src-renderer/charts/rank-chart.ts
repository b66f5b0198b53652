import type { EChartsCoreOption } from 'echarts/core'
import type { Group } from '../../src-main/analysis/comparison'
import { rateLabel } from '../format'
import { flipZones } from './flip-zones'
import { axisName, figureText, itemTooltip } from './frame'
import type { ChartInk } from './ink'
import { settingStyle } from './setting-style'

export interface RankChartInput {
  readonly group: Pick<Group, 'cells' | 'rankings' | 'best' | 'flipRates'>
  readonly ink: ChartInk
}

/**
 * Ranking of the settings at each shared rate, and at the end each at its own best: a bump chart. Settings that share
 * a place are drawn side by side; a diverged setting is a hollow mark on the last place.
 */
export function rankChart({ group, ink }: RankChartInput): EChartsCoreOption {
  const columns = [...group.rankings, group.best.validation]
  const places = group.cells.length
  const names = group.cells.map(({ setting }) => setting)
  return {
    ...figureText(ink),
    grid: { left: 56, right: 26 + 6.4 * Math.max(...names.map((name) => name.length)), top: 16, bottom: 46 },
    tooltip: itemTooltip(ink),
    xAxis: {
      type: 'value',
      min: -0.5,
      max: columns.length - 0.5,
      ...axisName('Learning rate', 28, ink),
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: {
        color: ink.textSoft,
        fontSize: 11,
        hideOverlap: true,
        customValues: columns.map((_, i) => i),
        formatter: (i: number) => labelOf(columns[i]?.rate ?? null),
      },
    },
    yAxis: {
      type: 'value',
      inverse: true,
      min: 0.5,
      max: places + 0.5,
      ...axisName('Place', 32, ink),
      axisLabel: { color: ink.textSoft, fontSize: 11, customValues: names.map((_, i) => i + 1) },
      axisTick: { show: false },
      axisLine: { show: false },
      splitLine: { show: false },
    },
    series: [
      {
        type: 'line',
        name: 'where the ranking differs',
        data: [],
        silent: true,
        z: 0,
        markArea: flipZones(
          columns.flatMap(({ rate }, i) =>
            rate !== null && group.flipRates.includes(rate) ? [[i - 0.5, i + 0.5] as const] : [],
          ),
          ink,
        ),
      },
      ...names.map((name, place) => {
        const style = settingStyle(name, place, ink.shade)
        return {
          type: 'line',
          name,
          symbol: style.symbol,
          symbolSize: 13,
          lineStyle: { color: style.color, width: 2.5, type: style.dash },
          itemStyle: { color: style.color, borderWidth: 2 },
          emphasis: { focus: 'series' },
          endLabel: { show: true, formatter: name, color: ink.text, fontSize: 12, distance: 10 },
          data: columns.map(({ settings }, i) => {
            const entry = settings.find(({ setting }) => setting === name)
            if (!entry || entry.place === null) return [i, null]
            const tied = settings.filter((other) => other.place === entry.place).map(({ setting }) => setting)
            const value =
              entry.place + 0.26 * (tied.sort(byPlaceIn(names)).indexOf(name) - (tied.length - 1) / 2)
            return entry.diverged
              ? {
                  value: [i, value],
                  itemStyle: { color: ink.surface, borderColor: style.color, borderWidth: 2 },
                }
              : [i, value]
          }),
          tooltip: {
            formatter: ({ dataIndex }: { dataIndex: number }) =>
              `${name}<br>${columns[dataIndex]?.text ?? ''}`,
          },
        }
      }),
    ],
  }
}

const labelOf = (rate: number | null): string => (rate === null ? 'own best' : rateLabel(rate))

const byPlaceIn =
  (names: readonly string[]) =>
  (a: string, b: string): number =>
    names.indexOf(a) - names.indexOf(b)
