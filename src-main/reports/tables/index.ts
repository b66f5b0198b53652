import type { Group } from '../../analysis/comparison'
import type { ReportSource } from '../report-source'
import { costTable } from './cost'
import { armTable, differenceTable, efficiencyTable, rateTable } from './details'
import { resultTable, ruleTables } from './results'
import type { ReportTable } from './table'
import { sensitivityTable, testTables } from './tests'

export { againstTables, referencesIn } from './against'
export type { Reference } from './against'
export type { ReportCell, ReportTable } from './table'

/** All tables of a report. While the test is sealed there is no table of test scores. */
export function reportTables(source: ReportSource): ReportTable[] {
  const efficiency = efficiencyTable(source)
  return [
    ...(source.comparison.testSealed ? [] : [resultTable(source, 'test')]),
    resultTable(source, 'validation'),
    rateTable(source),
    differenceTable(source),
    ...testTables(source),
    ...(efficiency ? [efficiency] : []),
    costTable(source),
    sensitivityTable(source),
    ...ruleTables(source),
    ...source.comparison.groups.map((group) => armTable(source, group)),
  ]
}

/** What a page shows of a study below its differences; a report has more. */
export function furtherTables(source: ReportSource): ReportTable[] {
  const efficiency = efficiencyTable(source)
  return [...(efficiency ? [efficiency] : []), costTable(source), sensitivityTable(source)]
}

/** The differences of a study and the tests of one of its groups, as its report has them. */
export const pairTables = (source: ReportSource, group: Group): ReportTable[] => [
  differenceTable(source),
  ...testTables(source, group),
]
