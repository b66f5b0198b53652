import type { EChartsCoreOption } from 'echarts/core'
import type { Comparison } from '../../src-main/analysis/comparison'
import type { MeanCurve } from '../../src-main/analysis/mean-curves'
import { rate as formatRate } from '../format'
import { axis, band, chartBase } from './chart-base'
import type { ChartInk } from './ink'
import { settingStyle } from './setting-style'

export interface BandChartInput {
  readonly curves: readonly MeanCurve[]
  readonly metric: Comparison['metric']
  readonly settings: readonly string[]
  readonly ink: ChartInk
}

/** Validation score against step, each setting at its chosen rate: mean over seeds with a band of one SEM. */
export function bandChart({ curves, metric, settings, ink }: BandChartInput): EChartsCoreOption {
  const scale = metric === 'accuracy' ? 100 : 1
  return {
    ...chartBase(
      ink,
      curves.map(({ setting }) => setting),
    ),
    xAxis: axis('Step', ink, 'x', {
      min: 0,
      max: 'dataMax',
      splitLine: { show: false },
      axisLabel: { color: ink.textSoft, fontSize: 11, hideOverlap: true },
    }),
    yAxis: axis(metric === 'accuracy' ? 'Validation accuracy (%)' : 'Validation loss', ink, 'y', {
      scale: true,
    }),
    series: curves.flatMap(({ setting, rate, points }) => {
      const style = settingStyle(setting, settings.indexOf(setting), ink.shade)
      const banded = points.filter((point): point is typeof point & { sem: number } => point.sem !== null)
      return [
        {
          type: 'line',
          name: setting,
          z: 3,
          symbol: style.symbol,
          showSymbol: points.length < 25,
          symbolSize: 5,
          lineStyle: { color: style.color, width: 2, type: style.dash },
          itemStyle: { color: style.color },
          emphasis: { focus: 'series' },
          data: points.map(({ step, mean }) => [step, scale * mean]),
          tooltip: {
            formatter: ({ dataIndex }: { dataIndex: number }) => {
              const point = points[dataIndex]
              return point
                ? `${setting} at ${formatRate(rate)}<br>step ${point.step}: ${(scale * point.mean).toFixed(metric === 'accuracy' ? 1 : 3)} (n = ${point.n})`
                : ''
            },
          },
        },
        band(
          setting,
          banded.map(({ step, mean, sem }) => [step, scale * (mean - sem)]),
          banded.map(({ step, mean, sem }) => [step, scale * (mean + sem)]),
          style.color,
        ),
      ]
    }),
  }
}
