import type { Comparison, Difference, Group } from '../../analysis/comparison'
import { computeEfficiency } from '../../analysis/efficiency'
import type { Efficiency } from '../../analysis/efficiency'
import {
  differenceUnit,
  formatCount,
  formatDifference,
  formatFlops,
  formatScore,
} from '../../analysis/wording'
import { formatRate } from '../../study/rates'
import type { ReportSource } from '../report-source'
import { sayIntervals, scoreNotes, sayRule } from './notes'
import { cellKey, groupLabel, metricUnit, scoreCell, wordCell } from './table'
import type { ReportCell, ReportTable } from './table'

type Metric = Comparison['metric']

/** Settings × tasks: the learning rate that the rule chose. */
export function rateTable({ study, comparison }: ReportSource): ReportTable {
  const { groups } = comparison
  return {
    id: 'rates',
    caption: 'Learning rates chosen on validation.',
    corner: 'setting',
    columns: groups.map((group) => groupLabel(group, comparison)),
    rows: study.settings.map(({ name }) => ({
      label: name,
      cells: groups.map(({ task, model, cells }) => {
        const choice = cells.find(({ setting }) => setting === name)?.choice
        const key = cellKey('rates', task, model, name)
        if (!choice) return wordCell(key, '–')
        const mark = `${choice.edge ? '†' : ''}${choice.tied.length > 0 ? '‡' : ''}`
        return wordCell(key, `${formatRate(choice.rate)}${mark}`, choice.validation.runs, {
          rate: choice.rate,
        })
      }),
    })),
    notes: [
      '†: the lowest or highest rate that the setting tried. ‡: other rates had exactly the same score.',
      sayRule(comparison),
    ],
  }
}

/** Steps, seconds and operations to the reference setting's best score: the paper's Table 2. Null where no run has a curve. */
export function efficiencyTable({ study, comparison, curveOf }: ReportSource): ReportTable | null {
  const { groups, metric } = comparison
  // Of imported runs it is not known how often they were evaluated.
  const every = study.validation?.every ?? null
  const tables = groups.map((group) => ({
    group,
    table: computeEfficiency(group, metric, every, curveOf),
  }))
  if (tables.every(({ table }) => !table || table.settings.length === 0)) return null
  const [{ table: first } = { table: null }] = tables
  return {
    id: 'efficiency',
    caption: `Training steps until the validation ${metric} of ${first?.reference ?? 'the reference setting'} is reached, each setting at its chosen rate.`,
    corner: 'setting',
    columns: groups.map((group) => groupLabel(group, comparison)),
    rows: [
      ...study.settings.map(({ name }) => ({
        label: name,
        cells: tables.map(({ group, table }) =>
          efficiencyCell(
            cellKey('efficiency', group.task, group.model, name),
            table?.settings.find(({ setting }) => setting === name),
          ),
        ),
      })),
      {
        label: 'target',
        cells: tables.map(({ group, table }) =>
          wordCell(
            cellKey('efficiency', group.task, group.model, 'target'),
            table ? formatScore(metric, table.target) : '–',
            table?.runs ?? [],
            table ? { target: table.target } : {},
          ),
        ),
      },
    ],
    notes: [
      `Median over seeds of the first evaluated step that reaches the target, in brackets the range; k of n seeds reached it; then the medians of the seconds and of the floating-point operations (matrix products of forward and backward pass) up to there, evaluations apart. ${every === null ? '' : `Evaluations are ${formatCount(every)} steps apart; `}“not within” marks settings whose median seed never reached it.`,
      "The target is the reference setting's mean best validation score at its own chosen rate.",
    ],
  }
}

function efficiencyCell(key: string, efficiency: Efficiency | undefined): ReportCell {
  if (!efficiency) return wordCell(key, '–')
  const { seeds, median, range, reached } = efficiency
  const runs = seeds.map(({ run }) => run)
  const count = `${reached} of ${seeds.length}`
  const last = Math.max(...seeds.map(({ lastStep }) => lastStep))
  if (!median || !range)
    return wordCell(key, `not within ${formatCount(last)} (${count})`, runs, { reached, lastStep: last })
  const { step, seconds, flops } = median
  const cost = [
    count,
    ...(seconds === null ? [] : [`${seconds < 10 ? Number(seconds.toPrecision(2)) : Math.round(seconds)} s`]),
    ...(flops === null ? [] : [formatFlops(flops)]),
  ]
  return wordCell(
    key,
    `${formatCount(step)} [${formatCount(range.from)} to ${formatCount(range.to)}] (${cost.join(', ')})`,
    runs,
    {
      reached,
      median: step,
      from: range.from,
      to: range.to,
      ...(seconds === null ? {} : { seconds }),
      ...(flops === null ? {} : { flops }),
    },
  )
}

/** Every contrast of every group, both sides at their own best rate. */
export function differenceTable({ comparison }: ReportSource): ReportTable {
  const { groups, metric, testSealed } = comparison
  const split = testSealed ? 'validation' : 'test'
  const rows = groups.flatMap((group) =>
    group.bestDifferences
      .filter((difference) => difference.split === split)
      .map((difference) => ({ group, difference })),
  )
  return {
    id: 'differences',
    caption: `Differences of ${split} ${metric} between settings, each at its own best rate.`,
    corner: 'a − b',
    columns: ['task', ...differenceColumns(metric)],
    rows: rows.map(({ group, difference }) => {
      const key = (column: string): string =>
        cellKey('difference', group.task, group.model, difference.a, difference.b, column)
      return {
        label: `${difference.a} − ${difference.b}`,
        cells: [
          wordCell(key('task'), groupLabel(group, comparison)),
          ...differenceCells(key, difference, metric),
        ],
      }
    }),
    notes: [sayDifferences(rows.map(({ difference }) => difference))],
  }
}

export const differenceColumns = (metric: Metric): string[] => [
  `difference (${differenceUnit(metric)})`,
  '95 % interval',
  'by',
  'n',
  'rates',
]

export const sayDifferences = (differences: readonly Difference[]): string =>
  `Bold: the interval excludes 0. Intervals are ${sayIntervals(differences.map(({ interval }) => interval))}, not corrected for their number, and conditional on the chosen rates.`

/** A difference under the columns above. */
export const differenceCells = (
  key: (column: string) => string,
  difference: Difference,
  metric: Metric,
): ReportCell[] => [
  {
    ...wordCell(
      key('mean'),
      formatDifference(metric, difference.mean),
      [...difference.runs.a, ...difference.runs.b],
      { difference: difference.mean },
    ),
    bold: difference.beyondNoise === true,
  },
  intervalCell(key('interval'), difference, metric),
  wordCell(key('method'), methodWord(difference)),
  wordCell(key('n'), `${difference.n.a}, ${difference.n.b}`),
  wordCell(key('rates'), `${formatRate(difference.rates.a)}, ${formatRate(difference.rates.b)}`),
]

const methodWord = ({ interval }: Difference): string =>
  interval === null ? '–' : interval.method === 'paired-t' ? 'paired t' : 'Welch t'

function intervalCell(key: string, { interval, noInterval, runs }: Difference, metric: Metric): ReportCell {
  if (!interval) return wordCell(key, `none: ${noInterval ?? 'no spread'}`)
  const text = `${formatDifference(metric, interval.low)} to ${formatDifference(metric, interval.high)}`
  return wordCell(key, text, [...runs.a, ...runs.b], {
    low: interval.low,
    high: interval.high,
    df: interval.df,
  })
}

/** Every arm of a group: what the choice was made from. */
export function armTable({ study, comparison }: ReportSource, group: Group): ReportTable {
  const { metric, testSealed, groups } = comparison
  const arms = group.cells.flatMap((cell) => cell.arms.map((arm) => ({ cell, arm })))
  return {
    id: `arms-${groups.indexOf(group) + 1}`,
    caption: `${groupLabel(group, comparison)}: every learning rate of every setting, ${metricUnit(metric)}.`,
    corner: 'setting',
    columns: [
      'learning rate',
      'validation',
      ...(testSealed ? [] : ['test']),
      'complete',
      'diverged',
      'missing',
      'open',
    ],
    rows: arms.map(({ cell, arm }) => {
      const key = (column: string): string =>
        cellKey('arm', group.task, group.model, cell.setting, arm.rate, column)
      const runs = arm.seeds.map(({ run }) => run)
      const count = (column: string, value: number): ReportCell =>
        wordCell(key(column), String(value), runs, { count: value })
      const look = {
        metric,
        bold: cell.choice?.rate === arm.rate,
        mark: arm.ineligible === 'diverged' ? '×' : '',
      }
      return {
        label: cell.setting,
        cells: [
          wordCell(key('rate'), formatRate(arm.rate), runs, { rate: arm.rate }),
          scoreCell(key('validation'), arm.validation, look),
          ...(testSealed ? [] : [scoreCell(key('test'), arm.test, look)]),
          count('complete', arm.counts.complete),
          count('diverged', arm.counts.diverged),
          count('missing', arm.counts.missing),
          count('open', arm.counts.open),
        ],
      }
    }),
    notes: [
      'Bold: the chosen rate. ×: a seed diverged, so the rate is not eligible and its score is that of the survivors.',
      ...scoreNotes(study, comparison, 'complete'),
    ],
  }
}
