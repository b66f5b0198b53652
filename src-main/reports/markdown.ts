import { markdownTable } from 'markdown-table'
import type { Provenance } from './report-source'
import type { ReportTable } from './tables'

/** Text that Markdown (with tables) shows as it is. */
export const toMarkdown = (text: string): string =>
  text.replace(/\p{Cc}+/gu, ' ').replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')

/**
 * One table with its caption above and its notes below. A comment, which no page shows, names each cell and its runs, row
 * by row, so that a table pasted elsewhere can still be verified.
 */
export function tableToMarkdown(
  { id, caption, corner, columns, rows, notes }: ReportTable,
  { study, rule, database, otherRate, pairing }: Provenance,
): string {
  const table = markdownTable(
    [
      [corner, ...columns].map(toMarkdown),
      ...rows.map(({ label, cells }) => [
        toMarkdown(label),
        ...cells.map(({ text, bold }) => (bold ? `**${toMarkdown(text)}**` : toMarkdown(text))),
      ]),
    ],
    { align: ['l', ...columns.map(() => 'r')] },
  )
  const facts = [
    `study ${encodeURIComponent(study)}`,
    `rule ${rule}`,
    `database ${database}`,
    ...(otherRate === null ? [] : [`other-rate ${otherRate}`]),
    `pairing ${pairing}`,
  ]
  const cells = rows.flatMap((row) => row.cells.map(({ key, runs }) => `cell ${key} runs ${runs.join(',')}`))
  const trace = [`<!-- fairsweep-table ${id}`, ...facts, ...cells, '-->'].join('\n')
  return [`**${toMarkdown(caption)}**`, table, trace, notes.map(toMarkdown).join(' ')].join('\n\n')
}
