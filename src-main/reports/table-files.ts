import { parse } from 'csv-parse/sync'
import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { z } from 'zod'
import { PAIRINGS } from '../analysis/draws'
import type { Pairing } from '../analysis/draws'
import { CSV_COLUMNS, tablesToCsv } from './csv'
import { tableToHtml } from './html'
import { tableToTex } from './latex'
import { tableToMarkdown } from './markdown'
import { PDF_SEAL } from './pdf'
import type { Provenance } from './report-source'
import type { ReportTable } from './tables'

/** What an exported table says of itself. */
export interface TableFile {
  readonly study: string
  readonly rule: string
  readonly database: string
  readonly otherRate: number | null
  readonly pairing: Pairing
  /** By key; `shown` is the cell exactly as the format writes it. */
  readonly cells: ReadonlyMap<string, FileCell>
  /** What it concludes besides its tables, of each task and model: by "risk/mnist/minilm-l6". Only JSON says so. */
  readonly conclusions: ReadonlyMap<string, unknown>
  /** The file is byte for byte as it was written; null where the format cannot say. */
  readonly isWhole: boolean | null
}

export interface FileCell {
  readonly shown: string
  readonly runs: string
}

/** One file format of tables: what a report writes, and what is read back from it. */
export interface TableFormat {
  /** Null where the file says nothing of where it comes from. */
  readonly read: (data: Buffer) => TableFile | null
  readonly write: (tables: readonly ReportTable[], provenance: Provenance) => string
}

const NO_CONCLUSIONS: TableFile['conclusions'] = new Map()

const fromText =
  (read: (text: string) => TableFile | null): TableFormat['read'] =>
  (data) =>
    read(data.toString('utf8'))

const json: TableFormat = {
  read: fromText(readJson),
  write: (tables, { study, rule, database, otherRate, pairing }) =>
    JSON.stringify({ study, rule, database, other_rate: otherRate, pairing, tables }),
}

/** By the extension of the file. */
export const TABLE_FORMATS: Readonly<Record<string, TableFormat>> = {
  '.md': {
    read: fromText(readMarkdown),
    write: (tables, provenance) => tables.map((table) => tableToMarkdown(table, provenance)).join('\n\n'),
  },
  '.tex': {
    read: fromText(readTex),
    write: (tables, provenance) => tables.map((table) => tableToTex(table, provenance)).join('\n'),
  },
  '.csv': { read: fromText(readCsv), write: tablesToCsv },
  '.html': {
    read: fromText(readHtml),
    write: (tables, { study, rule, database }) =>
      `<meta name="fairsweep" data-study="${study}" data-rule="${rule}" data-database="${database}">${tables.map(tableToHtml).join('\n')}`,
  },
  '.json': json,
  '.pdf': { read: readPdf, write: json.write },
}

/** Facts that stand as "name value" at the beginning of a line, behind `sign`. */
function factsOf(text: string, sign: string): Omit<TableFile, 'cells' | 'conclusions' | 'isWhole'> | null {
  const fact = (name: string): string | undefined =>
    new RegExp(`^\\s*${sign}${name} (\\S+)`, 'm').exec(text)?.[1]
  const [study, rule, database] = ['study', 'rule', 'database'].map(fact)
  if (!study || !rule || !database) return null
  return {
    study: decodeURIComponent(study),
    rule,
    database,
    otherRate: toRate(fact('other-rate')),
    pairing: toPairing(fact('pairing')),
  }
}

function readMarkdown(text: string): TableFile | null {
  const cells = new Map<string, FileCell>()
  let facts: ReturnType<typeof factsOf> = null
  for (const trace of text.matchAll(/<!-- fairsweep-table (.*?)-->/gs)) {
    facts ??= factsOf(trace[1] ?? '', '')
    const rows = text.slice(0, trace.index).trimEnd().split('\n')
    const first = rows.findLastIndex((line) => !line.startsWith('|')) + 1
    // Below the heading and its rule; the first cell of a row is its label.
    const shown = rows.slice(first + 2).flatMap((line) => cellsOfRow(line).slice(1))
    const named = [...(trace[1] ?? '').matchAll(/^cell (\S+) runs (\S*)$/gm)]
    named.forEach(([, key = '', runs = ''], i) => cells.set(key, { shown: shown[i] ?? '', runs }))
  }
  return facts && { ...facts, cells, conclusions: NO_CONCLUSIONS, isWhole: null }
}

const cellsOfRow = (line: string): string[] =>
  line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())

function readTex(text: string): TableFile | null {
  const facts = factsOf(text, '% ')
  const cells = [...text.matchAll(/^\s*& (.*) % cell (\S+) runs (\S*)\s*$/gm)]
  return (
    facts && {
      ...facts,
      cells: new Map(cells.map(([, shown = '', key = '', runs = '']) => [key, { shown, runs }])),
      conclusions: NO_CONCLUSIONS,
      isWhole: null,
    }
  )
}

type CsvRow = Record<Exclude<(typeof CSV_COLUMNS)[number], 'pairing'>, string> & { readonly pairing?: string }

function readCsv(text: string): TableFile | null {
  const rows = parse<CsvRow>(text, { columns: true, skip_empty_lines: true, bom: true })
  const [first] = rows
  // Earlier versions wrote no column of pairing.
  if (!first || CSV_COLUMNS.some((column) => column !== 'pairing' && !Object.hasOwn(first, column)))
    return null
  return {
    study: unescapeFormula(first.study),
    rule: first.rule,
    database: first.database,
    otherRate: toRate(first.other_rate),
    pairing: toPairing(first.pairing),
    cells: new Map(
      rows.map(({ key, text: shown, numbers, bold, runs }) => [
        unescapeFormula(key),
        { shown: [shown, bold, numbers].join(' | '), runs },
      ]),
    ),
    conclusions: NO_CONCLUSIONS,
    isWhole: null,
  }
}

/** csv-stringify prefixes text that a spreadsheet would run with an apostrophe. */
const unescapeFormula = (text: string): string =>
  text.replace(/^'(?=[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20])/, '')

function readHtml(text: string): TableFile | null {
  const meta = /<meta name="fairsweep"[^>]*>/.exec(text)?.[0]
  if (!meta) return null
  const fact = (name: string): string | undefined => new RegExp(`data-${name}="([^"]*)"`).exec(meta)?.[1]
  const [study, rule, database] = ['study', 'rule', 'database'].map(fact)
  if (study === undefined || !rule || !database) return null
  const cells = text.matchAll(
    /<td data-cell="([^"]*)" data-runs="([^"]*)"(?: data-sort="([^"]*)")?[^>]*>(.*?)<\/td>/gs,
  )
  return {
    study: study.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
    rule,
    database,
    otherRate: toRate(fact('other-rate')),
    pairing: toPairing(fact('pairing')),
    cells: new Map(
      Array.from(cells, ([, key = '', runs = '', sort, shown = '']) => [
        key,
        { shown: sort === undefined ? shown : `${shown} | ${sort}`, runs },
      ]),
    ),
    conclusions: NO_CONCLUSIONS,
    isWhole: null,
  }
}

const jsonReport = z.object({
  study: z.string(),
  rule: z.string(),
  database: z.string(),
  other_rate: z.number().nullable(),
  pairing: z.string().optional(),
  tables: z.array(
    z.object({
      rows: z.array(
        z.object({
          cells: z.array(
            z.object({
              key: z.string(),
              text: z.string(),
              bold: z.boolean(),
              numbers: z.record(z.string(), z.number()),
              runs: z.array(z.string()),
            }),
          ),
        }),
      ),
    }),
  ),
})

function readJson(text: string): TableFile | null {
  const document = parsedJson(text)
  const report = jsonReport.safeParse(document).data
  if (!report) return null
  const cells = report.tables.flatMap(({ rows }) => rows.flatMap((row) => row.cells))
  return {
    study: report.study,
    rule: report.rule,
    database: report.database,
    otherRate: report.other_rate,
    pairing: toPairing(report.pairing),
    cells: new Map(
      cells.map(({ key, text: shown, bold, numbers, runs }) => [
        key,
        { shown: [shown, bold, JSON.stringify(numbers)].join(' | '), runs: runs.join(' ') },
      ]),
    ),
    conclusions: conclusionsIn(document as Readonly<Record<string, unknown>>),
    isWhole: null,
  }
}

/** Sections of a JSON report that are computed from runs: a list of groups each, or one for the study. */
const CONCLUSIONS = ['verdict', 'differences', 'extensions', 'efficiency', 'budget', 'risk', 'audit'] as const

/** Those that the document has, a group of a task and model at a time; earlier versions wrote fewer. */
export function conclusionsIn(document: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const section of CONCLUSIONS) {
    const part = document[section]
    const groups = z.array(z.looseObject({ task: z.string(), model: z.string() })).safeParse(part).data
    if (groups === undefined || groups.length === 0) {
      if (part !== undefined) found.set(section, part)
    } else for (const group of groups) found.set(`${section}/${group.task}/${group.model}`, group)
  }
  return found
}

/** The report that goes with its pages as an attachment; whether the pages are as written says the seal at the end. */
function readPdf(data: Buffer): TableFile | null {
  const at = data.indexOf('/Type /EmbeddedFile')
  const begin = at < 0 ? -1 : data.indexOf('stream', at)
  const end = begin < 0 ? -1 : data.indexOf('endstream', begin)
  if (end < 0) return null
  const report = readJson(inflated(data.subarray(data.indexOf('\n', begin) + 1, end)))
  const sealed = data.lastIndexOf(PDF_SEAL)
  const digest = createHash('sha256')
    .update(data.subarray(0, Math.max(sealed, 0)))
    .digest('hex')
  const isWhole =
    sealed >= 0 &&
    data
      .subarray(sealed + PDF_SEAL.length)
      .toString('latin1')
      .trim() === digest
  return report && { ...report, isWhole }
}

function inflated(data: Buffer): string {
  try {
    return inflateSync(data).toString('utf8')
  } catch {
    return ''
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const toRate = (text: string | undefined): number | null =>
  text === undefined || text === '' ? null : Number(text)

/** Tables of earlier versions do not say; their differences were Welch's. */
const toPairing = (text: string | undefined): Pairing =>
  PAIRINGS.find((pairing) => pairing === text) ?? 'welch'
