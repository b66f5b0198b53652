import type { EChartsCoreOption } from 'echarts/core'
import type { Cell, Comparison, Group, SeedScore } from '../../src-main/analysis/conclusions'
import { isOpen } from '../../src-main/run'
import { rate as formatRate, rateLabel, score as formatScore } from '../format'
import { axisName, figureText, itemTooltip, scoreScale } from './frame'
import type { ChartInk } from './ink'

export interface RunMapInput {
  readonly metric: Comparison['metric']
  readonly group: Pick<Group, 'cells' | 'rates'>
  readonly ink: ChartInk
}

/** Cividis: lightness rises evenly, and who sees no red or green sees the same order. Worst to best. */
const RAMP = [
  '#00224e',
  '#123570',
  '#3b496c',
  '#575d6d',
  '#707173',
  '#8a8678',
  '#a59c74',
  '#c3b369',
  '#e1cc55',
  '#fee838',
]

/** What a square says where it is no score. */
const STATES = ['diverged', 'missing', 'open'] as const
type State = (typeof STATES)[number]
const CHOSEN = 'chosen rate'
const WIDEST_SQUARE = 56

/** A planned run in its place; kept with its mark, so that a click knows what it met. */
export interface Square {
  readonly setting: string
  readonly column: number
  readonly row: number
  readonly rate: number
  readonly seed: SeedScore
  readonly state: State | null
}

/** A setting's rows, one for each seed. */
interface Block {
  readonly cell: Cell
  readonly first: number
  readonly seeds: readonly number[]
}

/** Every planned run of a group in its place, by rising row and column. */
export const runMapSquares = (group: RunMapInput['group']): Square[] =>
  blocksOf(group)
    .flatMap((block) => squaresOf(block, group.rates))
    .sort((a, b) => a.row - b.row || a.column - b.column)

/** Height in pixels that the map of a group wants. */
export function runMapHeight(group: RunMapInput['group']): number {
  const rows = rowsOf(blocksOf(group))
  return 100 + Math.round(rows * Math.min(TALLEST_ROW, Math.max(LOWEST_ROW, USUAL_HEIGHT / rows)))
}

/** Pixels: rows are lower where there are many, until a square could no longer be met. */
const [TALLEST_ROW, LOWEST_ROW, USUAL_HEIGHT] = [17, 6, 900]

/**
 * Every run of a group as a square: settings and their seeds down, learning rates across; colour is the validation
 * score, a cross a diverged run, a dash a missing one, a dot one still open; a frame the chosen rate.
 */
export function runMap({ metric, group, ink }: RunMapInput): EChartsCoreOption {
  const blocks = blocksOf(group)
  const rows = rowsOf(blocks)
  const squares = runMapSquares(group)
  const scored = squares.filter(({ state }) => state === null)
  const scale = scoreScale(metric)
  const values = scored.map(({ seed }) => scale * (seed.validation ?? 0))
  const [low, high] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, scale]
  const left = 66 + 6.6 * Math.max(...blocks.map(({ cell }) => cell.setting.length))
  // Few rates make no bars of their squares.
  const width = group.rates.length < 8 ? WIDEST_SQUARE * group.rates.length : null
  const rowAxis = { ...plainAxis(rows), inverse: true }
  return {
    ...figureText(ink),
    grid: { left, ...(width === null ? { right: 84 } : { width }), top: 40, bottom: 46 },
    legend: {
      top: 8,
      left: left - 5,
      itemWidth: 12,
      itemHeight: 12,
      itemGap: 16,
      selectedMode: false,
      textStyle: { color: ink.text, fontSize: 12 },
      data: [
        ...(blocks.some(({ cell }) => cell.choice) ? [CHOSEN] : []),
        ...STATES.filter((state) => squares.some((square) => square.state === state)),
      ],
    },
    tooltip: itemTooltip(ink),
    visualMap: {
      show: values.length > 0,
      type: 'continuous',
      // One score alone is the best.
      min: high > low ? low : low - 0.01 * scale,
      max: high,
      dimension: 2,
      seriesIndex: 0,
      // The best is light, for accuracy and for loss alike.
      inRange: { color: metric === 'accuracy' ? RAMP : RAMP.toReversed() },
      calculable: false,
      hoverLink: false,
      orient: 'vertical',
      ...(width === null ? { right: 14 } : { left: left + width + 24 }),
      top: 'middle',
      itemWidth: 12,
      itemHeight: Math.min(160, 24 + 14 * rows),
      text: [formatScore(high / scale, metric), high > low ? formatScore(low / scale, metric) : ''],
      textStyle: { color: ink.textSoft, fontSize: 11 },
    },
    xAxis: {
      ...plainAxis(group.rates.length),
      ...axisName('Learning rate', 28, ink),
      axisLabel: {
        color: ink.textSoft,
        fontSize: 11,
        hideOverlap: true,
        customValues: group.rates.map((_, i) => i),
        formatter: (i: number) => rateLabel(group.rates[i] ?? 0),
      },
    },
    yAxis: [
      {
        ...rowAxis,
        axisLabel: {
          color: ink.textFaint,
          fontSize: 10,
          hideOverlap: true,
          customValues: Array.from({ length: rows }, (_, i) => i),
          formatter: (row: number) => seedAt(blocks, row),
        },
      },
      {
        ...rowAxis,
        position: 'left',
        offset: 44,
        axisLabel: {
          color: ink.text,
          fontSize: 12,
          customValues: blocks.map(({ first, seeds }) => first + (seeds.length - 1) / 2),
          formatter: (row: number) => blockAt(blocks, row)?.cell.setting ?? '',
        },
      },
    ],
    series: [
      squareSeries(scored, metric, ink),
      ...STATES.map((state) => stateSeries(state, squares, ink)),
      chosenSeries(blocks, group.rates, ink),
    ],
  }
}

/** One unit a square, nothing of the axis itself to be seen. */
const plainAxis = (count: number): object => ({
  type: 'value',
  min: -0.5,
  max: count - 0.5,
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { show: false },
})

function blocksOf({ cells }: RunMapInput['group']): Block[] {
  let first = 0
  return cells.map((cell) => {
    const known = cell.arms.flatMap(({ seeds }) => seeds.map(({ seed }) => seed))
    const seeds = known.length > 0 ? [...new Set(known)].sort((a, b) => a - b) : [0]
    const block = { cell, first, seeds }
    first += seeds.length
    return block
  })
}

const rowsOf = (blocks: readonly Block[]): number => blocks.reduce((sum, { seeds }) => sum + seeds.length, 0)

const blockAt = (blocks: readonly Block[], row: number): Block | undefined =>
  blocks.findLast(({ first }) => first <= row)

function seedAt(blocks: readonly Block[], row: number): string {
  const block = blockAt(blocks, row)
  return block ? `seed ${block.seeds[row - block.first] ?? ''}` : ''
}

const squaresOf = ({ cell, first, seeds }: Block, rates: readonly number[]): Square[] =>
  cell.arms.flatMap((arm) =>
    arm.seeds.map((seed) => ({
      setting: cell.setting,
      column: rates.indexOf(arm.rate),
      row: first + seeds.indexOf(seed.seed),
      rate: arm.rate,
      seed,
      state: stateOf(seed),
    })),
  )

function stateOf({ state, validation }: SeedScore): State | null {
  if (state === 'diverged') return 'diverged'
  if (isOpen(state)) return 'open'
  return validation === null ? 'missing' : null
}

interface RenderApi {
  readonly value: (dimension: number) => number
  readonly coord: (at: readonly number[]) => number[]
  readonly size: (span: readonly number[]) => number[]
  readonly visual: (name: 'color') => string
}

/** The square at (dimension 0, dimension 1), over `rows` rows. */
function frameOf(api: RenderApi, rows: number, inset: number): object {
  const [width = 0, height = 0] = api.size([1, 1])
  const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)])
  return {
    x: x - width / 2 + inset,
    y: y - height / 2 + inset,
    width: width - 2 * inset,
    height: rows * height - 2 * inset,
  }
}

const say = ({ setting, rate, seed }: Square, what: string): string =>
  `${setting}<br>${formatRate(rate)}, seed ${seed.seed}: ${what}`

function squareSeries(squares: readonly Square[], metric: Comparison['metric'], ink: ChartInk): object {
  const scale = scoreScale(metric)
  return {
    type: 'custom',
    name: 'score',
    data: squares.map((square) => ({
      value: [square.column, square.row, scale * (square.seed.validation ?? 0)],
      square,
    })),
    renderItem: (_: unknown, api: RenderApi) => ({
      type: 'rect',
      shape: frameOf(api, 1, 0.75),
      style: { fill: api.visual('color'), stroke: ink.lineStrong, lineWidth: 0.5 },
    }),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const square = squares[dataIndex]
        return square ? say(square, formatScore(square.seed.validation, metric)) : ''
      },
    },
  }
}

const CROSS = 'path://M-5 -4L-4 -5L0 -1L4 -5L5 -4L1 0L5 4L4 5L0 1L-4 5L-5 4L-1 0Z'
const MARKS: Readonly<Record<State, { readonly symbol: string; readonly symbolSize: number | number[] }>> = {
  diverged: { symbol: CROSS, symbolSize: 10 },
  missing: { symbol: 'path://M-5 -1H5V1H-5Z', symbolSize: [10, 2] },
  open: { symbol: 'circle', symbolSize: 6 },
}

function stateSeries(state: State, squares: readonly Square[], ink: ChartInk): object {
  const own = squares.filter((square) => square.state === state)
  return {
    type: 'scatter',
    name: state,
    ...MARKS[state],
    itemStyle: { color: state === 'diverged' ? ink.bad : ink.textSoft },
    data: own.map((square) => ({ value: [square.column, square.row], square })),
    tooltip: {
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const square = own[dataIndex]
        return square ? say(square, square.seed.state) : ''
      },
    },
  }
}

function chosenSeries(blocks: readonly Block[], rates: readonly number[], ink: ChartInk): object {
  return {
    type: 'custom',
    name: CHOSEN,
    silent: true,
    z: 5,
    tooltip: { show: false },
    data: blocks.flatMap(({ cell, first, seeds }) =>
      cell.choice ? [[rates.indexOf(cell.choice.rate), first, seeds.length]] : [],
    ),
    // What the legend takes its sign from; the frames have their own style.
    itemStyle: { color: 'transparent', borderColor: ink.text, borderWidth: 2 },
    renderItem: (_: unknown, api: RenderApi) => ({
      type: 'rect',
      shape: frameOf(api, api.value(2), 0),
      style: { fill: 'none', stroke: ink.text, lineWidth: 2 },
    }),
  }
}
