import type { EChartsCoreOption } from 'echarts/core'
import { budgetCurves } from '../analysis/budget'
import type { Group } from '../analysis/comparison'
import { chosenCurves } from '../analysis/chosen-curves'
import { conclusionRisk } from '../analysis/risk'
import { budgetCurve } from '../../src-renderer/charts/budget-curve'
import { legendExcess } from '../../src-renderer/charts/frame'
import { runMap, runMapHeight } from '../../src-renderer/charts/run-map'
import { PRINT_INK } from '../../src-renderer/charts/ink'
import type { ChartInk } from '../../src-renderer/charts/ink'
import { rankChart } from '../../src-renderer/charts/rank-chart'
import { rateCurve } from '../../src-renderer/charts/rate-curve'
import { riskCurve } from '../../src-renderer/charts/risk-curve'
import { settingCurves } from '../../src-renderer/charts/setting-curves'
import { sayDraw } from '../study/rates'
import type { FigureSize } from './drawing'
import { figureId } from './figure-id'
import { USUAL_LOOK } from './figure-look'
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

/**
 * All figures of a report, group by group; those that a group's runs cannot fill are left out.
 * @param plot size of the plots; a figure whose rows are settings or runs is as high as they are
 */
export function reportFigures(
  source: ReportSource,
  { plot = USUAL_LOOK.plot, colours = PRINT_INK }: { plot?: FigureSize; colours?: ChartInk } = {},
): ReportFigure[] {
  const ink = { ...colours, width: plot.width }
  const { groups } = source.comparison
  const figures = groups.flatMap((group) =>
    [
      ...rateFigures(source, group, plot, ink),
      ...rankingFigure(source, group, plot, ink),
      ...curvesFigure(source, group, plot, ink),
      ...mapFigure(source, group, plot, ink),
      ...budgetFigure(source, group, plot, ink),
      ...riskFigure(source, group, plot, ink),
    ].map(({ id, caption, ...figure }) => ({
      ...(groups.length > 1 ? titled(figure, groupLabel(group, source.comparison), plot, ink) : figure),
      id: figureId(id, group),
      caption: `${groupLabel(group, source.comparison)}: ${caption}`,
    })),
  )
  // Names that differ in other letters only would share a file.
  return figures.map((figure, i) => {
    const before = figures.slice(0, i).filter(({ id }) => id === figure.id).length
    return before === 0 ? figure : { ...figure, id: `${figure.id}-${before + 1}` }
  })
}

const TITLE_LINE = 22

/**
 * With its task and model above, for figures of several that are laid side by side: everything else is a line lower. Plots
 * keep the height that was asked for, figures as high as their rows grow by the line.
 */
function titled(
  { option, size }: Pick<ReportFigure, 'option' | 'size'>,
  title: string,
  plot: FigureSize,
  ink: ChartInk,
): Pick<ReportFigure, 'option' | 'size'> {
  const lower = (part: unknown): unknown => {
    const { top } = part as { readonly top?: unknown }
    return typeof top === 'number' ? { ...(part as object), top: top + TITLE_LINE } : part
  }
  const { grid, legend = {} } = option
  return {
    option: {
      ...option,
      title: {
        text: title,
        left: 8,
        top: 4,
        textStyle: { color: ink.text, fontFamily: ink.font, fontSize: 13, fontWeight: 600 },
      },
      grid: lower(grid),
      legend: lower(legend),
    },
    size: size.height === plot.height ? size : { ...size, height: size.height + TITLE_LINE },
  }
}

/** As high as was asked for, and higher where the legend needs more room than usual. */
const legible = (option: EChartsCoreOption, plot: FigureSize): Pick<ReportFigure, 'option' | 'size'> => {
  const excess = legendExcess(option)
  return { option, size: excess === 0 ? plot : { ...plot, height: plot.height + excess } }
}

function rateFigures(
  { comparison }: ReportSource,
  group: Group,
  plot: FigureSize,
  ink: ChartInk,
): ReportFigure[] {
  const { metric, testSealed } = comparison
  const hasScore = group.cells.some(({ arms }) => arms.some(({ validation }) => validation !== null))
  if (!hasScore) return []
  const splits = testSealed ? (['validation'] as const) : (['validation', 'test'] as const)
  return splits.map((split) => ({
    id: split === 'test' ? 'test-rate' : 'rate',
    caption: `${split} ${metric} against learning rate. Lines: means over seeds; bands: one standard error; dots: seeds; rings: chosen on validation; crosses: rates with a diverged seed${group.flipRates.length > 0 ? '; shade: rates at which some pair of settings is ranked otherwise than at its own best' : ''}.`,
    ...legible(rateCurve({ comparison, group, split, ink }), plot),
  }))
}

/** A ranking of one is none, nor is one without a place. */
function rankingFigure(
  { comparison }: ReportSource,
  group: Group,
  plot: FigureSize,
  ink: ChartInk,
): ReportFigure[] {
  const ranked = group.rankings.some(({ settings }) => settings.some(({ place }) => place !== null))
  if (group.cells.length < 2 || !ranked) return []
  return [
    {
      id: 'ranking',
      caption: `ranking of the settings by validation ${comparison.metric} at each shared learning rate, and each at its own best. Hollow: diverged.`,
      option: rankChart({ group, ink }),
      size: { width: plot.width, height: 100 + 50 * group.cells.length },
    },
  ]
}

function curvesFigure(
  { comparison, curveOf }: ReportSource,
  group: Group,
  plot: FigureSize,
  ink: ChartInk,
): ReportFigure[] {
  const { metric } = comparison
  const curves = chosenCurves(group, curveOf)
  if (curves.length === 0) return []
  return [
    {
      id: 'learning-curves',
      caption: `validation ${metric} over training, each setting at the learning rate chosen for it. Thick: mean over seeds, as far as all of them were trained; bands: one standard error; thin: seeds.`,
      ...legible(settingCurves({ metric, curves, ink }), plot),
    },
  ]
}

function mapFigure(
  { comparison }: ReportSource,
  group: Group,
  plot: FigureSize,
  ink: ChartInk,
): ReportFigure[] {
  const { metric } = comparison
  if (group.rates.length === 0) return []
  return [
    {
      id: 'runs',
      caption: `every planned run, by setting, seed and learning rate; colour: validation ${metric}, the lighter the better. Frames: the rates chosen; crosses: diverged; dashes: failed, cancelled or without a score; dots: not ended; blank: not planned.`,
      option: runMap({ metric, group, ink }),
      size: { width: plot.width, height: runMapHeight(group) },
    },
  ]
}

/** With one rate there is no budget to choose. */
function budgetFigure(
  { comparison, study: { rate_draw: draw } }: ReportSource,
  group: Group,
  plot: FigureSize,
  ink: ChartInk,
): ReportFigure[] {
  const { metric } = comparison
  const tried = draw ? `those of the study (${sayDraw(draw)})` : 'this grid'
  const budget = budgetCurves(group, comparison)
  if (budget.curves.every(({ of }) => of < 2)) return []
  const thin = budget.curves.some(({ points }) => points.some(({ test }) => test !== null))
  const left = budget.left.map(({ setting, reason }) => ` Not drawn: ${setting}, for ${reason}.`).join('')
  return [
    {
      id: 'budget',
      caption: `expected best validation ${metric} against the number of learning rates tried, rates drawn uniformly from ${tried} without replacement${thin ? '; thin: the test mean of the arm so chosen' : ''}.${left}`,
      ...legible(budgetCurve({ metric, group, budget, ink }), plot),
    },
  ]
}

function riskFigure(
  { comparison }: ReportSource,
  group: Group,
  plot: FigureSize,
  ink: ChartInk,
): ReportFigure[] {
  const risk = conclusionRisk(group, comparison)
  if ('reason' in risk) return []
  const { winner, by, stability, points } = risk
  const sampled = points.some(({ shared, perSetting }) => !shared.exact || !perSetting.exact)
  return [
    {
      id: 'risk',
      caption: `how often fewer learning rates and seeds, drawn from this sweep without replacement, would have named another winner by ${by}${sampled ? ' (partly from a seeded sample of the draws)' : ''}. This is relative to the winner of this very sweep, ${winner}, which the whole grid names again in ${(100 * stability.value).toFixed(0)} % of resamplings of the seeds.`,
      ...legible(riskCurve({ risk, ink }), plot),
    },
  ]
}
