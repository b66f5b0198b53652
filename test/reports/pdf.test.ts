import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeReport } from '../../src-main/reports/report'
import { aStudy, FOUR_SETTINGS, sweep } from '../analysis/factory'
import { readPdf } from './read-pdf'
import { aSource, paperRuns, paperStudy } from './source'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairsweep-pdf-'))))
afterEach(() => rmSync(folder, { recursive: true }))

async function report(...args: Parameters<typeof aSource>): Promise<Buffer> {
  await writeReport(aSource(...args), folder, { formats: ['pdf'], figures: [] })
  return readFileSync(join(folder, 'report.pdf'))
}

const hasPdftoppm = spawnSync('pdftoppm', ['-v']).status === 0
if (!hasPdftoppm)
  process.stderr.write('SKIPPED: no pdftoppm here, so the PDF report is not turned into pixels.\n')

describe('the report as PDF', () => {
  it('holds every part as text, in our font alone, the figures as vectors', async () => {
    const { pages, fonts, images, headings } = await readPdf(await report())
    const text = pages.join(' ').replace(/\s+/g, ' ')
    expect(headings).toEqual([
      'What the runs show',
      'What they do not prove',
      'Audit',
      'Figures',
      'Tables',
      'Methods',
      'Reproducibility checklist',
    ])
    for (const words of [
      'mnist & co_100%',
      'Figure 1. ',
      'Learning rate',
      '68.0 ± 1.7',
      'diverged',
      'Source code and version',
    ])
      expect(text).toContain(words)
    expect([...fonts].filter((font) => !font.includes('Inter'))).toEqual([])
    expect(images).toBe(0)
  })

  it('carries the JSON report, so that its numbers stay traceable', async () => {
    const { attachments } = await readPdf(await report())
    const attached = JSON.parse(attachments.get('report.json') ?? '') as { tables: unknown[] }
    expect(attached.tables.length).toBeGreaterThan(3)
  })

  it('is the same, byte for byte, from the same source', async () => {
    expect((await report()).equals(await report())).toBe(true)
  })

  it('says the heading of a table again on the next page and loses no row', async () => {
    const rates = Array.from({ length: 40 }, (_, i) => Number((1e-6 * 1.2 ** i).toPrecision(3)))
    const study = aStudy({ name: 'long', settings: FOUR_SETTINGS, learning_rates: rates })
    const table = Object.fromEntries(
      FOUR_SETTINGS.map(({ name }) => [
        name,
        Object.fromEntries(rates.map((rate) => [rate, [0.5, 0.6, 0.7]])),
      ]),
    )
    const { pages } = await readPdf(await report(sweep(table, study), { study }))
    const rows = pages.map((page) => page.match(/60\.0 ± 5\.8/g)?.length ?? 0)
    expect(rows.reduce((a, b) => a + b)).toBeGreaterThanOrEqual(160)
    const long = pages.filter((_, i) => (rows[i] ?? 0) > 20)
    expect(long.length).toBeGreaterThan(2)
    for (const page of long) expect(page).toMatch(/complete\s+diverged\s+missing\s+open/)
  })

  it('takes a name with signs that mean something elsewhere', async () => {
    const study = { ...paperStudy(), name: 'a \\ (b) <c> & ü ✓\n%PDF' }
    const { pages } = await readPdf(await report(paperRuns(study), { study }))
    expect(pages[0]).toContain('a \\ (b) <c> & ü')
  })

  it.skipIf(!hasPdftoppm)('is turned into pixels by poppler without a complaint', async () => {
    await report()
    const { status, stderr } = spawnSync('pdftoppm', ['-r', '40', '-png', 'report.pdf', 'page'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
    const pictures = readdirSync(folder).filter((file) => file.endsWith('.png'))
    expect(pictures.length).toBeGreaterThan(3)
    for (const picture of pictures) expect(statSync(join(folder, picture)).size).toBeGreaterThan(1000)
  })
})
