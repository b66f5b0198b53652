import type { EChartsCoreOption } from 'echarts/core'
import { rateLabel, scientific } from '../format'
import { figureText } from './frame'
import type { ChartInk } from './ink'

/** One upright line of the figure. */
export interface ParallelAxis {
  /** A field of the runs. */
  readonly field: string
  readonly name: string
  readonly scale: 'linear' | 'log' | 'words'
  readonly percent: boolean
  /** Nothing lies between two whole numbers. */
  readonly whole: boolean
  /** The largest at the bottom. */
  readonly flipped: boolean
}

export interface ParallelRun {
  readonly name: string
  readonly color: string
  /** One value an axis; a run that lacks one has no point there. */
  readonly values: readonly (number | string | null)[]
}

export interface ParallelInput {
  readonly axes: readonly ParallelAxis[]
  readonly runs: readonly ParallelRun[]
  readonly ink: ChartInk
}

/** Runs as lines across one axis a field: what goes with what. */
export function parallelCoordinates({ axes, runs, ink }: ParallelInput): EChartsCoreOption {
  return {
    ...figureText(ink),
    parallel: {
      left: firstLabels(axes, runs),
      right: 72,
      top: 34,
      bottom: 18,
      axisExpandable: false,
      parallelAxisDefault: {
        nameLocation: 'end',
        nameGap: 14,
        nameTextStyle: { color: ink.text, fontSize: 12, fontWeight: 500 },
        axisLine: { lineStyle: { color: ink.lineStrong } },
        axisTick: { lineStyle: { color: ink.lineStrong } },
        axisLabel: {
          color: ink.textSoft,
          fontSize: 11,
          hideOverlap: true,
          textBorderColor: ink.surface,
          textBorderWidth: 3,
        },
        minorTick: { show: false },
        splitLine: { show: false },
      },
    },
    parallelAxis: axes.map((axis, dim) => ({
      id: String(dim),
      dim,
      name: axis.name,
      inverse: axis.flipped,
      z: 10,
      areaSelectStyle: {
        width: 18,
        borderWidth: 1,
        borderColor: ink.accent,
        color: ink.accent,
        opacity: 0.3,
      },
      realtime: false,
      ...(dim === 0 ? beside(scaleOf(axis, runs, dim)) : scaleOf(axis, runs, dim)),
    })),
    series: [
      {
        type: 'parallel',
        smooth: false,
        lineStyle: { width: runs.length > 200 ? 0.8 : 1.2, opacity: runs.length > 200 ? 0.35 : 0.6 },
        inactiveOpacity: 0.06,
        activeOpacity: 0.8,
        emphasis: { lineStyle: { width: 2.5, opacity: 1 } },
        progressive: 500,
        data: runs.map(({ name, color, values }) => ({
          name,
          value: values.map((value) => value ?? '-'),
          lineStyle: { color },
        })),
      },
    ],
  }
}

type AxisScale = Readonly<Record<string, unknown>> & { readonly axisLabel?: object }

/** The first axis has its labels on the left, where no lines are. */
const beside = (axis: AxisScale): object => ({
  ...axis,
  axisLabel: { ...axis.axisLabel, align: 'right', margin: -8 },
})

const LETTER_WIDTH = 6.2
/** Room for them, in pixels; what is longer than that is cut by the edge. */
function firstLabels([first]: readonly ParallelAxis[], runs: readonly ParallelRun[]): number {
  if (first?.scale !== 'words') return 64
  const longest = Math.max(0, ...wordsOf(runs, 0).map(({ length }) => length))
  return Math.min(260, 28 + LETTER_WIDTH * longest)
}

/** The words on an axis, in the order in which they stand there. */
export const wordsOf = (runs: readonly ParallelRun[], dim: number): string[] =>
  [...new Set(runs.flatMap(({ values }) => values[dim] ?? []).map(String))].sort()

function scaleOf(
  { scale, percent, whole }: ParallelAxis,
  runs: readonly ParallelRun[],
  dim: number,
): AxisScale {
  if (scale === 'words') return { type: 'category', data: wordsOf(runs, dim) }
  if (scale === 'log') {
    return {
      type: 'log',
      min: 'dataMin',
      max: 'dataMax',
      axisLabel: { formatter: (value: number) => rateLabel(value) },
    }
  }
  const formatter = (value: number): string =>
    percent ? `${Number((100 * value).toPrecision(3))} %` : shortNumber(value)
  return {
    type: 'value',
    scale: true,
    splitNumber: 4,
    minInterval: whole ? 1 : undefined,
    axisLabel: { formatter },
  }
}

const shortNumber = (value: number): string =>
  value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)
    ? scientific(value)
    : String(Number(value.toPrecision(4)))
