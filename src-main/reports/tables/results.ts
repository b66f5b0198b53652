import type { Comparison, Estimate, Group, Interval } from '../../analysis/comparison'
import { chosenArm, differenceOfArms } from '../../analysis/contrasts'
import { publishedText } from '../../analysis/published'
import { compareScores } from '../../analysis/selection'
import { formatRate } from '../../study/rates'
import type { PublishedCell } from '../../run'
import type { ReportSource } from '../report-source'
import { sayIntervals, scoreNotes } from './notes'
import { cellKey, commonN, groupLabel, metricUnit, scoreCell, wordCell } from './table'
import type { ReportTable } from './table'

type Split = 'validation' | 'test'

/** Settings × tasks, each setting at its own chosen rate: the paper's Table 1, on test or on validation. */
export function resultTable({ study, comparison }: ReportSource, split: Split): ReportTable {
  const { groups, metric } = comparison
  const n = commonN(groups.flatMap(({ cells }) => cells.map((cell) => cell.choice?.[split] ?? null)))
  const bold = new Map(groups.map((group) => [group, leaders(group, split, comparison)]))
  const edges = groups.some(({ cells }) => cells.some(({ choice }) => choice?.edge))
  const cited = split === 'test' ? publishedRows(groups) : []
  return {
    id: split === 'test' ? 'results' : 'validation',
    caption: `${split === 'test' ? 'Test' : 'Validation'} ${metricUnit(metric)} of each setting at its own best learning rate, chosen on validation.`,
    corner: 'setting',
    columns: groups.map((group) => groupLabel(group, comparison)),
    rows: [
      ...study.settings.map(({ name }) => ({
        label: name,
        cells: groups.map((group) => {
          const choice = group.cells.find(({ setting }) => setting === name)?.choice ?? null
          return scoreCell(cellKey(split, group.task, group.model, name), choice?.[split] ?? null, {
            metric,
            bold: bold.get(group)?.settings.has(name) ?? false,
            showN: n === null,
            mark: choice?.edge ? '†' : '',
          })
        }),
      })),
      ...cited,
    ],
    notes: [
      n === 1
        ? 'Bold: the best score of each column; with one seed no difference has an interval.'
        : `Bold: the best mean of each column and every setting whose difference from it has an interval that contains 0 (95 %, ${sayIntervals([...bold.values()].flatMap(({ intervals }) => intervals))}; pairwise, conditional on the chosen rates).`,
      ...(edges ? ['†: the chosen rate is the lowest or highest that the setting tried.'] : []),
      ...scoreNotes(study, comparison, n),
      ...(cited.length > 0
        ? ['Published cells are quoted: their runs cannot be traced or verified here.']
        : []),
    ],
  }
}

/** What papers report for these tasks, a row for each of their settings and models. */
function publishedRows(groups: readonly Group[]): ReportTable['rows'] {
  const nameOf = ({ source, setting, model }: PublishedCell): string => `${setting}, ${model} (${source})`
  return [...new Set(groups.flatMap((group) => group.published.map(nameOf)))].map((name) => ({
    label: name,
    cells: groups.map((group) => {
      const key = cellKey('published', group.task, group.model, name)
      const cited = group.published.find((cell) => nameOf(cell) === name)
      if (!cited) return wordCell(key, '–')
      const { mean, sem, n } = cited
      return wordCell(key, publishedText(cited), [], {
        mean,
        ...(sem === null ? {} : { sem }),
        ...(n === null ? {} : { n }),
      })
    }),
  }))
}

/** Settings that share the best place of a group, and the intervals that decided it. */
interface Leaders {
  readonly settings: ReadonlySet<string>
  readonly intervals: readonly Interval[]
}

/** The best mean, and all whose difference from it may be 0. */
function leaders({ cells }: Group, split: Split, { metric, pairing }: Comparison): Leaders {
  const scored = cells.flatMap((cell) => {
    const [estimate, arm] = [cell.choice?.[split], chosenArm(cell)]
    return estimate && arm ? [{ setting: cell.setting, mean: estimate.mean, arm }] : []
  })
  const [first, ...rest] = scored
  if (!first) return { settings: new Set(), intervals: [] }
  const best = rest.reduce((a, b) => (compareScores(metric, a.mean, b.mean) <= 0 ? a : b), first)
  const others = scored
    .filter((other) => other !== best)
    .map((other) => ({
      ...other,
      ...differenceOfArms(best.arm, other.arm, split, pairing),
      mean: other.mean,
    }))
  return {
    settings: new Set([
      best.setting,
      ...others
        .filter(
          ({ mean, interval }) => mean === best.mean || (interval && interval.low <= 0 && interval.high >= 0),
        )
        .map(({ setting }) => setting),
    ]),
    intervals: others.flatMap(({ interval }) => interval ?? []),
  }
}

/** How much the conclusion owes to the rule: own best, one shared rate, and what picking on the test would have said. */
export function ruleTables({ study, comparison }: ReportSource): ReportTable[] {
  const { groups, metric, testSealed } = comparison
  const split: Split = testSealed ? 'validation' : 'test'
  return groups.flatMap((group) => {
    const estimates = group.cells.map(({ choice, shared, testPicked }) => ({
      choice: choice?.[split] ?? null,
      shared: shared?.[split] ?? null,
      picked: testPicked?.test ?? null,
    }))
    const n = commonN(estimates.flatMap(({ choice, shared, picked }) => [choice, shared, picked]))
    const { sharedRate } = group
    const cell = (column: string, setting: string, estimate: Estimate | null, rate: number | undefined) =>
      scoreCell(cellKey('rule', group.task, group.model, setting, column), estimate, {
        metric,
        showN: n === null,
        mark: rate === undefined ? '' : ` at ${formatRate(rate)}`,
      })
    return {
      id: `rule-${groups.indexOf(group) + 1}`,
      caption: `${groupLabel(group, comparison)}: ${split} ${metricUnit(metric)} by how the learning rate is picked.`,
      corner: 'setting',
      columns: [
        'own best (the rule)',
        ...(sharedRate ? [`one shared rate ${formatRate(sharedRate.rate)}`] : []),
        ...(testSealed ? [] : ['test-picked (not valid)']),
      ],
      rows: group.cells.map(({ setting, choice, testPicked }, i) => ({
        label: setting,
        cells: [
          cell('own', setting, estimates[i]?.choice ?? null, choice?.rate),
          ...(sharedRate ? [cell('shared', setting, estimates[i]?.shared ?? null, undefined)] : []),
          ...(testSealed ? [] : [cell('picked', setting, estimates[i]?.picked ?? null, testPicked?.rate)]),
        ],
      })),
      notes: [
        ...(sharedRate
          ? [
              sharedRate.why === 'other-paper'
                ? 'The shared rate is the one that another paper used for all settings.'
                : 'The shared rate is the one with the best mean validation score over the settings.',
            ]
          : []),
        ...(testSealed
          ? []
          : ['Test-picked scores show what selecting on the test would have reported; they are no result.']),
        ...scoreNotes(study, comparison, n),
      ],
    }
  })
}
