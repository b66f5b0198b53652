import type { EChartsCoreOption } from 'echarts/core'
import type { MetricName } from '../../src-main/run'
import type { ChartInk } from './ink'

/** One line: a metric of one run; values that are not finite are null and leave a gap. */
export interface CurveLine {
  readonly name: string
  readonly color: string
  readonly dash: 'solid' | 'dashed' | 'dotted'
  readonly steps: readonly number[]
  readonly values: readonly (number | null)[]
}

export interface LearningCurvesInput {
  readonly metric: MetricName
  readonly lines: readonly CurveLine[]
  readonly logarithmic: boolean
  /** Weight of the past in the moving average, 0 (none) to below 1; the raw line stays faintly visible behind it. */
  readonly smoothing: number
  readonly ink: ChartInk
}

/** A metric against steps, one line a run. */
export function learningCurves({
  metric,
  lines,
  logarithmic,
  smoothing,
  ink,
}: LearningCurvesInput): EChartsCoreOption {
  const percent = metric.includes('accuracy')
  const smoothed = smoothing > 0
  return {
    animation: false,
    grid: { left: 52, right: 16, top: 10, bottom: 28 },
    textStyle: { fontFamily: ink.font, color: ink.textSoft },
    xAxis: {
      type: 'value',
      min: 0,
      max: 'dataMax',
      splitLine: { show: false },
      axisLine: { lineStyle: { color: ink.lineStrong } },
      axisLabel: { color: ink.textFaint, fontSize: 11, hideOverlap: true },
    },
    yAxis: {
      type: logarithmic ? 'log' : 'value',
      scale: true,
      splitNumber: 4,
      splitLine: { lineStyle: { color: ink.line } },
      axisLabel: {
        color: ink.textFaint,
        fontSize: 11,
        formatter: percent ? (value: number) => `${Number((100 * value).toPrecision(3))} %` : undefined,
      },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: ink.raised,
      borderColor: ink.line,
      textStyle: { color: ink.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: ink.lineStrong } },
      valueFormatter: (value: unknown) => sayValue(value, percent),
    },
    series: lines.flatMap((line) => [
      ...(smoothed ? [lineSeries(line, line.values, { opacity: 0.22, width: 1, silent: true })] : []),
      lineSeries(line, smoothed ? smooth(line.values, smoothing) : line.values, {
        opacity: 1,
        width: 1.8,
        silent: false,
      }),
    ]),
  }
}

interface Stroke {
  readonly opacity: number
  readonly width: number
  readonly silent: boolean
}

function lineSeries(line: CurveLine, values: readonly (number | null)[], stroke: Stroke): object {
  return {
    name: line.name,
    type: 'line',
    data: line.steps.map((step, i) => [step, values[i] ?? null]),
    showSymbol: line.steps.length < 12 && !stroke.silent,
    symbolSize: 4,
    silent: stroke.silent,
    tooltip: { show: !stroke.silent },
    lineStyle: { width: stroke.width, opacity: stroke.opacity, type: stroke.silent ? 'solid' : line.dash },
    itemStyle: { color: line.color },
    emphasis: { disabled: true },
  }
}

/** Exponential moving average without the start's pull towards zero; gaps stay gaps and do not count. */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0
  let seen = 0
  return values.map((value) => {
    if (value === null) return null
    sum = weight * sum + (1 - weight) * value
    seen = weight * seen + (1 - weight)
    return sum / seen
  })
}

function sayValue(value: unknown, percent: boolean): string {
  const number = Array.isArray(value) ? value[1] : value
  if (typeof number !== 'number') return 'not a number'
  return percent ? `${(100 * number).toFixed(1)} %` : String(Number(number.toPrecision(4)))
}
