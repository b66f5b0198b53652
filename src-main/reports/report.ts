import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tablesToCsv } from './csv'
import { drawPdf, drawPng, drawSvg } from './drawing'
import { cssFont } from './figure-fonts'
import { USUAL_LOOK } from './figure-look'
import type { FigureLook } from './figure-look'
import { reportFigures } from './figures'
import type { ReportFigure } from './figures'
import { FIGURE_FORMATS, REPORT_FORMATS } from './formats'
import type { FigureFormat, ReportFormat, TableFormat } from './formats'
import { pageToHtml } from './html'
import { PRINT_INK } from '../../src-renderer/charts/ink'
import { reportToJson } from './json'
import { documentToTex, tableToTex } from './latex'
import { tableToMarkdown, toMarkdown } from './markdown'
import { methodsParagraph, reproducibilityChecklist } from './methods'
import { reportToPdf } from './pdf'
import type { PdfParts } from './pdf'
import { provenanceOf } from './report-source'
import type { Provenance, ReportSource } from './report-source'
import { reportTables } from './tables'
import type { ReportTable } from './tables'
import { groupLabel } from './tables/table'
import { writeWhole } from './whole-file'

export { provenanceOf } from './report-source'
export type { ReportSource } from './report-source'

/** What of a report is wanted; absent: everything, figures in their usual look. */
export interface ReportChoice {
  /** Ids of tables and of figures, in any order. */
  readonly tables?: readonly string[]
  readonly figures?: readonly string[]
  readonly look?: FigureLook
}

export interface ReportOptions {
  readonly formats: readonly ReportFormat[]
  readonly figures: readonly FigureFormat[]
}

/** Everything that the formats are made of, made once. */
export interface Report {
  readonly source: ReportSource
  readonly provenance: Provenance
  readonly tables: readonly ReportTable[]
  readonly figures: readonly ReportFigure[]
  readonly look: FigureLook
  readonly methods: string
  readonly checklist: ReturnType<typeof reproducibilityChecklist>
  readonly lists: readonly { readonly heading: string; readonly items: readonly string[] }[]
}

/** A file of a report: its name, and what is in it. */
export type ReportFile = readonly [name: string, content: string | Buffer | Promise<Buffer>]

/** Everything that a report of these runs says, in the order of its pages. */
export function composeReport(source: ReportSource, choice: ReportChoice = {}): Report {
  const { look = USUAL_LOOK } = choice
  const wanted = <Part extends { readonly id: string }>(parts: readonly Part[], ids?: readonly string[]) =>
    parts.filter(({ id }) => ids?.includes(id) ?? true)
  return {
    source,
    provenance: provenanceOf(source),
    tables: wanted(reportTables(source), choice.tables),
    figures: wanted(
      reportFigures(source, { plot: look.plot, colours: { ...PRINT_INK, font: cssFont(look.font) } }),
      choice.figures,
    ),
    look,
    methods: methodsParagraph(source),
    checklist: reproducibilityChecklist(source),
    lists: verdictLists(source),
  }
}

/** The report's files in the formats asked for, figures first. */
export function reportFiles(report: Report, { formats, figures }: ReportOptions): ReportFile[] {
  // LaTeX reads PDF figures, Markdown shows SVG; asking for the text asks for what it shows.
  const drawn = new Set(figures)
  return [
    ...FIGURE_FORMATS.filter((format) => drawn.has(format)).flatMap((format) =>
      report.figures.map((figure): ReportFile => [
        `${figure.id}.${format}`,
        drawFigure(figure, format, report.look),
      ]),
    ),
    ...REPORT_FORMATS.filter((format) => formats.includes(format)).flatMap((format) =>
      textFiles(report, format, drawn),
    ),
  ]
}

/**
 * Writes a report into a folder, each file whole or not at all; files of the same names are replaced.
 * @returns the paths written, in order
 */
export async function writeReport(
  source: ReportSource,
  folder: string,
  options: ReportOptions,
  choice: ReportChoice = {},
): Promise<string[]> {
  const files = reportFiles(composeReport(source, choice), options)
  await mkdir(folder, { recursive: true })
  const written: string[] = []
  for (const [file, content] of files) {
    const path = join(folder, file)
    await writeWhole(path, [await content])
    written.push(path)
  }
  return written
}

/** One table as text to be pasted into a paper or a sheet. */
export function tableText(table: ReportTable, format: TableFormat, provenance: Provenance): string {
  switch (format) {
    case 'md':
      return tableToMarkdown(table, provenance)
    case 'latex':
      return tableToTex(table, provenance)
    case 'csv':
      return tablesToCsv([table], provenance)
  }
}

/** One figure on white, but for PDF, whose page is. */
export function drawFigure(
  { option, size, caption }: ReportFigure,
  format: FigureFormat,
  { scale, font }: FigureLook,
): string | Buffer {
  const onPaper = { ...option, backgroundColor: '#ffffff' }
  switch (format) {
    case 'svg':
      return drawSvg(onPaper, size, { scale, font })
    case 'png':
      return drawPng(onPaper, size, { scale })
    case 'pdf':
      return drawPdf(option, size, caption, scale)
  }
}

function textFiles(report: Report, format: ReportFormat, drawn: ReadonlySet<FigureFormat>): ReportFile[] {
  const { source, provenance, tables, figures, methods, checklist, lists } = report
  switch (format) {
    case 'md':
      return [['report.md', reportToMarkdown(report, drawn)]]
    case 'csv':
      return [['report.csv', tablesToCsv(tables, provenance)]]
    case 'json':
      return [['report.json', reportToJson(source, provenance, { tables, methods, checklist })]]
    case 'latex': {
      const included = drawn.has('pdf') ? figures : []
      const document = documentToTex(provenance, {
        tables: tables.map(({ id }) => `table-${id}`),
        figures: included.map(({ id, caption }) => ({ file: `${id}.pdf`, caption })),
        paragraphs: [...lists.flatMap(({ items }) => items), methods],
      })
      return [
        ...tables.map((table): ReportFile => [`table-${table.id}.tex`, tableToTex(table, provenance)]),
        ['tables.tex', document],
      ]
    }
    case 'html':
      return [['report.html', pageToHtml(pageOf(report), provenance)]]
    case 'pdf': {
      const json = reportToJson(source, provenance, { tables, methods, checklist })
      return [['report.pdf', reportToPdf(pageOf(report), provenance, json)]]
    }
  }
}

/** The whole report as one page or document holds it, which brings the figures' font. */
const pageOf = ({ source, lists, tables, figures, methods, checklist, look }: Report): PdfParts => ({
  title: source.study.name,
  lists,
  tables,
  figures: figures.map(({ caption, option, size }) => ({
    caption,
    size: { width: size.width * look.scale, height: size.height * look.scale },
    svg: drawSvg(option, size, { font: null, scale: look.scale }),
  })),
  figureFont: look.font,
  methods,
  checklist,
})

/** What the report says in sentences, by heading. */
function verdictLists({ comparison }: ReportSource): Report['lists'] {
  const { groups, audit } = comparison
  const named = (group: (typeof groups)[number], heading: string): string =>
    groups.length > 1 ? `${heading}: ${groupLabel(group, comparison)}` : heading
  return [
    ...groups.map((group) => ({ heading: named(group, 'What the runs show'), items: group.sentences })),
    ...groups.map((group) => ({ heading: named(group, 'What they do not prove'), items: group.notProven })),
    {
      heading: 'Audit',
      items: [
        audit.summary,
        ...audit.findings.map(
          ({ severity, explanation, remedy }) =>
            `${severity}: ${explanation}${remedy ? ` → ${remedy.say}` : ''}`,
        ),
      ],
    },
  ].filter(({ items }) => items.length > 0)
}

function reportToMarkdown(
  { source, provenance, tables, figures, methods, checklist, lists }: Report,
  drawn: ReadonlySet<FigureFormat>,
): string {
  const shown = drawn.has('svg') ? 'svg' : drawn.has('png') ? 'png' : null
  const { program, madeAt, rule, database } = provenance
  return [
    `# ${toMarkdown(source.study.name)}`,
    ...lists.flatMap(({ heading, items }) => [
      `## ${toMarkdown(heading)}`,
      items.map((item) => `- ${toMarkdown(item)}`).join('\n'),
    ]),
    '## Tables',
    ...tables.map((table) => tableToMarkdown(table, provenance)),
    ...(shown === null
      ? []
      : [
          '## Figures',
          ...figures.flatMap(({ id, caption }) => [
            `![${toMarkdown(caption)}](${id}.${shown})`,
            toMarkdown(caption),
          ]),
        ]),
    '## Methods',
    toMarkdown(methods),
    '## Reproducibility checklist',
    checklist.map(({ item, answer }) => `- **${toMarkdown(item)}**: ${toMarkdown(answer)}`).join('\n'),
    '---',
    toMarkdown(`${program}, ${madeAt}. Rule ${rule}, runs ${database}.`),
    '',
  ].join('\n\n')
}
