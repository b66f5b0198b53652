import type { EChartsCoreOption } from 'echarts/core'
import type { ConclusionRisk, Probability, RiskPoint } from '../../src-main/analysis/risk'
import { plural } from '../format'
import { countAxis, figureText, itemTooltip, legendAbove, scoreAxis } from './frame'
import type { ChartInk } from './ink'

export interface RiskCurveInput {
  readonly risk: ConclusionRisk
  readonly ink: ChartInk
}

type Design = 'shared' | 'perSetting'
const DESIGNS: readonly { readonly design: Design; readonly words: string }[] = [
  { design: 'shared', words: 'rates shared' },
  { design: 'perSetting', words: 'rates per setting' },
]

/** Few seeds are pale, many are strong; not a setting's colour, for it is about no setting. More would be a thicket. */
const STRENGTHS: Readonly<Record<ChartInk['shade'], readonly [string, string, string]>> = {
  light: ['#7fb8b0', '#2f8f84', '#0a4f48'],
  dark: ['#3b7d74', '#4cc4b2', '#c8f3ec'],
}

/**
 * How often a smaller study would have named another winner, against the number of learning rates it tries: a line per
 * number of seeds, whole where all settings share the rates, dashed where each draws its own.
 */
export function riskCurve({ risk, ink }: RiskCurveInput): EChartsCoreOption {
  const counts = seedCounts([...new Set(risk.points.map(({ seeds }) => seeds))])
  const strengths = STRENGTHS[ink.shade].slice(-counts.length)
  const lines = DESIGNS.flatMap(({ design, words }) =>
    counts.map((seeds, i) => ({
      name: `${plural(seeds, 'seed')}, ${words}`,
      design,
      color: strengths[i] ?? ink.accent,
      // Fewer seeds are wider and below, so that lines which coincide are all seen.
      width: 2 + 2 * (counts.length - 1 - i),
      points: risk.points.filter((point) => point.seeds === seeds),
    })),
  )
  const { legend, top } = legendAbove(
    lines.map(({ name }) => name),
    ink,
  )
  const last = Math.max(1, ...risk.points.map(({ rates }) => rates))
  return {
    ...figureText(ink),
    grid: { left: 56, right: 20, top, bottom: 46 },
    legend,
    tooltip: itemTooltip(ink),
    xAxis: countAxis('Learning rates tried', last, ink),
    yAxis: { ...scoreAxis('Another winner named (% of designs)', ink), scale: false, min: 0 },
    series: lines.map(({ name, design, color, width, points }) => ({
      type: 'line',
      name,
      z: 3,
      symbol: design === 'shared' ? 'circle' : 'diamond',
      symbolSize: (design === 'shared' ? 4 : 6) + width,
      lineStyle: { color, width, type: design === 'shared' ? 'solid' : 'dashed' },
      itemStyle: { color },
      emphasis: { focus: 'series', lineStyle: { width: width + 0.5 } },
      data: points.map((point) => [point.rates, 100 * point[design].value]),
      tooltip: {
        formatter: ({ dataIndex }: { dataIndex: number }) => sayRisk(name, points[dataIndex], design),
      },
    })),
  }
}

/** All of a few; of many the fewest, the middle and the most. */
function seedCounts(counts: readonly number[]): number[] {
  if (counts.length <= 3) return [...counts]
  return [counts[0], counts[(counts.length - 1) >> 1], counts.at(-1)].flatMap((seeds) => seeds ?? [])
}

function sayRisk(name: string, point: RiskPoint | undefined, design: Design): string {
  return point ? `${name}<br>${plural(point.rates, 'rate')}: ${sayProbability(point[design])}` : ''
}

const sayProbability = ({ value, exact, error }: Probability): string =>
  `${(100 * value).toFixed(1)} %${exact ? '' : ` ± ${(100 * error).toFixed(1)} (sampled)`}`
