import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeReport } from '../../src-main/reports/report'
import { readTableFile, verifyTable } from '../../src-main/reports/verify'
import type { RunRecord } from '../../src-main/run'
import { aSource, paperRuns, paperStudy } from './source'

let folder: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairsweep-verify-'))
  await writeReport(aSource(), folder, { formats: ['latex', 'csv', 'html', 'json'], figures: [] })
})
afterEach(() => rmSync(folder, { recursive: true }))

const FILES = ['table-results.tex', 'report.csv', 'report.html', 'report.json']
const read = (file: string): string => readFileSync(join(folder, file), 'utf8')

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
    const forged = read(file).replace(/44\.0/g, '84.0')
    const found = verifyTable(readTableFile(forged, file), file, aSource())
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
    expect(() => readTableFile('hello', file)).toThrow('found no cells of a Fairsweep report')
  })
})

describe('readTableFile', () => {
  it('names the formats it can read', () => {
    expect(() => readTableFile('', 'report.md')).toThrow('found a .md, expected .tex, .csv, .html or .json')
  })

  it("remembers the other paper's rate that the report was made with", async () => {
    await writeReport(aSource(undefined, { otherRate: 1e-4 }), folder, {
      formats: ['latex', 'csv', 'html', 'json'],
      figures: [],
    })
    for (const file of FILES) expect(readTableFile(read(file), file).otherRate, file).toBe(1e-4)
  })

  it('reads a LaTeX table that was pasted into a paper and indented anew', () => {
    const pasted = `\\section{Results}\n${read('table-results.tex').replace(/^ +/gm, '\t')}`
    expect(verifyTable(readTableFile(pasted, 'paper.tex'), 'paper.tex', aSource()).changes).toEqual([])
  })
})
