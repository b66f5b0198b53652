import type { EChartsCoreOption } from 'echarts/core'
import type { Comparison } from '../../src-main/analysis/conclusions'
import type { ChosenCurve } from '../../src-main/analysis/chosen-curves'
import { count, estimate as formatEstimate, rateLabel, score as formatScore } from '../format'
import { bandSeries } from './band'
import { axisName, figureText, itemTooltip, legendAbove, scoreAxis, scoreName, scoreScale } from './frame'
import type { ChartInk } from './ink'
import { settingStyle } from './setting-style'

export interface SettingCurvesInput {
  readonly metric: Comparison['metric']
  readonly curves: readonly ChosenCurve[]
  readonly ink: ChartInk
}

/**
 * Learning curves: the validation score over training, each setting at its chosen rate. A line through the means over
 * seeds with a band of one SEM, as far as all seeds go; each seed as a thin line, to where it stopped.
 */
export function settingCurves({ metric, curves, ink }: SettingCurvesInput): EChartsCoreOption {
  const { legend, top } = legendAbove(
    curves.map((curve) => nameOf(curve)),
    ink,
  )
  return {
    ...figureText(ink),
    grid: { left: 56, right: 26, top, bottom: 46 },
    legend,
    tooltip: itemTooltip(ink),
    xAxis: {
      type: 'value',
      min: 0,
      max: 'dataMax',
      ...axisName('Training step', 28, ink),
      axisLine: { onZero: false, lineStyle: { color: ink.lineStrong } },
      axisTick: { show: true, lineStyle: { color: ink.lineStrong } },
      axisLabel: {
        color: ink.textSoft,
        fontSize: 11,
        hideOverlap: true,
        formatter: (step: number) => count(step),
      },
      splitLine: { show: false },
    },
    yAxis: scoreAxis(scoreName(metric, 'Validation'), ink),
    series: curves.flatMap((curve) => curveSeries(curve, metric, ink)),
  }
}

const nameOf = ({ setting, rate }: ChosenCurve): string => `${setting} at ${rateLabel(rate)}`

function curveSeries(curve: ChosenCurve, metric: Comparison['metric'], ink: ChartInk): object[] {
  const scale = scoreScale(metric)
  const style = settingStyle(curve.setting, curve.place, ink.shade)
  const name = nameOf(curve)
  const { points, seeds } = curve
  return [
    {
      type: 'line',
      name,
      z: 3,
      symbol: style.symbol,
      symbolSize: points.length > 30 ? 0 : 5,
      lineStyle: { color: style.color, width: 2, type: style.dash },
      itemStyle: { color: style.color },
      emphasis: { focus: 'series', lineStyle: { width: 2.5 } },
      data: points.map(({ step, mean }) => [step, scale * mean]),
      tooltip: {
        formatter: ({ dataIndex }: { dataIndex: number }) => {
          const point = points[dataIndex]
          return point ? `${name}<br>step ${count(point.step)}: ${formatEstimate(point, metric)}` : ''
        },
      },
    },
    bandSeries(
      name,
      points.map(({ step, mean, sem }) => ({
        at: step,
        mean: scale * mean,
        spread: sem === null ? null : scale * sem,
      })),
      style.color,
    ),
    ...seeds.map(({ seed, steps, values }) => ({
      type: 'line',
      name,
      z: 2,
      symbol: 'circle',
      symbolSize: 3,
      // A run evaluated once is a dot, not nothing.
      showSymbol: steps.length === 1,
      lineStyle: { color: style.color, width: 0.8, opacity: 0.45 },
      itemStyle: { color: style.color, opacity: 0.6 },
      emphasis: { disabled: true },
      data: steps.map((step, i) => {
        const value = values[i] ?? null
        return [step, value === null ? null : scale * value]
      }),
      tooltip: {
        formatter: ({ dataIndex }: { dataIndex: number }) =>
          `${name}, seed ${seed}<br>step ${count(steps[dataIndex] ?? 0)}: ${formatScore(values[dataIndex], metric)}`,
      },
    })),
  ]
}
