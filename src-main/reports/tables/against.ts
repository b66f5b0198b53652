import type { Group } from '../../analysis/comparison'
import { testAgainst } from '../../analysis/difference-tests'
import { compareScores } from '../../analysis/selection'
import type { ReportSource } from '../report-source'
import { differenceCells, differenceColumns, sayDifferences } from './details'
import { cellKey, groupLabel } from './table'
import type { ReportTable } from './table'
import { testCells, testColumns, testNotes } from './tests'

/** The setting of a task and model that all others are set against. */
export interface Reference {
  readonly task: string
  readonly model: string
  readonly setting: string
}

const DIFFERENCE = 'difference-from'
const TEST = 'test-from'

/**
 * What every other setting differs by from one, best first, and the tests of it: of many settings, pairs are too many to
 * read. Empty where there is no such setting.
 */
export function againstTables({ comparison }: ReportSource, of: Reference): ReportTable[] {
  const { groups, metric } = comparison
  const group = groups.find(({ task, model }) => task === of.task && model === of.model)
  if (!group?.cells.some(({ setting }) => setting === of.setting)) return []
  const { tests: inOrder, family, split } = testAgainst(group, of.setting, comparison)
  const tests = inOrder.toSorted((x, y) => compareScores(metric, x.difference.mean, y.difference.mean))
  const keyOf = (word: string, other: string, column: string): string =>
    cellKey(word, group.task, group.model, of.setting, other, column)
  const where = `${groupLabel(group, comparison)}: ${split} ${metric}`
  return [
    {
      id: 'differences-from',
      caption: `${where} minus that of ${of.setting}, each setting at its own best rate.`,
      corner: `minus ${of.setting}`,
      columns: differenceColumns(metric),
      rows: tests.map(({ difference }) => ({
        label: difference.a,
        cells: differenceCells((column) => keyOf(DIFFERENCE, difference.a, column), difference, metric),
      })),
      notes: [sayDifferences(tests.map(({ difference }) => difference))],
    },
    {
      id: 'tests-from',
      caption: `${where}: tests of the differences from ${of.setting}.`,
      corner: `minus ${of.setting}`,
      columns: testColumns(metric),
      rows: tests.map((test) => ({
        label: test.difference.a,
        cells: testCells(test, metric, (column) => keyOf(TEST, test.difference.a, column)),
      })),
      notes: testNotes(family),
    },
  ]
}

/** The settings that tables with these cells set others against. */
export function referencesIn(keys: Iterable<string>, groups: readonly Group[]): Reference[] {
  const found = new Set([...keys].filter(isAgainst).map(stemOf))
  return groups.flatMap(({ task, model, cells }) =>
    cells
      .map(({ setting }) => ({ task, model, setting }))
      .filter((of) => [DIFFERENCE, TEST].some((word) => found.has(cellKey(word, task, model, of.setting)))),
  )
}

const isAgainst = (key: string): boolean => key.startsWith(`${DIFFERENCE}/`) || key.startsWith(`${TEST}/`)
/** A cell's key without the other setting and the column. */
const stemOf = (key: string): string => key.split('/').slice(0, -2).join('/')
