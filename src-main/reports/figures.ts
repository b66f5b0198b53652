import type { EChartsCoreOption } from 'echarts/core'
import type { Comparison, Group } from '../analysis/comparison'
import { PRINT_INK } from '../../src-renderer/charts/ink'
import type { ChartInk } from '../../src-renderer/charts/ink'
import { rankChart } from '../../src-renderer/charts/rank-chart'
import { rateCurve } from '../../src-renderer/charts/rate-curve'
import type { FigureSize } from './drawing'
import type { ReportSource } from './report-source'
import { groupLabel } from './tables/table'

/** One figure of a report, ready to be drawn in any format. */
export interface ReportFigure {
  /** File name without extension: "rate-mnist-minilm-l6". */
  readonly id: string
  readonly caption: string
  readonly option: EChartsCoreOption
  readonly size: FigureSize
}

/** All figures of a report, group by group, in the look of `ink`. */
export function reportFigures({ comparison }: ReportSource, ink: ChartInk = PRINT_INK): ReportFigure[] {
  return comparison.groups.flatMap((group) => groupFigures(comparison, group, ink))
}

function groupFigures(comparison: Comparison, group: Group, ink: ChartInk): ReportFigure[] {
  const label = groupLabel(group, comparison)
  const id = (kind: string): string => `${kind}-${group.task}-${group.model}`.replace(/[^A-Za-z0-9-]+/g, '-')
  const { metric, testSealed } = comparison
  const rate = (split: 'validation' | 'test'): ReportFigure => ({
    id: id(split === 'test' ? 'test-rate' : 'rate'),
    caption: `${label}: ${split} ${metric} against learning rate. Lines: means over seeds; bands: one standard error; dots: seeds; rings: chosen on validation; crosses: rates with a diverged seed; shade: rates at which some pair of settings is ranked otherwise than at its own best.`,
    option: rateCurve({ comparison, group, split, ink }),
    size: { width: 680, height: 400 },
  })
  return [
    rate('validation'),
    ...(testSealed ? [] : [rate('test')]),
    {
      id: id('ranking'),
      caption: `${label}: ranking of the settings by validation ${metric} at each shared learning rate, and each at its own best. Hollow: diverged.`,
      option: rankChart({ group, ink }),
      size: { width: 680, height: 100 + 50 * group.cells.length },
    },
  ]
}
