import { unzipSync } from 'fflate'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCaller } from '../../src-main/api/router'
import { SYNTHETIC_STUDY, fillStudy, openShowcase } from '../e2e/showcase'
import type { Showcase } from '../e2e/showcase'
import { makeRenderer } from './served'

const STUDY = 'synthetic-mnist'
const SEALED = 'synthetic-sealed'
const SMALL = SYNTHETIC_STUDY.replace('per_decade: 2', 'per_decade: 1')
  .replace('2000', '200')
  .replace('every: 100', 'every: 20')

let showcase: Showcase
let api: ReturnType<typeof createCaller>
let folder: string

beforeAll(async () => {
  showcase = await openShowcase({
    renderer: makeRenderer(),
    fill: async (store) => {
      await fillStudy(store, SMALL)
      await fillStudy(store, SMALL.replace(STUDY, SEALED).replace('[0, 1, 2]', '[7]'), (run) =>
        run.config.learning_rate < 1e-5 ? 'leave' : 'train',
      )
    },
  })
  api = createCaller({ workbench: showcase.workbench })
})
afterAll(() => showcase.close())
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'fairsweep-reports-api-'))))
afterEach(() => rmSync(folder, { recursive: true }))

describe('a preview', () => {
  test('holds every table and figure that a report may hold, and says where it would be written', async () => {
    const preview = await api.reports.preview({ study: STUDY })
    expect(preview.tables.map(({ id }) => id)).toContain('rates')
    expect(preview.figures.length).toBeGreaterThan(3)
    for (const { svg } of preview.figures) expect(svg).toMatch(/^<svg /)
    expect(preview.methods).toContain('selected by validation alone')
    expect(preview.folder).toBe(join(showcase.workbench.workspace, 'reports', STUDY))
  })

  test('has no test score while the test is sealed', async () => {
    const preview = await api.reports.preview({ study: SEALED })
    expect(preview.testSealed).toBe(true)
    expect(
      preview.tables.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells)).map(({ key }) => key),
    ).not.toContainEqual(expect.stringMatching(/(^|\/)test(\/|$)/))
    expect(preview.figures.map(({ id }) => id)).not.toContainEqual(expect.stringMatching(/^test-/))
  })

  test('draws figures in the size asked for', async () => {
    const across = async (widthMm: number): Promise<number> => {
      const look = { widthMm, heightMm: 70, labelPoints: 8, font: 'tinos' as const }
      const { figures } = await api.reports.preview({ study: STUDY, look })
      return Number(/^<svg width="([\d.]+)"/.exec(figures[0]?.svg ?? '')?.[1])
    }
    expect((await across(170)) / (await across(85))).toBeCloseTo(2, 1)
  })
})

describe('one part', () => {
  test('is a table as text that names its runs where the format can', async () => {
    const { runs } = await api.runs.page({ study: STUDY })
    const text = async (format: 'md' | 'latex' | 'csv'): Promise<string> =>
      (await api.reports.table({ study: STUDY, id: 'rates', format })).text
    expect(await text('md')).toContain('| ---')
    expect(await text('latex')).toContain('\\toprule')
    expect(await text('csv')).toMatch(new RegExp(runs.map(({ id }) => id).join('|')))
  })

  test('is a figure as a file', async () => {
    const { figures } = await api.reports.preview({ study: STUDY })
    const id = figures[0]?.id ?? ''
    const begins = { svg: '<svg', png: '\x89PNG', pdf: '%PDF' } as const
    for (const format of ['svg', 'png', 'pdf'] as const) {
      const { name, base64 } = await api.reports.figure({ study: STUDY, id, format })
      expect(name).toBe(`${id}.${format}`)
      expect(Buffer.from(base64, 'base64').toString('latin1').slice(0, 4)).toBe(begins[format])
    }
  })

  test('that the report does not have is refused by name', async () => {
    await expect(api.reports.table({ study: STUDY, id: 'nothing', format: 'md' })).rejects.toThrow(
      "no table 'nothing'",
    )
    await expect(api.reports.figure({ study: STUDY, id: 'nothing', format: 'svg' })).rejects.toThrow(
      "no figure 'nothing'",
    )
    await expect(api.reports.preview({ study: 'nowhere' })).rejects.toThrow("no study 'nowhere'")
  })
})

describe('files', () => {
  type Wanted = Parameters<typeof api.reports.archive>[0]
  const wanted: Wanted = {
    study: STUDY,
    tables: ['rates'],
    figures: [],
    formats: ['md', 'latex'],
    figureFormats: ['pdf'],
    runFormats: ['csv'],
  }

  test('of the chosen parts and the runs are written into the folder named', async () => {
    const written = await api.reports.write({
      ...wanted,
      folder: join(folder, 'new'),
    })
    expect(readdirSync(join(folder, 'new')).sort()).toEqual(
      ['report.md', `${STUDY}.runs.csv`, 'table-rates.tex', 'tables.tex'].sort(),
    )
    expect(written.files).toHaveLength(4)
    expect(readFileSync(join(folder, 'new/report.md'), 'utf8').match(/^\| ?:?-/gm)).toHaveLength(1)
  })

  test('come as one archive that unpacks into one folder', async () => {
    const { name, base64 } = await api.reports.archive(wanted)
    expect(name).toBe(`${STUDY}-report.zip`)
    const inside = unzipSync(Buffer.from(base64, 'base64'))
    expect(Object.keys(inside).sort()).toEqual(
      ['report.md', `${STUDY}.runs.csv`, 'table-rates.tex', 'tables.tex']
        .map((file) => `${STUDY}-report/${file}`)
        .sort(),
    )
    expect(Buffer.from(inside[`${STUDY}-report/table-rates.tex`] ?? []).toString()).toContain('\\toprule')
  })

  test('are refused where no whole path, no folder or no format is given', async () => {
    const write = (changes: Partial<Wanted> & { folder?: string }): Promise<unknown> =>
      api.reports.write({ ...wanted, folder, ...changes })
    await expect(write({ folder: 'here' })).rejects.toThrow("found 'here', expected a whole path")
    writeFileSync(join(folder, 'file'), '')
    await expect(write({ folder: join(folder, 'file') })).rejects.toThrow('cannot be made a folder')
    await expect(write({ formats: [], figureFormats: [], runFormats: [] })).rejects.toThrow(
      'expected at least one format',
    )
    expect(readdirSync(folder)).toEqual(['file'])
  })
})
