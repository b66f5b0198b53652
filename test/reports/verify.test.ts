import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, inflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ComparisonInput } from '../../src-main/analysis/comparison'
import { writeReport } from '../../src-main/reports/report'
import { readTableFile, verifyTable } from '../../src-main/reports/verify'
import type { RunRecord } from '../../src-main/run'
import { FOUR_SETTINGS } from '../analysis/factory'
import { aSource, paperRuns, paperStudy } from './source'

// One report for all tests, which only read it: most of its cost is the risk of a wrong conclusion.
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-verify-'))
  await writeReport(aSource(), folder, { formats: FORMATS, figures: [] })
})
afterAll(() => rmSync(folder, { recursive: true }))

const FORMATS = ['md', 'latex', 'csv', 'html', 'json', 'pdf'] as const
const FILES = ['report.md', 'table-results.tex', 'report.csv', 'report.html', 'report.json', 'report.pdf']
const read = (file: string): Buffer => readFileSync(join(folder, file))

/** Writes a report of two settings, whose risk is quickly computed, beside the one of all; gives what is in its files. */
async function writeSmall(more: Partial<ComparisonInput>): Promise<(file: string) => Buffer> {
  const study = paperStudy({ settings: FOUR_SETTINGS.slice(0, 2) })
  const runs = paperRuns(paperStudy()).filter(({ setting }) =>
    study.settings.some(({ name }) => name === setting),
  )
  const small = mkdtempSync(join(folder, 'small-'))
  await writeReport(aSource(runs, { ...more, study }), small, { formats: FORMATS, figures: [] })
  return (file) => readFileSync(join(small, file))
}

/** The file with every 44.0 changed to 84.0, in what a PDF carries too. */
function forge(file: string): Buffer {
  const change = (text: string): string => text.replace(/44\.0/g, '84.0')
  const data = read(file)
  if (!file.endsWith('.pdf')) return Buffer.from(change(data.toString()))
  const begin = data.indexOf('\n', data.indexOf('stream', data.indexOf('/Type /EmbeddedFile'))) + 1
  const end = data.indexOf('endstream', begin)
  const attached = inflateSync(data.subarray(begin, end)).toString()
  return Buffer.concat([data.subarray(0, begin), deflateSync(change(attached)), data.subarray(end)])
}

/** The runs after one test score changed. */
const changed = (): RunRecord[] =>
  paperRuns(paperStudy()).map((run) =>
    run.setting === 'frozen-random' && run.learningRate === 1e-3 && run.seed === 0
      ? { ...run, summary: { ...run.summary, 'test/accuracy': 0.95 } }
      : run,
  )

describe.each(FILES)('verify %s', (file) => {
  it('finds nothing to say of a table that still matches', () => {
    const table = readTableFile(read(file), file)
    const found = verifyTable(table, file, aSource())
    expect(found).toMatchObject({
      study: paperStudy().name,
      changes: [],
      ruleChanged: false,
      runsChanged: false,
    })
    expect(found.cells).toBeGreaterThanOrEqual(4)
  })

  it('lists the cells that a changed run changes', () => {
    const found = verifyTable(readTableFile(read(file), file), file, aSource(changed()))
    expect(found.runsChanged).toBe(true)
    const cell = found.changes.find(({ key }) => key === 'test/mnist/minilm-l6/frozen-random')
    expect(cell?.found).toContain('44.0')
    expect(cell?.now).toContain('60.7')
  })

  it('finds a number that somebody changed by hand', () => {
    const found = verifyTable(readTableFile(forge(file), file), file, aSource())
    expect(found.changes.map(({ key }) => key)).toContain('test/mnist/minilm-l6/frozen-random')
    expect(found.runsChanged).toBe(false)
  })

  it('says that the rule changed', () => {
    const study = paperStudy()
    const rule = { ...study, selection: { ...study.selection, tie: 'highest-rate' as const } }
    expect(
      verifyTable(readTableFile(read(file), file), file, aSource(undefined, { study: rule })).ruleChanged,
    ).toBe(true)
  })

  it('refuses a file that is none of ours', () => {
    expect(() => readTableFile(Buffer.from('hello'), file)).toThrow('found no cells of a Fairsweep report')
  })
})

describe('readTableFile', () => {
  it('names the formats it can read', () => {
    expect(() => readTableFile(Buffer.from(''), 'report.txt')).toThrow(
      'found a .txt, expected .md, .tex, .csv, .html, .json or .pdf',
    )
  })

  it("remembers the other paper's rate that the report was made with", async () => {
    const told = await writeSmall({ otherRate: 1e-4 })
    for (const file of FILES) expect(readTableFile(told(file), file).otherRate, file).toBe(1e-4)
  })

  it('remembers how differences were taken, and takes them as Welch where an older file does not say', async () => {
    const told = await writeSmall({ pairing: 'paired' })
    for (const file of FILES) expect(readTableFile(told(file), file).pairing, file).toBe('paired')
    const older = told('table-results.tex')
      .toString()
      .replace(/^% pairing.*\n/m, '')
    expect(readTableFile(Buffer.from(older), 'table-results.tex').pairing).toBe('welch')
  })

  it('reads a LaTeX table that was pasted into a paper and indented anew', () => {
    const pasted = `\\section{Results}\n${read('table-results.tex').toString().replace(/^ +/gm, '\t')}`
    expect(
      verifyTable(readTableFile(Buffer.from(pasted), 'paper.tex'), 'paper.tex', aSource()).changes,
    ).toEqual([])
  })
})

describe('the pages of a PDF', () => {
  const verify = (data: Buffer) => verifyTable(readTableFile(data, 'report.pdf'), 'report.pdf', aSource())

  it('are known to be as written by the seal behind them', () => {
    expect(verify(read('report.pdf')).altered).toBe(false)
  })

  it('are found altered when anything in them changed, though the attached numbers still match', () => {
    const data = read('report.pdf')
    // A letter of the first page's text, in its compressed stream.
    const at = data.indexOf('stream') + 100
    data[at] = (data[at] ?? 0) ^ 1
    const found = verify(data)
    expect(found.changes).toEqual([])
    expect(found.altered).toBe(true)
    expect(verify(read('report.pdf').subarray(0, -70)).altered).toBe(true)
  })

  it('is no question for the formats that are text', () => {
    const read = readTableFile(readFileSync(join(folder, 'report.csv')), 'report.csv')
    expect(verifyTable(read, 'report.csv', aSource()).altered).toBeNull()
  })
})

describe('the conclusions of a JSON report', () => {
  const verified = (text: string, source = aSource()) =>
    verifyTable(readTableFile(Buffer.from(text), 'report.json'), 'report.json', source)

  it.each([
    ['budget', 'budget/mnist/minilm-l6: curves[0].points[0].validation'],
    ['risk', 'risk/mnist/minilm-l6: reason'],
    ['verdict', 'verdict/mnist/minilm-l6: sentences[0]'],
  ])('are recomputed: a changed %s is found', (section, key) => {
    const report = JSON.parse(read('report.json').toString()) as Record<string, Record<string, never>[]>
    const path = key.slice(key.indexOf(': ') + 2).match(/\w+/g) ?? []
    const last = path.pop()!
    const place = path.reduce((at: Record<string, never>, name) => at[name]!, report[section]![0]!)
    expect(place[last]).toBeDefined()
    Object.assign(place, { [last]: 7 })
    expect(verified(JSON.stringify(report)).changes).toMatchObject([{ key, found: '7', runsChanged: false }])
  })

  it('are listed once for a task and model where runs changed, with how many values differ', () => {
    const { changes } = verified(read('report.json').toString(), aSource(changed()))
    const risks = changes.filter(({ key }) => key.startsWith('verdict/mnist/minilm-l6'))
    expect(risks).toHaveLength(1)
    expect(risks[0]?.runsChanged).toBe(true)
  })

  it('that an earlier version did not write are not asked for', () => {
    const { budget: _budget, ...rest } = JSON.parse(read('report.json').toString()) as Record<string, unknown>
    expect(verified(JSON.stringify(rest)).changes).toEqual([])
  })
})
