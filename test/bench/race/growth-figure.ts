import { writeFileSync } from 'node:fs'
import * as echarts from 'echarts'
import type { Curve, Point } from './curves'

/** What is drawn: a curve by its title, and what grows along it. */
const PANELS: readonly {
  readonly title: string
  readonly name: string
  readonly x: (point: Point) => number
}[] = [
  { title: 'Runs in a group, frozen, small trunk', name: 'runs in a group', x: ({ runs }) => runs },
  {
    title: 'Layers',
    name: 'layers',
    x: ({ model }) => (typeof model === 'string' ? NaN : model.layers),
  },
  {
    title: 'Width',
    name: 'width',
    x: ({ model }) => (typeof model === 'string' ? NaN : model.width),
  },
  { title: 'Tokens', name: 'tokens', x: ({ tokens }) => tokens },
]
const WIDTH = 1000
const HEIGHT = 420

/** Writes how a step's time (of all its runs, above) and memory (below) grow, as an SVG. */
export function writeGrowthFigure(curves: readonly Curve[], file: string): void {
  const panels = PANELS.flatMap(({ title, name, x }) => {
    const curve = curves.find((each) => each.title === title)
    return curve === undefined ? [] : [{ name, x, points: curve.points }]
  })
  const share = 100 / panels.length
  const place = (column: number): object => ({ left: `${share * column + 5}%`, width: `${share - 6.5}%` })
  const rows = [
    { top: 30, unit: 'ms a step of all runs', of: (ms: number, _: number, runs: number) => ms * runs },
    { top: 240, unit: 'MiB at the highest', of: (_: number, peakMiB: number) => peakMiB },
  ]
  const cells = rows.flatMap((row) => panels.map((panel, column) => ({ ...row, ...panel, column })))
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    grid: cells.map(({ top, column }) => ({ ...place(column), top, height: 130 })),
    xAxis: cells.map(({ name }, gridIndex) => ({
      gridIndex,
      name,
      nameLocation: 'middle',
      nameGap: 24,
      min: 0,
    })),
    yAxis: cells.map(({ unit, column }, gridIndex) => ({
      gridIndex,
      min: 0,
      name: column === 0 ? unit : '',
      nameTextStyle: { align: 'left' },
    })),
    series: cells.map(({ points, x, of }, index) => ({
      type: 'line',
      color: '#0072b2',
      xAxisIndex: index,
      yAxisIndex: index,
      data: points.map(({ point, measured }) => [
        x(point),
        Number(of(measured.stepMs, measured.peakMiB, point.runs).toFixed(2)),
      ]),
    })),
  })
  writeFileSync(file, chart.renderToSVGString())
  chart.dispose()
}
