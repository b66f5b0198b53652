import type { EChartsCoreOption } from 'echarts/core'
import type { MetricName } from '../../src-main/run'
import { count } from '../format'
import type { ChartInk } from './ink'
import { smooth } from './learning-curves'

/** Steps, or seconds that the run was in training. */
export type RunAxis = 'step' | 'time'

/** One metric of the run; a value that is not finite is null and leaves a gap. */
export interface RunLine {
  readonly metric: MetricName
  readonly name: string
  readonly x: readonly number[]
  readonly values: readonly (number | null)[]
}

/** A moment of the run that is worth a line across its charts. */
export interface RunMark {
  readonly at: number
  readonly name: string
}

export interface RunChartInput {
  readonly lines: readonly RunLine[]
  readonly axis: RunAxis
  /** The part that is shown; null: all. */
  readonly range: readonly [from: number, to: number] | null
  readonly logarithmic: boolean
  /** Weight of the past in the moving average of what is logged at every step, 0 (none) to below 1. */
  readonly smoothing: number
  readonly marks: readonly RunMark[]
  readonly ink: ChartInk
}

/** What tells the splits apart without colour: the line's dash and its points. */
const SPLITS = {
  train: { dash: 'solid', symbol: 'circle', width: 1.4 },
  val: { dash: 'solid', symbol: 'circle', width: 2 },
  test: { dash: 'dotted', symbol: 'diamond', width: 0 },
  time: { dash: 'solid', symbol: 'circle', width: 1.4 },
} as const
type Split = keyof typeof SPLITS

const FEW_POINTS = 40

/** Metrics of one run over its steps or its time. */
export function runChart(input: RunChartInput): EChartsCoreOption {
  const { lines, axis, range, logarithmic, marks, ink } = input
  const percent = lines.some(({ metric }) => metric.includes('accuracy'))
  return {
    animation: false,
    grid: { left: 56, right: 14, top: 18, bottom: 26 },
    textStyle: { fontFamily: ink.font, color: ink.textSoft },
    xAxis: {
      type: 'value',
      min: range?.[0] ?? 0,
      max: range?.[1] ?? 'dataMax',
      splitLine: { show: false },
      axisLine: { onZero: false, lineStyle: { color: ink.lineStrong } },
      axisTick: { lineStyle: { color: ink.lineStrong } },
      axisLabel: {
        color: ink.textFaint,
        fontSize: 11,
        hideOverlap: true,
        formatter: axis === 'time' ? clock : undefined,
      },
      axisPointer: {
        label: {
          show: false,
          formatter: ({ value }: { value: number }) =>
            axis === 'time' ? clock(value) : `step ${count(Math.round(value))}`,
        },
      },
    },
    yAxis: {
      type: logarithmic ? 'log' : 'value',
      scale: true,
      splitNumber: percent ? 5 : 4,
      // Room above the whole would be for what cannot be.
      max: percent && !logarithmic ? ({ max }: { max: number }) => (max > 0.8 ? 1 : null) : undefined,
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: ink.line } },
      axisLabel: { color: ink.textFaint, fontSize: 11, formatter: (value: number) => say(value, percent) },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      backgroundColor: ink.raised,
      borderColor: ink.line,
      padding: [6, 10],
      textStyle: { color: ink.text, fontSize: 12 },
      axisPointer: { type: 'line', lineStyle: { color: ink.lineStrong } },
      valueFormatter: (value: unknown) =>
        typeof value === 'number' ? say(value, percent, 4) : 'not a number',
    },
    series: lines.flatMap((line, i) => seriesOf(line, i === 0 ? marks : [], input)),
  }
}

/** All places on the axis where one of the lines has a point, rising, within the part that is shown. */
export function placesOf(lines: readonly RunLine[], range: RunChartInput['range']): number[] {
  const [from, to] = range ?? [-Infinity, Infinity]
  const places = new Set(lines.flatMap(({ x }) => x.filter((at) => at >= from && at <= to)))
  return [...places].sort((a, b) => a - b)
}

/** Lines that are said at a place; of more nobody would hear the end. */
const MOST_READ = 12

/** What the lines say at a place, in words: "step 1,200: training 0.53, validation 0.61 (step 1,000)". */
export function readAt(lines: readonly RunLine[], axis: RunAxis, at: number): string {
  const where = (place: number): string => (axis === 'time' ? clock(place) : `step ${count(place)}`)
  const read = lines.flatMap(({ metric, name, x, values }) => {
    const last = x.findLastIndex((place) => place <= at)
    if (last === -1) return []
    const value = values[last] ?? null
    const said = value === null ? 'not a number' : say(value, metric.includes('accuracy'), 4)
    return [`${name} ${said}${x[last] === at ? '' : ` (${where(x[last] ?? 0)})`}`]
  })
  const more = read.length > MOST_READ ? `, and ${count(read.length - MOST_READ)} more` : ''
  return `${where(at)}: ${read.length === 0 ? 'nothing yet' : read.slice(0, MOST_READ).join(', ')}${more}`
}

/** The colour of a split, the same in every chart of a run. */
export function splitColor(metric: MetricName, ink: ChartInk): string {
  const dark = ink.shade === 'dark'
  switch (splitOf(metric)) {
    case 'train':
      return dark ? '#7cb7f5' : '#2168b5'
    case 'val':
      return dark ? '#f0a35e' : '#b45309'
    case 'test':
      return dark ? '#d99adf' : '#8a2c8f'
    case 'time':
      return ink.textSoft
  }
}

function seriesOf(
  line: RunLine,
  marks: readonly RunMark[],
  { smoothing, logarithmic, ink }: RunChartInput,
): object[] {
  const split = splitOf(line.metric)
  const { dash, symbol, width } = SPLITS[split]
  const color = splitColor(line.metric, ink)
  const isSmoothed = smoothing > 0 && (split === 'train' || split === 'time')
  const shared = {
    name: line.name,
    type: 'line',
    itemStyle: { color },
    symbol,
    connectNulls: false,
    emphasis: { disabled: true },
  }
  const points = (values: readonly (number | null)[]): (number | null)[][] =>
    // A logarithmic axis has no place for zero and below.
    line.x.map((x, i) => [x, logarithmic && (values[i] ?? 0) <= 0 ? null : (values[i] ?? null)])
  const main = {
    ...shared,
    data: points(isSmoothed ? smooth(line.values, smoothing) : line.values),
    showSymbol: split === 'test' || line.x.length <= FEW_POINTS,
    symbolSize: split === 'test' ? 10 : 4,
    lineStyle: { width, type: dash, color },
    z: split === 'test' ? 5 : split === 'val' ? 4 : 3,
    markLine: marks.length === 0 ? undefined : markLine(marks, ink),
  }
  if (!isSmoothed) return [main]
  const raw = {
    ...shared,
    data: points(line.values),
    showSymbol: false,
    silent: true,
    tooltip: { show: false },
    lineStyle: { width: 1, opacity: 0.25, color },
    z: 2,
  }
  return [raw, main]
}

const markLine = (marks: readonly RunMark[], ink: ChartInk): object => ({
  silent: true,
  symbol: 'none',
  lineStyle: { color: ink.textFaint, type: 'dashed', width: 1 },
  label: { color: ink.textFaint, fontSize: 10, position: 'end', distance: 3, formatter: '{b}' },
  data: marks.map(({ at, name }) => ({ xAxis: at, name })),
})

const splitOf = (metric: MetricName): Split => metric.split('/')[0] as Split

function say(value: number, percent: boolean, digits = 3): string {
  if (percent) return `${Number((100 * value).toPrecision(digits))} %`
  const size = Math.abs(value)
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(digits)))
}

/** "0:45", "12:05", "3:07:00". */
function clock(seconds: number): string {
  const whole = Math.round(seconds)
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (part: number): string => String(part).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
