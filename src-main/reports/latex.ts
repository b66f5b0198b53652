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

/** Greek is mathematics to every engine. Letters that look like Latin ones have no command of their own. */
const GREEK: ReadonlyMap<string, string> = new Map([
  ...'α alpha β beta γ gamma δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu ξ xi π pi ρ rho σ sigma ς varsigma τ tau υ upsilon φ varphi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega'
    .split(' ')
    .reduce<[string, string][]>((pairs, word, i, words) => {
      if (i % 2 === 1) pairs.push([words[i - 1] ?? '', `$\\${word}$`])
      return pairs
    }, []),
  ['ο', '$o$'],
])

/** The name of the command that prints letters which the usual fonts lack, where the engine and a font can. */
const LETTERS = '\\fairsweepletters'

/**
 * Text as LaTeX prints it with any engine. Line breaks and other control characters become spaces. Letters that its usual
 * fonts lack (Cyrillic, Chinese …) are given twice, as they are and by their code points: LuaLaTeX and XeLaTeX print the
 * letters, pdfLaTeX, which has no font for them, the code points.
 */
export const toTex = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .replace(/./gsu, (sign) => TEX[sign] ?? GREEK.get(sign) ?? sign)
    .replace(FOREIGN, (letters) => {
      const points = Array.from(letters, (sign) => `{[}U+${codePoint(sign)}{]}`).join('')
      // Half a letter is none that could be written to a file.
      return /\p{Cs}/u.test(letters) ? points : `${LETTERS}{${points}}{${letters}}`
    })

/** What is neither in Latin letters nor, by now, a command. */
const FOREIGN = /[^\u0000-\u017f]+/gu

const codePoint = (sign: string): string =>
  (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')

/** For tables that stand in a paper of their user's. */
const LETTERS_COMMAND = `\\providecommand{${LETTERS}}[2]{\\ifdefined\\directlua#2\\else\\ifdefined\\XeTeXversion#2\\else#1\\fi\\fi}`

/** Fonts with many letters, the fullest first. */
const FONTS = [
  'Noto Serif CJK SC',
  'Source Han Serif SC',
  'FandolSong',
  'Noto Serif',
  'DejaVu Serif',
  'FreeSerif',
]

/** For our own document: its engine's fonts, and another for letters that they lack. */
const FONT_LINES = [
  '\\usepackage{iftex}',
  '\\ifPDFTeX',
  '  \\usepackage[T1]{fontenc}',
  '  \\usepackage[utf8]{inputenc}',
  '  \\usepackage{textcomp}',
  '\\else',
  '  \\usepackage{fontspec}',
  ...FONTS.toReversed().map((font) => `  \\IfFontExistsTF{${font}}{\\def\\fairsweepfont{${font}}}{}`),
  '  \\ifdefined\\fairsweepfont',
  '    \\newfontfamily\\fairsweepface{\\fairsweepfont}',
  `    \\newcommand{${LETTERS}}[2]{{\\fairsweepface #2}}`,
  '  \\fi',
  '\\fi',
]

/** A learning rate or another word that must survive in a comment: one line, no end of it. */
const comment = (text: string): string => text.replace(/\p{Cc}+/gu, ' ')

/**
 * One table as a float, to be read by `\input`; it needs the packages booktabs and graphicx. Every cell stands on its
 * own line, with its key and run ids in a comment behind it, so that a table pasted into a paper can still be verified.
 */
export function tableToTex(table: ReportTable, provenance: Provenance): string {
  const { columns, rows } = table
  const spec = `l${'r'.repeat(columns.length)}`
  const lines = [
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
  const command = lines.includes(LETTERS) ? [LETTERS_COMMAND] : []
  return [...header(provenance, table.id), ...command, lines].join('\n')
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
    ...FONT_LINES,
    LETTERS_COMMAND,
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
