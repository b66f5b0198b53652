import { markdownTable } from 'markdown-table'
import type { ReportTable } from './tables'

/** Text that Markdown (with tables) shows as it is. */
export const toMarkdown = (text: string): string =>
  text.replace(/\p{Cc}+/gu, ' ').replace(/[\\`*_{}[\]<>#|~]/g, '\\$&')

/** One table with its caption above and its notes below. */
export function tableToMarkdown({ caption, corner, columns, rows, notes }: ReportTable): string {
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
  return [`**${toMarkdown(caption)}**`, table, notes.map(toMarkdown).join(' ')].join('\n\n')
}
