import { parse } from 'csv-parse/sync'
import { extname } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors'
import { CSV_COLUMNS, tablesToCsv } from './csv'
import { tableToHtml } from './html'
import { tableToTex } from './latex'
import { provenanceOf } from './report-source'
import type { Provenance, ReportSource } from './report-source'
import { reportTables } from './tables'
import type { ReportTable } from './tables'

/** What an exported table says of itself. */
export interface TableFile {
  readonly study: string
  readonly rule: string
  readonly database: string
  readonly otherRate: number | null
  /** By key; `shown` is the cell exactly as the format writes it. */
  readonly cells: ReadonlyMap<string, FileCell>
}

interface FileCell {
  readonly shown: string
  readonly runs: string
}

export interface ChangedCell {
  readonly key: string
  readonly found: string
  /** What it would be today; null: no such cell any more. */
  readonly now: string | null
  readonly runsChanged: boolean
}

export interface Verification {
  readonly study: string
  readonly cells: number
  readonly changes: readonly ChangedCell[]
  readonly ruleChanged: boolean
  /** Some run of the study changed, whether or not a cell shows it. */
  readonly runsChanged: boolean
}

/**
 * Reads an exported table: LaTeX, CSV, HTML or JSON.
 * @throws {InputError} where the file is none of ours
 */
export function readTableFile(text: string, file: string): TableFile {
  const format = FORMATS[extname(file).toLowerCase()]
  if (!format) {
    throw new InputError(
      `found a ${extname(file) || 'file without extension'}, expected .tex, .csv, .html or .json as report writes them`,
      { file },
    )
  }
  const read = format.read(text)
  if (!read || read.cells.size === 0)
    throw new InputError('found no cells of a Fairsweep report, so there is nothing to verify', { file })
  return read
}

/** Recomputes every cell of a file that `readTableFile` read, from the study as it is now. */
export function verifyTable(read: TableFile, file: string, source: ReportSource): Verification {
  const provenance = provenanceOf(source)
  const format = FORMATS[extname(file).toLowerCase()]
  const now =
    format?.read(format.write(reportTables(source), provenance))?.cells ?? new Map<string, FileCell>()
  const changes = [...read.cells].flatMap(([key, cell]): ChangedCell[] => {
    const today = now.get(key)
    if (today?.shown === cell.shown && today.runs === cell.runs) return []
    return [
      {
        key: decodeURIComponent(key),
        found: cell.shown,
        now: today?.shown ?? null,
        runsChanged: today?.runs !== cell.runs,
      },
    ]
  })
  return {
    study: read.study,
    cells: read.cells.size,
    changes,
    ruleChanged: read.rule !== provenance.rule,
    runsChanged: read.database !== provenance.database,
  }
}

interface Format {
  /** Null where the file says nothing of where it comes from. */
  readonly read: (text: string) => TableFile | null
  readonly write: (tables: readonly ReportTable[], provenance: Provenance) => string
}

const FORMATS: Readonly<Record<string, Format>> = {
  '.tex': {
    read: readTex,
    write: (tables, provenance) => tables.map((table) => tableToTex(table, provenance)).join('\n'),
  },
  '.csv': { read: readCsv, write: tablesToCsv },
  '.html': {
    read: readHtml,
    write: (tables, { study, rule, database }) =>
      `<meta name="fairsweep" data-study="${study}" data-rule="${rule}" data-database="${database}">${tables.map(tableToHtml).join('\n')}`,
  },
  '.json': {
    read: readJson,
    write: (tables, { study, rule, database }) =>
      JSON.stringify({ study, rule, database, other_rate: null, tables }),
  },
}

function readTex(text: string): TableFile | null {
  const fact = (name: string): string | undefined => new RegExp(`^\\s*% ${name} (\\S+)`, 'm').exec(text)?.[1]
  const [study, rule, database] = ['study', 'rule', 'database'].map(fact)
  if (!study || !rule || !database) return null
  const cells = [...text.matchAll(/^\s*& (.*) % cell (\S+) runs (\S*)\s*$/gm)]
  return {
    study: decodeURIComponent(study),
    rule,
    database,
    otherRate: toRate(fact('other-rate')),
    cells: new Map(cells.map(([, shown = '', key = '', runs = '']) => [key, { shown, runs }])),
  }
}

function readCsv(text: string): TableFile | null {
  const rows = parse<Record<(typeof CSV_COLUMNS)[number], string>>(text, {
    columns: true,
    skip_empty_lines: true,
    bom: true,
  })
  const [first] = rows
  if (!first || CSV_COLUMNS.some((column) => !Object.hasOwn(first, column))) return null
  return {
    study: unescapeFormula(first.study),
    rule: first.rule,
    database: first.database,
    otherRate: toRate(first.other_rate),
    cells: new Map(
      rows.map(({ key, text: shown, numbers, bold, runs }) => [
        unescapeFormula(key),
        { shown: [shown, bold, numbers].join(' | '), runs },
      ]),
    ),
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
  const cells = [...text.matchAll(/<td data-cell="([^"]*)" data-runs="([^"]*)"[^>]*>(.*?)<\/td>/gs)]
  return {
    study: study.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
    rule,
    database,
    otherRate: toRate(fact('other-rate')),
    cells: new Map(cells.map(([, key = '', runs = '', shown = '']) => [key, { shown, runs }])),
  }
}

const jsonReport = z.object({
  study: z.string(),
  rule: z.string(),
  database: z.string(),
  other_rate: z.number().nullable(),
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
  const report = jsonReport.safeParse(parsedJson(text)).data
  if (!report) return null
  const cells = report.tables.flatMap(({ rows }) => rows.flatMap((row) => row.cells))
  return {
    study: report.study,
    rule: report.rule,
    database: report.database,
    otherRate: report.other_rate,
    cells: new Map(
      cells.map(({ key, text: shown, bold, numbers, runs }) => [
        key,
        { shown: [shown, bold, JSON.stringify(numbers)].join(' | '), runs: runs.join(' ') },
      ]),
    ),
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
