import type { Provenance } from './report-source'
import type { ReportCell, ReportTable } from './tables'

/** Characters that LaTeX would not print as they are, and how it prints them with any engine and font. */
const TEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\{',
  '}': '\\}',
  $: '\\$',
  '&': '\\&',
  '#': '\\#',
  '%': '\\%',
  _: '\\_',
  '^': '\\textasciicircum{}',
  '~': '\\textasciitilde{}',
  '"': "''",
  '<': '$<$',
  '>': '$>$',
  '[': '{[}',
  ']': '{]}',
  '±': '$\\pm$',
  '−': '$-$',
  '×': '$\\times$',
  '≤': '$\\leq$',
  '≥': '$\\geq$',
  '†': '$^{\\dagger}$',
  '‡': '$^{\\ddagger}$',
  '–': '--',
  '—': '---',
  '“': '``',
  '”': "''",
  '’': "'",
  '…': '\\ldots{}',
  '√': '$\\surd$',
  '→': '$\\to$',
}

/**
 * Text as LaTeX prints it with any engine. Line breaks and other control characters become spaces; letters that its
 * usual fonts lack are named by their code point.
 */
export const toTex = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(
      /./gu,
      (sign) => TEX[sign] ?? (/[\u0000-\u017f]/.test(sign) ? sign : `{[}U+${codePoint(sign)}{]}`),
    )

const codePoint = (sign: string): string =>
  (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')

/** A learning rate or another word that must survive in a comment: one line, no end of it. */
const comment = (text: string): string => text.replace(/\p{Cc}+/gu, ' ')

/**
 * One table as a float, to be read by `\input`; it needs the packages booktabs and graphicx. Every cell stands on its
 * own line, with its key and run ids in a comment behind it, so that a table pasted into a paper can still be verified.
 */
export function tableToTex(table: ReportTable, provenance: Provenance): string {
  const { columns, rows } = table
  const spec = `l${'r'.repeat(columns.length)}`
  return [
    ...header(provenance, table.id),
    '\\begin{table}[t]',
    '  \\centering',
    `  \\caption{${toTex(table.caption)}}`,
    `  \\label{tab:${toLabel(provenance.study)}-${table.id}}`,
    ...(wide(table) ? ['  \\footnotesize', '  \\setlength{\\tabcolsep}{4pt}'] : ['  \\small']),
    // Shrunk where it would be wider than the text.
    '  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%',
    `  \\begin{tabular}{${spec}}`,
    '    \\toprule',
    `    ${[table.corner, ...columns].map(toTex).join(' & ')} \\\\`,
    '    \\midrule',
    ...rows.flatMap(({ label, cells }) => [`    ${toTex(label)}`, ...cells.map(cellToTex), '    \\\\']),
    '    \\bottomrule',
    '  \\end{tabular}}',
    '  \\par\\smallskip',
    `  {\\footnotesize ${table.notes.map(toTex).join(' ')}}`,
    '\\end{table}',
    '',
  ].join('\n')
}

/** Tables whose rows would not fit a page's width at normal size. */
const wide = ({ columns, rows }: ReportTable): boolean => {
  const width = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length + 2, 0)
  return (
    Math.max(
      width(columns),
      ...rows.map(({ label, cells }) => width([label, ...cells.map(({ text }) => text)])),
    ) > 80
  )
}

const cellToTex = ({ key, text, bold, runs }: ReportCell): string => {
  const tex = toTex(text)
  return `    & ${bold ? `\\textbf{${tex}}` : tex} % cell ${key} runs ${runs.join(',')}`
}

const header = (
  { study, rule, database, otherRate, pairing, program, madeAt }: Provenance,
  table: string,
): string[] => [
  `% ${comment(program)}, ${madeAt}`,
  `% fairsweep-table ${table}`,
  `% study ${encodeURIComponent(study)}`,
  `% rule ${rule}`,
  `% database ${database}`,
  ...(otherRate === null ? [] : [`% other-rate ${otherRate}`]),
  `% pairing ${pairing}`,
]

const toLabel = (text: string): string => text.replace(/[^A-Za-z0-9-]+/g, '-')

/** A document of its own that reads the tables and figures beside it. */
export function documentToTex(
  provenance: Provenance,
  parts: {
    readonly tables: readonly string[]
    readonly figures: readonly { file: string; caption: string }[]
    readonly paragraphs: readonly string[]
  },
): string {
  return [
    `% ${comment(provenance.program)}, ${provenance.madeAt}`,
    '\\documentclass{article}',
    '\\usepackage[T1]{fontenc}',
    '\\usepackage[utf8]{inputenc}',
    '\\usepackage{textcomp}',
    '\\usepackage[margin=2.2cm]{geometry}',
    '\\usepackage{booktabs}',
    '\\usepackage{graphicx}',
    `\\title{${toTex(provenance.study)}}`,
    `\\author{}`,
    `\\date{${toTex(provenance.madeAt.slice(0, 10))}}`,
    '\\begin{document}',
    '\\maketitle',
    ...parts.paragraphs.map((paragraph) => `${toTex(paragraph)}\n`),
    ...parts.tables.map((file) => `\\input{${file}}`),
    ...parts.figures.map(({ file, caption }) =>
      [
        '\\begin{figure}[t]',
        '  \\centering',
        `  \\includegraphics[width=\\linewidth]{${file}}`,
        `  \\caption{${toTex(caption)}}`,
        '\\end{figure}',
      ].join('\n'),
    ),
    '\\end{document}',
    '',
  ].join('\n')
}
