import type { EChartsCoreOption } from 'echarts/core'
import type { BudgetCurve, BudgetCurves } from '../../src-main/analysis/budget'
import type { Comparison, Group } from '../../src-main/analysis/conclusions'
import { plural, score as formatScore } from '../format'
import { countAxis, figureText, itemTooltip, legendAbove, scoreAxis, scoreName, scoreScale } from './frame'
import type { ChartInk } from './ink'
import { settingStyle } from './setting-style'

export interface BudgetCurveInput {
  readonly metric: Comparison['metric']
  readonly group: Pick<Group, 'cells'>
  readonly budget: BudgetCurves
  readonly ink: ChartInk
}

/**
 * Expected best validation score against the number of learning rates tried: a line per setting; thin beside it the
 * test mean of the arm so chosen, where it is known; a dotted line where another setting takes the lead.
 */
export function budgetCurve({ metric, group, budget, ink }: BudgetCurveInput): EChartsCoreOption {
  const { curves, crossings } = budget
  const { legend, top } = legendAbove(
    curves.map(({ setting }) => setting),
    ink,
  )
  const last = Math.max(1, ...curves.map(({ of }) => of))
  const placeOf = (setting: string): number => group.cells.findIndex((cell) => cell.setting === setting)
  return {
    ...figureText(ink),
    grid: { left: 56, right: 20, top: top + 14, bottom: 46 },
    legend,
    tooltip: itemTooltip(ink),
    xAxis: countAxis('Learning rates tried', last, ink),
    yAxis: scoreAxis(`Expected ${scoreName(metric, 'best validation')}`, ink),
    series: [
      ...curves.flatMap((curve) => budgetSeries(curve, placeOf(curve.setting), metric, ink)),
      {
        type: 'line',
        name: 'where the lead changes',
        data: [],
        silent: true,
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          lineStyle: { color: ink.textFaint, type: 'dotted', width: 1.2 },
          data: crossings.map(({ rates, to }, i) => ({
            // The lead changes somewhere between this budget and the one before.
            xAxis: rates - 0.5,
            label: {
              formatter: `${to} leads from ${rates}`,
              position: 'end',
              // Neighbours' labels stand one above the other.
              distance: 3 + 12 * (i % 2),
              color: ink.textFaint,
              fontSize: 10,
            },
          })),
        },
      },
    ],
  }
}

function budgetSeries(
  curve: BudgetCurve,
  place: number,
  metric: Comparison['metric'],
  ink: ChartInk,
): object[] {
  const { setting, points } = curve
  const style = settingStyle(setting, place, ink.shade)
  const scale = scoreScale(metric)
  const say = ({ dataIndex }: { dataIndex: number }): string => {
    const point = points[dataIndex]
    if (!point) return ''
    const test = point.test === null ? '' : `<br>test of the arm chosen: ${formatScore(point.test, metric)}`
    return `${setting}<br>${plural(point.rates, 'rate')}, ${plural(point.runs, 'run')}: ${formatScore(point.validation, metric)}${test}`
  }
  return [
    {
      type: 'line',
      name: setting,
      z: 3,
      symbol: style.symbol,
      symbolSize: 6,
      lineStyle: { color: style.color, width: 2, type: style.dash },
      itemStyle: { color: style.color },
      emphasis: { focus: 'series', lineStyle: { width: 2.5 } },
      data: points.map(({ rates, validation }) => [rates, scale * validation]),
      tooltip: { formatter: say },
    },
    {
      type: 'line',
      name: setting,
      z: 2,
      symbol: 'none',
      silent: true,
      lineStyle: { color: style.color, width: 1, opacity: 0.6 },
      data: points.flatMap(({ rates, test }) => (test === null ? [] : [[rates, scale * test]])),
    },
  ]
}
