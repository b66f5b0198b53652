import type { EChartsCoreOption } from 'echarts/core'
import type { Comparison, Group, SeedScore } from '../../src-main/analysis/comparison'
import { rate as formatRate, rateLabel, score as formatScore } from '../format'
import { chartBase } from './chart-base'
import type { ChartInk } from './ink'

export interface GridMapInput {
  readonly groups: readonly Group[]
  readonly metric: Comparison['metric']
  readonly ink: ChartInk
}

/** Lightness grows with the score, so the map reads in grey and without red or green. */
const RAMP = {
  light: ['#eef3fa', '#c6dbef', '#85bcdb', '#3d8dc4', '#0b559f', '#08306b'],
  dark: ['#12202e', '#17395a', '#1f5b8f', '#2f83c4', '#6db1e6', '#c9e4fb'],
} as const

interface Square {
  readonly row: number
  readonly rate: number
  /** Share of the column's width at which the seed's square begins, and its width. */
  readonly from: number
  readonly width: number
  readonly seed: SeedScore | null
  readonly setting: string
  readonly task: string
}

/** Every run of a study: task × setting by learning rate, a square a seed; colour is the validation score within the task. */
export function gridMap({ groups, metric, ink }: GridMapInput): EChartsCoreOption {
  const rates = [...new Set(groups.flatMap((group) => group.rates))].sort((a, b) => a - b)
  const rows = groups.flatMap((group) => group.cells.map((cell) => ({ group, cell })))
  const squares = rows.flatMap(({ group, cell }, row) =>
    cell.arms.flatMap((arm): Square[] =>
      Array.from({ length: arm.planned }, (_, i) => ({
        row,
        rate: rates.indexOf(arm.rate),
        from: i / arm.planned,
        width: 1 / arm.planned,
        seed: arm.seeds[i] ?? null,
        setting: cell.setting,
        task: group.task,
      })),
    ),
  )
  const several = groups.length > 1
  const labels = rows.map(({ group, cell }) => (several ? `${group.task}  ${cell.setting}` : cell.setting))
  return {
    ...chartBase(ink),
    grid: {
      left: 26 + 6.3 * Math.max(0, ...labels.map((label) => label.length)),
      right: 20,
      top: 10,
      bottom: 46,
    },
    xAxis: {
      type: 'category',
      data: rates.map(rateLabel),
      name: 'Learning rate (one square a seed)',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: { color: ink.textSoft, fontSize: 12 },
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: ink.textSoft, fontSize: 11, hideOverlap: true },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: labels,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: ink.text, fontSize: 12, interval: 0 },
    },
    series: [
      {
        type: 'custom',
        name: 'runs',
        encode: { x: 0, y: 1 },
        data: squares.map(({ rate, row }) => [rate, row]),
        renderItem: (params: { dataIndex: number }, api: RenderApi) =>
          drawSquare(squares[params.dataIndex], rangesOf(groups), api, ink),
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const square = squares[dataIndex]
            return square ? describe(square, rates[square.rate] ?? NaN, metric) : ''
          },
        },
      },
    ],
  }
}

interface RenderApi {
  readonly coord: (at: readonly number[]) => number[]
  readonly size: (of: readonly number[]) => number[]
}

/** Lowest and highest validation score of each task. */
function rangesOf(groups: readonly Group[]): ReadonlyMap<string, readonly [number, number]> {
  return new Map(
    groups.map(({ task, cells }) => {
      const scores = cells.flatMap(({ arms }) =>
        arms.flatMap(({ seeds }) => seeds.flatMap(({ validation }) => validation ?? [])),
      )
      return [task, [Math.min(...scores), Math.max(...scores)]]
    }),
  )
}

function drawSquare(
  square: Square | undefined,
  ranges: ReturnType<typeof rangesOf>,
  api: RenderApi,
  ink: ChartInk,
): object | null {
  if (!square) return null
  const [x = 0, y = 0] = api.coord([square.rate, square.row])
  const [width = 0, height = 0] = api.size([1, 1])
  const inner = { width: width * 0.92, height: Math.min(height * 0.8, 34) }
  const gap = 1.5
  const box = {
    x: x - inner.width / 2 + square.from * inner.width + gap / 2,
    y: y - inner.height / 2,
    width: Math.max(1, square.width * inner.width - gap),
    height: inner.height,
  }
  const state = square.seed?.state
  const [low, high] = ranges.get(square.task) ?? [0, 1]
  const validation = square.seed?.validation ?? null
  const children: object[] = [
    {
      type: 'rect',
      shape: { ...box, r: 2 },
      style:
        validation === null
          ? {
              fill: ink.surface,
              stroke: ink.lineStrong,
              lineWidth: 1,
              lineDash: state === 'diverged' ? undefined : [3, 2],
            }
          : { fill: rampColor((validation - low) / (high - low || 1), ink.shade) },
    },
  ]
  if (state === 'diverged') {
    const [cx, cy, arm] = [box.x + box.width / 2, box.y + box.height / 2, Math.min(box.width, box.height) / 4]
    for (const slope of [1, -1]) {
      children.push({
        type: 'line',
        shape: { x1: cx - arm, y1: cy - slope * arm, x2: cx + arm, y2: cy + slope * arm },
        style: { stroke: ink.bad, lineWidth: 1.5 },
      })
    }
  }
  return { type: 'group', children }
}

/** A colour of the ramp at 0 … 1, between its neighbours linearly. */
function rampColor(share: number, shade: ChartInk['shade']): string {
  const ramp = RAMP[shade]
  const at = Math.min(1, Math.max(0, share)) * (ramp.length - 1)
  const [below, above] = [ramp[Math.floor(at)] ?? ramp[0], ramp[Math.ceil(at)] ?? ramp[0]]
  const part = (color: string, i: number): number => parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16)
  const mixed = [0, 1, 2].map((i) =>
    Math.round(part(below, i) + (at % 1) * (part(above, i) - part(below, i))),
  )
  return `rgb(${mixed.join(',')})`
}

function describe({ setting, task, seed }: Square, rate: number, metric: Comparison['metric']): string {
  const place = `${task}, ${setting}<br>${formatRate(rate)}`
  if (!seed) return `${place}<br>not trained`
  const value = seed.validation === null ? '' : `: ${formatScore(seed.validation, metric)}`
  return `${place}, seed ${seed.seed}<br>${seed.state}${value}`
}
