import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { installation } from '../installation'
import { fontFaces } from './drawing'
import type { FigureFont } from './figure-fonts'
import type { Provenance } from './report-source'
import type { ReportTable } from './tables'

/** Everything that a report page shows, in its order. */
export interface PageParts {
  readonly title: string
  /** Lists of sentences under a heading each. */
  readonly lists: readonly { readonly heading: string; readonly items: readonly string[] }[]
  readonly tables: readonly ReportTable[]
  /** SVG text without fonts of its own. */
  readonly figures: readonly { readonly caption: string; readonly svg: string }[]
  readonly figureFont: FigureFont
  readonly methods: string
  readonly checklist: readonly { readonly item: string; readonly answer: string }[]
}

/** Text as HTML shows it, in elements and in quoted attributes. */
export const toHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

const shipped = (file: string): string => readFileSync(join(installation.resources, 'report', file), 'utf8')

/** The report as one file that needs nothing else: readable without script, sortable with. */
export function pageToHtml(parts: PageParts, provenance: Provenance): string {
  const { study, rule, database, otherRate, pairing, program, madeAt } = provenance
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="fairsweep" content="${toHtml(program)}" data-study="${toHtml(study)}" data-rule="${rule}" data-database="${database}"${otherRate === null ? '' : ` data-other-rate="${otherRate}"`} data-pairing="${pairing}">
<title>${toHtml(parts.title)}</title>
<style>${[...new Set<FigureFont>(['inter', parts.figureFont])].map(fontFaces).join('')}
${shipped('page.css')}</style>
</head>
<body>
<main>
<h1>${toHtml(parts.title)}</h1>
${parts.lists.map(({ heading, items }) => section(heading, `<ul>${items.map((item) => `<li>${itemToHtml(item)}</li>`).join('')}</ul>`)).join('\n')}
${section('Figures', parts.figures.map(({ caption, svg }) => `<figure>${svg}<figcaption>${toHtml(caption)}</figcaption></figure>`).join('\n'))}
${section('Tables', parts.tables.map(tableToHtml).join('\n'))}
${section('Methods', `<p>${toHtml(parts.methods)}</p>`)}
${section('Reproducibility checklist', `<dl>${parts.checklist.map(({ item, answer }) => `<dt>${toHtml(item)}</dt><dd>${toHtml(answer)}</dd>`).join('')}</dl>`)}
<footer>${toHtml(program)}, ${toHtml(madeAt)}. Rule ${rule}, runs ${database}. Every number names its runs in <code>data-runs</code>; <code>fairsweep verify</code> recomputes them.</footer>
</main>
<script>${shipped('sort.js')}</script>
</body>
</html>
`
}

const section = (heading: string, body: string): string =>
  body === '' || body === '<ul></ul>' ? '' : `<section><h2>${toHtml(heading)}</h2>\n${body}</section>`

/** A finding of the audit begins with how grave it is. */
const itemToHtml = (item: string): string =>
  toHtml(item).replace(/^(error|warning|note): /, '<strong class="severity $1">$1</strong> ')

/** Letters of a row from which a table is set smaller, words of a cell from which they wrap, and rows from which it may be broken. */
const WIDE = 95
const WORDY = 28
const LONG = 25

export function tableToHtml({ id, caption, corner, columns, rows, notes }: ReportTable): string {
  const head = [corner, ...columns].map((label) => `<th scope="col">${toHtml(label)}</th>`).join('')
  const body = rows
    .map(({ label, cells }) => {
      const data = cells.map(({ key, text, bold, numbers, runs }) => {
        const sort = Object.values(numbers)[0]
        const shown = bold ? `<strong>${toHtml(text)}</strong>` : toHtml(text)
        return `<td data-cell="${toHtml(key)}" data-runs="${toHtml(runs.join(' '))}"${sort === undefined ? '' : ` data-sort="${sort}"`}${sort === undefined && text.length > WORDY ? ' data-words' : ''}>${shown}</td>`
      })
      return `<tr><th scope="row">${toHtml(label)}</th>${data.join('')}</tr>`
    })
    .join('\n')
  const letters = rows.map(({ label, cells }) =>
    cells.reduce(
      (sum, { text }, i) => sum + Math.max(text.length, (columns[i]?.length ?? 0) / 2) + 3,
      label.length,
    ),
  )
  const look = [
    'table',
    ...(Math.max(0, ...letters) > WIDE ? ['wide'] : []),
    ...(rows.length > LONG ? ['long'] : []),
  ].join(' ')
  return `<div class="${look}"><table id="${toHtml(id)}"><caption>${toHtml(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}
</tbody></table>
<p class="notes">${notes.map(toHtml).join(' ')}</p></div>`
}
