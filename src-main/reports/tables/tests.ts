import { testDifferences } from '../../analysis/difference-tests'
import type { DifferenceTest } from '../../analysis/difference-tests'
import type { Arm, Comparison, Group } from '../../analysis/comparison'
import { mean } from '../../analysis/estimate'
import { learningRateSensitivity } from '../../analysis/sensitivity'
import type { Sensitivity } from '../../analysis/sensitivity'
import { differenceUnit, formatDifference, formatScore } from '../../analysis/wording'
import type { ReportSource } from '../report-source'
import { cellKey, groupLabel, wordCell } from './table'
import type { ReportCell, ReportTable } from './table'

/** What further tests say of each difference, as far as the number of seeds allows; one family for each group, or for one. */
export function testTables({ comparison }: ReportSource, only?: Group): ReportTable[] {
  const { groups, metric } = comparison
  return groups.flatMap((group, i) => {
    if (only !== undefined && group !== only) return []
    const { family, split, tests } = testDifferences(group, comparison)
    if (tests.length === 0) return []
    return {
      id: `tests-${i + 1}`,
      caption: `${groupLabel(group, comparison)}: tests of the differences of ${split} ${metric}.`,
      corner: 'a − b',
      columns: testColumns(metric),
      rows: tests.map((test) => ({
        label: `${test.difference.a} − ${test.difference.b}`,
        cells: testCells(test, metric, (column) =>
          cellKey('test-of', group.task, group.model, test.difference.a, test.difference.b, column),
        ),
      })),
      notes: testNotes(family),
    }
  })
}

export const testColumns = (metric: Comparison['metric']): string[] => [
  'p (Holm)',
  'Hedges g',
  'sign flips p',
  'bootstrap 95 %',
  'stochastic order ε',
  `can show (${differenceUnit(metric)})`,
  'seeds to show it',
  'rate per seed',
]

export const testNotes = (family: string): string[] => [
  `Family for Holm: ${family}.`,
  'Sign flips are of pairs with the same seed; with fewer than 6 pairs no p below 0.05 exists, and the smallest there could be is given. A BCa bootstrap is made from 8 pairs, almost stochastic order (a over b, below 0.5 a is better, 0.2 is advised) from 5 seeds.',
  '“Can show”: smallest true difference that as many seeds would show with 80 % power; “seeds to show it”: seeds an arm for a difference of the size seen.',
  'All of it is conditional on the chosen rates, except “rate per seed”, where every seed picks its own rate on validation.',
]

/** What tests say of a difference, under the columns above. */
export function testCells(
  test: DifferenceTest,
  metric: Comparison['metric'],
  key: (column: string) => string,
): ReportCell[] {
  const { difference, holm, effect, permutation, bootstrap, order, smallest, seedsNeeded, reselected } = test
  const runs = [...difference.runs.a, ...difference.runs.b]
  const none = (column: string): ReportCell => wordCell(key(column), '–')
  return [
    holm === null ? none('holm') : wordCell(key('holm'), formatP(holm), runs, { holm }),
    effect === null ? none('effect') : wordCell(key('effect'), signed(effect), runs, { effect }),
    permutation.p === null
      ? wordCell(
          key('flips'),
          `≥ ${Number(permutation.smallestP.toPrecision(3))} (${permutation.pairs} pairs)`,
          runs,
        )
      : wordCell(key('flips'), formatP(permutation.p), runs, { p: permutation.p }),
    bootstrap === null
      ? none('bootstrap')
      : wordCell(key('bootstrap'), interval(bootstrap, metric), runs, {
          low: bootstrap.low,
          high: bootstrap.high,
        }),
    order === null
      ? none('order')
      : wordCell(key('order'), `${order.epsilon.toFixed(2)}${order.lowN ? ' (low n)' : ''}`, runs, {
          epsilon: order.epsilon,
        }),
    smallest === null
      ? none('smallest')
      : wordCell(key('smallest'), formatScore(metric, smallest), runs, { smallest }),
    seedsNeeded === null
      ? none('seeds')
      : wordCell(key('seeds'), String(seedsNeeded), runs, { seeds: seedsNeeded }),
    reselected === null
      ? none('reselected')
      : wordCell(
          key('reselected'),
          `${formatDifference(metric, reselected.mean)}${reselected.interval ? ` (${interval(reselected.interval, metric)})` : ''}`,
          [...reselected.a.runs, ...reselected.b.runs],
          { difference: reselected.mean },
        ),
  ]
}

const formatP = (p: number): string => (p < 0.001 ? '< 0.001' : p.toFixed(3))

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`

const interval = ({ low, high }: { low: number; high: number }, metric: Comparison['metric']): string =>
  `${formatDifference(metric, low)} to ${formatDifference(metric, high)}`

/** Slack within which a rate counts as being as good as the best: one point of accuracy, or 0.01 of loss. */
const TOLERANCE = 0.01

/** How much every setting's score hangs on the learning rate. */
export function sensitivityTable({ comparison, runs }: ReportSource): ReportTable {
  const { groups, metric } = comparison
  const losses = new Map(runs.map(({ id, summary }) => [id, summary['val/loss']]))
  const lossOf = ({ seeds }: Arm): number | null => {
    const known = seeds.flatMap(({ run }) => losses.get(run) ?? [])
    return known.length === 0 ? null : mean(known)
  }
  const rows = groups.flatMap((group) => {
    // The score of guessing among C classes is 1/C, and its loss ln C.
    const startLoss =
      group.chance === null ? null : metric === 'loss' ? group.chance : -Math.log(group.chance)
    return group.cells.map((cell) => ({
      label: groups.length > 1 ? `${groupLabel(group, comparison)}: ${cell.setting}` : cell.setting,
      cells: sensitivityCells(learningRateSensitivity(cell, metric, TOLERANCE, startLoss, lossOf), (column) =>
        cellKey('sensitivity', group.task, group.model, cell.setting, column),
      ),
    }))
  })
  return {
    id: 'sensitivity',
    caption: 'Sensitivity to the learning rate.',
    corner: 'setting',
    columns: [
      'decades within one SEM',
      `decades within ${formatScore(metric, TOLERANCE)} ${differenceUnit(metric)}`,
      'Wortsman (nats)',
    ],
    rows,
    notes: [
      'Decades of learning rates around the best one whose mean validation score is within one standard error of it, or within the tolerance: more is more robust; 0 means that no neighbour in the grid is as good.',
      'Wortsman et al. 2023: mean over an evenly spaced grid of min(validation loss, loss of guessing) minus the best loss: less is more robust; a diverged rate counts as guessing.',
    ],
  }
}

function sensitivityCells(sensitivity: Sensitivity | null, key: (column: string) => string): ReportCell[] {
  if (!sensitivity) return ['sem', 'tolerance', 'wortsman'].map((column) => wordCell(key(column), '–'))
  const { runs, decadesWithinSem, decadesWithinTolerance, wortsman, noWortsman } = sensitivity
  return [
    decadesWithinSem === null
      ? wordCell(key('sem'), '– (one seed)')
      : wordCell(key('sem'), decadesWithinSem.toFixed(1), runs, { decades: decadesWithinSem }),
    wordCell(key('tolerance'), decadesWithinTolerance.toFixed(1), runs, { decades: decadesWithinTolerance }),
    wortsman === null
      ? wordCell(key('wortsman'), `– (${noWortsman})`)
      : wordCell(key('wortsman'), wortsman.toFixed(3), runs, { wortsman }),
  ]
}
