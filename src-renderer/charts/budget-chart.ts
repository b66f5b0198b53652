import type { EChartsCoreOption } from 'echarts/core'
import type { BudgetCurves } from '../../src-main/analysis/budget'
import type { Comparison } from '../../src-main/analysis/comparison'
import { score as formatScore } from '../format'
import { axis, chartBase } from './chart-base'
import type { ChartInk } from './ink'
import { settingStyle } from './setting-style'

export interface BudgetChartInput {
  readonly budget: BudgetCurves
  readonly metric: Comparison['metric']
  /** All settings of the study in its order: they decide the looks. */
  readonly settings: readonly string[]
  readonly ink: ChartInk
}

/**
 * Expected best score against the number of learning rates tried: validation solid, the test of the arm so chosen
 * beside it thin and dotted, a line where another setting takes the lead.
 */
export function budgetChart({ budget, metric, settings, ink }: BudgetChartInput): EChartsCoreOption {
  const scale = metric === 'accuracy' ? 100 : 1
  const longest = Math.max(1, ...budget.curves.map(({ of }) => of))
  return {
    ...chartBase(
      ink,
      budget.curves.map(({ setting }) => setting),
    ),
    xAxis: axis('Learning rates tried', ink, 'x', {
      min: 1,
      max: longest,
      minInterval: 1,
      splitLine: { show: false },
    }),
    yAxis: axis(metric === 'accuracy' ? 'Expected accuracy (%)' : 'Expected loss', ink, 'y', { scale: true }),
    series: budget.curves.flatMap(({ setting, points }, i) => {
      const style = settingStyle(setting, settings.indexOf(setting), ink.shade)
      const tooltip = {
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const point = points[dataIndex]
          if (!point) return ''
          const test = point.test === null ? '' : `<br>test ${formatScore(point.test, metric)}`
          return `${setting}<br>${point.rates} rates, ${point.runs} runs<br>validation ${formatScore(point.validation, metric)}${test}`
        },
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
          data: points.map(({ rates, validation }) => [rates, scale * validation]),
          tooltip,
          markLine: i === 0 ? crossings(budget, ink) : undefined,
        },
        {
          type: 'line',
          name: setting,
          z: 2,
          symbol: 'none',
          lineStyle: { color: style.color, width: 1.2, type: 'dotted' },
          itemStyle: { color: style.color },
          data: points.flatMap(({ rates, test }) => (test === null ? [] : [[rates, scale * test]])),
          tooltip,
        },
      ]
    }),
  }
}

const crossings = ({ crossings }: BudgetCurves, ink: ChartInk): object => ({
  silent: true,
  symbol: 'none',
  z: 1,
  data: crossings.map(({ rates, to }) => ({
    xAxis: rates - 0.5,
    lineStyle: { color: ink.textFaint, type: 'dashed', width: 1 },
    label: {
      formatter: `${to} leads from here`,
      position: 'insideEndBottom',
      color: ink.textFaint,
      fontSize: 10,
    },
  })),
})
