import type { EChartsCoreOption } from 'echarts/core'
import type { Arm, Cell, Comparison, Group } from '../../src-main/analysis/comparison'
import { estimate as formatEstimate, rate as formatRate, rateLabel, score as formatScore } from '../format'
import { bandSeries } from './band'
import type { BandPoint } from './band'
import { flipZones } from './flip-zones'
import { axisName, figureText, itemTooltip, legendAbove, scoreName, scoreScale } from './frame'
import type { ChartInk } from './ink'
import { rateAxis, rateZones } from './rate-axis'
import { settingStyle } from './setting-style'
import type { SettingStyle } from './setting-style'

export interface RateCurveInput {
  readonly comparison: Pick<Comparison, 'metric' | 'otherRate'>
  readonly group: Pick<Group, 'cells' | 'rates' | 'flipRates' | 'chance'>
  readonly split: 'validation' | 'test'
  readonly ink: ChartInk
  /** What it stands beside names the settings. */
  readonly isNamed?: boolean
}

/** One arm as the figure needs it; values in the axis' unit (per cent, or loss). */
interface Point {
  readonly rate: number
  /** Not a number where the arm is not eligible or has no score: line and band break there. */
  readonly mean: number
  readonly sem: number | null
  readonly chosen: boolean
  /** Kept with every mark: a click leads to the runs that it was made from. */
  readonly runs: readonly string[]
}

/**
 * Score against learning rate: a line per setting through the means of its eligible arms, broken where an arm is not, a
 * band of one SEM, a dot per seed, a ring around the chosen rate, a cross at the foot for an arm with a diverged seed,
 * shade where the ranking is not the one at the best rates, a dashed line at the other paper's rate.
 */
export function rateCurve({
  comparison,
  group,
  split,
  ink,
  isNamed = false,
}: RateCurveInput): EChartsCoreOption {
  const { metric, otherRate } = comparison
  const scale = scoreScale(metric)
  const settings = group.cells.map((cell, place) => ({
    cell,
    style: settingStyle(cell.setting, place, ink.shade),
    points: pointsOf(cell, split, scale),
  }))
  const range = valueRange(group.cells, split, scale)
  const { legend, top } = legendAbove(isNamed ? [] : group.cells.map(({ setting }) => setting), ink)
  return {
    ...figureText(ink),
    // Above the drawing is room for the other paper's label.
    grid: { left: 56, right: 20, top: top + 8, bottom: 46 },
    legend,
    tooltip: itemTooltip(ink),
    xAxis: rateAxis(group.rates, ink),
    yAxis: {
      type: 'value',
      ...range,
      ...axisName(scoreName(metric, split === 'validation' ? 'Validation' : 'Test'), 40, ink),
      axisLabel: { color: ink.textSoft, fontSize: 11, showMinLabel: false, showMaxLabel: false },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { showMinLine: false, showMaxLine: false, lineStyle: { color: ink.line } },
    },
    series: [
      backdrop(group, otherRate, ink),
      ...settings.flatMap(({ cell, points, style }) => [
        // The legend takes the look of the first series of a name.
        lineOf(cell.setting, points, style, ink, metric),
        bandSeries(cell.setting, bandPoints(points), style.color),
        seedsOf(cell, split, scale, style, metric),
        divergedOf(cell, group.cells, style, range.min),
      ]),
    ],
  }
}

const pointsOf = (cell: Cell, split: 'validation' | 'test', scale: number): Point[] =>
  cell.arms.map((arm) => {
    const estimate = arm.eligible ? arm[split] : null
    const { mean, sem: error, runs } = estimate ?? { mean: NaN, sem: null, runs: [] }
    const sem = error === null ? null : scale * error
    return {
      rate: arm.rate,
      mean: scale * mean,
      sem,
      chosen: arm.rate === cell.choice?.rate,
      runs,
    }
  })

const bandPoints = (points: readonly Point[]): BandPoint[] =>
  points.map(({ rate, mean, sem }) => ({ at: rate, mean, spread: sem }))

/** A little more than the seeds span, so that the crosses at the foot stand clear of the lines. */
function valueRange(
  cells: readonly Cell[],
  split: 'validation' | 'test',
  scale: number,
): { min: number; max: number } {
  const values = cells.flatMap(({ arms }) =>
    arms.flatMap(({ seeds }) => seeds.flatMap((seed) => (seed[split] === null ? [] : scale * seed[split]))),
  )
  if (values.length === 0) return { min: 0, max: scale }
  const low = Math.min(...values)
  const high = Math.max(...values)
  const room = Math.max(high - low, 0.02 * scale) * 0.08
  return { min: low - 1.4 * room, max: high + room }
}

function backdrop(
  { rates, flipRates, chance }: RateCurveInput['group'],
  otherRate: number | null,
  ink: ChartInk,
): object {
  return {
    type: 'line',
    name: 'where the ranking differs',
    data: [],
    silent: true,
    z: 0,
    markArea: flipZones(rateZones(rates, flipRates), ink, 'ranking differs'),
    markLine: {
      silent: true,
      symbol: 'none',
      z: 1,
      animation: false,
      // Positions are rounded to this many decimals.
      precision: 15,
      data: [
        ...(otherRate === null
          ? []
          : [
              {
                xAxis: otherRate,
                lineStyle: { color: ink.text, type: 'dashed', width: 1.2 },
                label: {
                  formatter: `other paper: ${rateLabel(otherRate)}`,
                  position: 'end',
                  distance: 5,
                  color: ink.text,
                  fontSize: 10,
                },
              },
            ]),
        ...(chance === null
          ? []
          : [
              {
                yAxis: 100 * chance,
                lineStyle: { color: ink.textFaint, type: 'dotted', width: 1 },
                label: { formatter: 'chance', position: 'insideEndTop', color: ink.textFaint, fontSize: 10 },
              },
            ]),
      ],
    },
  }
}

function lineOf(
  name: string,
  points: readonly Point[],
  style: SettingStyle,
  ink: ChartInk,
  metric: Comparison['metric'],
): object {
  const scale = scoreScale(metric)
  return {
    type: 'line',
    name,
    z: 3,
    symbol: style.symbol,
    symbolSize: (_: unknown, { dataIndex }: { dataIndex: number }) => (points[dataIndex]?.chosen ? 11 : 6),
    lineStyle: { color: style.color, width: 2, type: style.dash },
    itemStyle: { color: style.color },
    emphasis: { focus: 'series', lineStyle: { width: 2.5 } },
    data: points.map(({ rate, mean, chosen, runs }) => ({
      value: [rate, mean],
      runs,
      itemStyle: chosen ? { color: ink.surface, borderColor: style.color, borderWidth: 2.5 } : undefined,
    })),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const point = points[dataIndex]
        if (!point) return ''
        const value = { mean: point.mean / scale, sem: point.sem === null ? null : point.sem / scale }
        return `${name}<br>${formatRate(point.rate)}: ${formatEstimate(value, metric)}${point.chosen ? '<br>chosen by validation' : ''}`
      },
    },
  }
}

function seedsOf(
  cell: Cell,
  split: 'validation' | 'test',
  scale: number,
  { color }: SettingStyle,
  metric: Comparison['metric'],
): object {
  const dots = cell.arms.flatMap((arm) =>
    arm.seeds.flatMap((seed) => (seed[split] === null ? [] : { rate: arm.rate, score: seed[split], seed })),
  )
  return {
    type: 'scatter',
    name: cell.setting,
    z: 2,
    symbol: 'circle',
    symbolSize: 4,
    itemStyle: { color, opacity: 0.5 },
    data: dots.map(({ rate, score, seed }) => ({ value: [rate, scale * score], runs: [seed.run] })),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const dot = dots[dataIndex]
        return dot
          ? `${cell.setting}<br>${formatRate(dot.rate)}, seed ${dot.seed.seed}: ${formatScore(dot.score, metric)}`
          : ''
      },
    },
  }
}

/** A cross at the foot of the figure for every arm with a diverged seed; crosses of one rate stand side by side. */
function divergedOf(cell: Cell, cells: readonly Cell[], { color }: SettingStyle, foot: number): object {
  const divergedArms = ({ arms }: Cell): readonly Arm[] => arms.filter(({ counts }) => counts.diverged > 0)
  const arms = divergedArms(cell)
  return {
    type: 'scatter',
    name: cell.setting,
    z: 4,
    symbol: 'path://M-5 -4L-4 -5L0 -1L4 -5L5 -4L1 0L5 4L4 5L0 1L-4 5L-5 4L-1 0Z',
    symbolSize: 9,
    itemStyle: { color },
    data: arms.map(({ rate, seeds }) => {
      const there = cells.filter((other) => divergedArms(other).some((arm) => arm.rate === rate))
      return {
        value: [rate, foot],
        symbolOffset: [12 * (there.indexOf(cell) - (there.length - 1) / 2), -8],
        runs: seeds.filter(({ state }) => state === 'diverged').map(({ run }) => run),
      }
    }),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => describeDiverged(cell.setting, arms[dataIndex]),
    },
  }
}

const describeDiverged = (setting: string, arm: Arm | undefined): string =>
  arm ? `${setting}<br>${formatRate(arm.rate)}: ${arm.counts.diverged} of ${arm.planned} seeds diverged` : ''
