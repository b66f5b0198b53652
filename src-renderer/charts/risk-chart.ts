import type { EChartsCoreOption } from 'echarts/core'
import type { ConclusionRisk, Probability } from '../../src-main/analysis/risk'
import { axis, chartBase } from './chart-base'
import type { ChartInk } from './ink'

export interface RiskChartInput {
  readonly risk: ConclusionRisk
  readonly ink: ChartInk
}

/** Seeds by lightness and marker: more seeds are darker. */
const SYMBOLS = ['circle', 'diamond', 'rect', 'triangle'] as const

/**
 * The chance of naming another winner than the whole sweep, against the number of learning rates tried: one line for
 * each number of seeds (fewest, all, and one between), rates shared by all settings solid, drawn per setting dashed.
 */
export function riskChart({ risk, ink }: RiskChartInput): EChartsCoreOption {
  const most = Math.max(...risk.points.map(({ seeds }) => seeds))
  const counts = [...new Set([1, Math.ceil((1 + most) / 2), most])]
  const longest = Math.max(...risk.points.map(({ rates }) => rates))
  const lines = counts.flatMap((seeds, i) => [
    { name: `${sayCount(seeds)}, shared rates`, seeds, kind: 'shared' as const, i },
    { name: `${sayCount(seeds)}, own rates`, seeds, kind: 'perSetting' as const, i },
  ])
  return {
    ...chartBase(
      ink,
      lines.map(({ name }) => name),
    ),
    grid: { left: 56, right: 20, top: 66, bottom: 46 },
    xAxis: axis('Learning rates tried', ink, 'x', {
      min: 1,
      max: Math.max(2, longest),
      minInterval: 1,
      splitLine: { show: false },
    }),
    yAxis: axis('Chance of another winner (%)', ink, 'y', { min: 0, max: 100, splitNumber: 4 }),
    series: lines.map(({ name, seeds, kind, i }) => {
      const points = risk.points.filter((point) => point.seeds === seeds)
      const opacity = counts.length === 1 ? 1 : 0.45 + (0.55 * i) / (counts.length - 1)
      const color = kind === 'shared' ? ink.bad : ink.accent
      return {
        type: 'line',
        name,
        symbol: SYMBOLS[i % SYMBOLS.length],
        symbolSize: 7,
        lineStyle: { color, width: 2, opacity, type: kind === 'shared' ? 'solid' : 'dashed' },
        itemStyle: { color, opacity },
        data: points.map((point) => [point.rates, 100 * point[kind].value]),
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const point = points[dataIndex]
            return point ? `${name}<br>${point.rates} rates: ${sayChance(point[kind])}` : ''
          },
        },
      }
    }),
  }
}

const sayCount = (seeds: number): string => (seeds === 1 ? '1 seed' : `${seeds} seeds`)

const sayChance = ({ value, exact, error }: Probability): string =>
  `${(100 * value).toFixed(1)} %${exact ? '' : ` ± ${(100 * error).toFixed(1)} (sampled)`}`
