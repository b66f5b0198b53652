import { basename } from 'node:path'
import { InputError } from '../errors'
import { readCsv } from './csv-text'
import { guessPoints } from './guess'
import type { Mapping, PointField } from './mapping'
import { readNumber } from './numbers'
import { addPoint, MOST_POINTS, MOST_RUNS } from './source'
import type { Source, SourceField, SourceRun } from './source'

/**
 * Runs from CSV or TSV files. Three kinds of tables: a row a run; a row a point (run, metric, step, value); and the chart
 * that W&B exports, a column a run. Tables of one import are put together by run.
 */
export async function readCsvSource(paths: readonly string[], mapping: Mapping): Promise<Source> {
  const tables = new Tables(mapping)
  for (const path of paths) {
    const headers: Header[] = []
    await readCsv(path, ({ cells, line }) => {
      const [header] = headers
      if (header === undefined) headers.push(headerOf(path, cells, mapping))
      else tables.add(path, header, cells, line)
    })
    if (headers.length === 0) throw new InputError('is empty, expected a table', { file: path })
  }
  const runs = tables.finished()
  if (runs.length === 0) {
    throw new InputError('has no rows, expected a row for each run', { file: paths.join(', ') })
  }
  return {
    from: 'csv',
    files: paths.map((path) => basename(path)),
    runs,
    order: 'any',
    remarks: [],
  }
}

type Header = { readonly names: readonly string[] } & (
  | { readonly kind: 'runs'; readonly id: number }
  | { readonly kind: 'points'; readonly columns: Readonly<Partial<Record<PointField, number>>> }
  | { readonly kind: 'chart'; readonly series: readonly { run: string; metric: string; column: number }[] }
)

function headerOf(path: string, cells: readonly string[], mapping: Mapping): Header {
  const names = distinctNames(path, cells)
  const chart = chartColumns(names)
  if (chart.length > 0 && mapping.table === undefined) return { kind: 'chart', names, series: chart }
  const points = { ...guessPoints(names), ...mapping.points }
  const isPoints = mapping.table === 'points' || (mapping.table === undefined && points.value !== undefined)
  if (!isPoints) return { kind: 'runs', names, id: names.findIndex((name) => /^(run[ _]?)?id$/i.test(name)) }
  const columns: Partial<Record<PointField, number>> = {}
  for (const [field, name] of Object.entries(points) as [PointField, string][]) {
    const column = names.indexOf(name)
    if (column < 0)
      throw new InputError(`has no column "${name}"`, { file: path, line: 1, field: `points.${field}` })
    columns[field] = column
  }
  for (const field of ['run', 'metric', 'step', 'value'] as const) {
    if (columns[field] === undefined) {
      throw new InputError(`no column known, expected one named under points.${field} of a mapping`, {
        file: path,
        line: 1,
        field: `points.${field}`,
      })
    }
  }
  return { kind: 'points', names, columns }
}

/** Column names; those that are empty or there twice get their number, so that no mapping can mean two of them. */
function distinctNames(path: string, cells: readonly string[]): string[] {
  const names = cells.map((cell) => cell.trim())
  if (names.every((name) => name === '')) {
    throw new InputError('the first row has no names, expected the names of the columns', {
      file: path,
      line: 1,
    })
  }
  return names.map((name, i) =>
    name === '' || names.indexOf(name) !== names.lastIndexOf(name) ? `${name}#${i + 1}` : name,
  )
}

/** Of W&B's chart export: "RUN - METRIC", with "RUN - METRIC__MIN" and "…__MAX" beside it. */
function chartColumns(names: readonly string[]): { run: string; metric: string; column: number }[] {
  return names.flatMap((name, column) => {
    const cut = name.lastIndexOf(' - ')
    if (cut <= 0 || !names.includes(`${name}__MIN`)) return []
    return { run: name.slice(0, cut), metric: name.slice(cut + 3), column }
  })
}

class Tables {
  private readonly named = new Map<string, SourceRun>()
  private readonly nameless: SourceRun[] = []
  private points = 0

  constructor(private readonly mapping: Mapping) {}

  finished(): SourceRun[] {
    return [...this.nameless, ...this.named.values()]
  }

  add(file: string, header: Header, cells: readonly string[], line: number): void {
    if (header.kind === 'runs') this.addRun(file, header, cells, line)
    else if (header.kind === 'points') this.addPointRow(file, header, cells, line)
    else this.addChartRow(file, header, cells, line)
  }

  private addRun(
    file: string,
    header: Header & { kind: 'runs' },
    cells: readonly string[],
    line: number,
  ): void {
    const id = header.id < 0 ? '' : (cells[header.id] ?? '')
    const run: SourceRun = { id: id === '' ? null : id, file, line, fields: new Map(), series: new Map() }
    header.names.forEach((name, i) => {
      const value = cells[i] ?? ''
      if (value !== '') run.fields.set(name, { value, line })
    })
    if (id === '') {
      this.nameless.push(run)
      this.refuseTooMany(file, line)
      return
    }
    const before = this.named.get(id)
    // The run's points may have come first; its own row says all else.
    if (before?.line !== undefined) {
      throw new InputError(`the run ${id} is there twice (also in line ${before.line})`, { file, line })
    }
    const merged = before ? { ...run, series: before.series } : run
    this.named.set(id, merged)
    this.refuseTooMany(file, line)
  }

  private addPointRow(
    file: string,
    { names, columns }: Header & { kind: 'points' },
    cells: readonly string[],
    line: number,
  ): void {
    const cell = (field: PointField): string =>
      columns[field] === undefined ? '' : (cells[columns[field]] ?? '')
    const place = { file, line }
    const id = cell('run')
    if (id === '')
      throw new InputError('found nothing, expected the name of a run', { ...place, field: 'run' })
    const run = this.namedRun(id, file, line)
    const step = readNumber(cell('step'), this.mapping.decimal)
    const value = readNumber(cell('value'), this.mapping.decimal)
    if (step === undefined || step === null) {
      throw new InputError(`found "${cell('step').slice(0, 40)}", expected a step`, {
        ...place,
        field: 'step',
      })
    }
    if (value === undefined) {
      throw new InputError(`found "${cell('value').slice(0, 40)}", expected a number`, {
        ...place,
        field: 'value',
      })
    }
    this.countPoint(file, line)
    // An empty value is a metric that was not logged at this step.
    if (value !== null) addPoint(run, cell('metric'), step, value, timeOf(cell('time')))
    const used = new Set(Object.values(columns))
    names.forEach((name, i) => {
      if (!used.has(i)) addConstant(run.fields, name, cells[i] ?? '', line)
    })
  }

  private addChartRow(
    file: string,
    { names, series }: Header & { kind: 'chart' },
    cells: readonly string[],
    line: number,
  ): void {
    const step = readNumber(cells[0], this.mapping.decimal)
    if (step === undefined || step === null) {
      throw new InputError(`found "${(cells[0] ?? '').slice(0, 40)}", expected a step`, {
        file,
        line,
        field: names[0],
      })
    }
    for (const { run, metric, column } of series) {
      const value = readNumber(cells[column], this.mapping.decimal)
      if (value === undefined) {
        throw new InputError(`found "${(cells[column] ?? '').slice(0, 40)}", expected a number`, {
          file,
          line,
          field: names[column],
        })
      }
      if (value === null) continue
      this.countPoint(file, line)
      addPoint(this.namedRun(run, file, line), metric, step, value)
    }
  }

  private namedRun(id: string, file: string, line: number): SourceRun {
    let run = this.named.get(id)
    if (run === undefined) {
      run = { id, file, fields: new Map(), series: new Map() }
      this.named.set(id, run)
      this.refuseTooMany(file, line)
    }
    return run
  }

  private countPoint(file: string, line: number): void {
    if (++this.points > MOST_POINTS) {
      throw new InputError(`found more than ${MOST_POINTS} points, expected fewer in one import`, {
        file,
        line,
      })
    }
  }

  private refuseTooMany(file: string, line: number): void {
    if (this.named.size + this.nameless.length > MOST_RUNS) {
      throw new InputError(`found more than ${MOST_RUNS} runs, expected fewer in one import`, { file, line })
    }
  }
}

/** What differs between the points of a run says nothing about the run: it becomes the empty text. */
function addConstant(fields: Map<string, SourceField>, name: string, value: string, line: number): void {
  const before = fields.get(name)
  if (before === undefined) fields.set(name, { value, line })
  else if (before.value !== value && before.value !== '') fields.set(name, { value: '', line })
}

/** Unix seconds or milliseconds, or ISO 8601; 0 where there is none. */
function timeOf(text: string): number {
  if (text === '') return 0
  const number = readNumber(text)
  if (typeof number === 'number') return Math.abs(number) < 1e11 ? number * 1000 : number
  const time = Date.parse(text)
  return Number.isFinite(time) ? time : 0
}
