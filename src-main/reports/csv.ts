import { stringify } from 'csv-stringify/sync'
import type { Provenance } from './report-source'
import type { ReportTable } from './tables'

/** Columns of a report's CSV; one row for every cell of every table. */
export const CSV_COLUMNS = [
  'table',
  'row',
  'column',
  'text',
  'bold',
  'numbers',
  'runs',
  'key',
  'study',
  'rule',
  'database',
  'other_rate',
  'pairing',
] as const

/**
 * All cells of all tables, a row each. `numbers` is "name=value" pairs, unrounded, `runs` ids, both separated by spaces.
 * Text that a spreadsheet would take for a formula is prefixed with an apostrophe.
 */
export function tablesToCsv(
  tables: readonly ReportTable[],
  { study, rule, database, otherRate, pairing }: Provenance,
): string {
  const rows = tables.flatMap(({ id, columns, rows }) =>
    rows.flatMap(({ label, cells }) =>
      cells.map(({ key, text, bold, numbers, runs }, i) => [
        id,
        label,
        columns[i] ?? '',
        text,
        String(bold),
        Object.entries(numbers)
          .map(([name, value]) => `${name}=${value}`)
          .join(' '),
        runs.join(' '),
        key,
        study,
        rule,
        database,
        otherRate === null ? '' : String(otherRate),
        pairing,
      ]),
    ),
  )
  return stringify([[...CSV_COLUMNS], ...rows], { escape_formulas: true })
}
