import type { ReportSource } from '../report-source'
import { costTable } from './cost'
import { armTable, differenceTable, efficiencyTable, rateTable } from './details'
import { resultTable, ruleTables } from './results'
import type { ReportTable } from './table'
import { sensitivityTable, testTables } from './tests'

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
