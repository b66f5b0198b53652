import { describe, expect, it } from 'vitest'
import { drawPdf, drawPng, drawSvg } from '../../src-main/reports/drawing'
import { reportFigures } from '../../src-main/reports/figures'
import { DARK_INK, LIGHT_INK, PRINT_INK } from '../../src-renderer/charts/ink'
import { aStudy, sweep } from '../analysis/factory'
import { readPdf } from './read-pdf'
import { aSource, paperRuns, paperStudy } from './source'

const idsOf = (...args: Parameters<typeof aSource>): string[] =>
  reportFigures(aSource(...args)).map(({ id }) => id.replace('-mnist-minilm-l6', ''))

describe('the figures of a report', () => {
  it('leave out what the runs cannot fill', () => {
    expect(idsOf()).toEqual(['rate', 'test-rate', 'ranking', 'learning-curves', 'runs', 'budget'])
    // Without a diverged run nothing needs the score of guessing, and the whole sweep names one winner.
    const settled = paperRuns(paperStudy()).filter(({ setting }) => setting !== 'unfrozen-pretrained')
    const study = paperStudy({
      settings: paperStudy().settings.filter(({ name }) => name !== 'unfrozen-pretrained'),
    })
    expect(idsOf(settled, { study })).toContain('risk')
  })

  it('of one cell at one rate are its score, its curve and its run', () => {
    const study = aStudy({ settings: aStudy().settings.slice(0, 1), learning_rates: [1e-3], seeds: [0] })
    expect(idsOf(sweep({ 'frozen-pretrained': { 1e-3: [0.5] } }, study), { study })).toEqual([
      'rate',
      'test-rate',
      'learning-curves',
      'runs',
    ])
  })

  it('of a study without a result are its planned runs', () => {
    expect(idsOf([])).toEqual(['runs'])
  })

  it('of several tasks say above whose they are, and never share a file', () => {
    const study = paperStudy({ tasks: ['学', '習'].map((name) => ({ name, kind: 'mnist', options: {} })) })
    const runs = ['学', '習'].flatMap((task) =>
      paperRuns(study).map((run) => ({ ...run, id: task + run.id, task })),
    )
    const figures = reportFigures(aSource(runs, { study }))
    expect(new Set(figures.map(({ id }) => id)).size).toBe(figures.length)
    expect(figures.map(({ option }) => (option['title'] as { text: string }).text)).toContain('習')
    const [alone] = reportFigures(aSource())
    expect(alone?.option).not.toHaveProperty('title')
  })

  it('show no test score while the test is sealed', () => {
    const figures = reportFigures(aSource(undefined, { testSealed: true }))
    expect(
      figures.filter(({ id, caption }) => id.startsWith('test-') || caption.includes('test mean')),
    ).toEqual([])
  })

  it.each([
    ['light', LIGHT_INK],
    ['dark', DARK_INK],
    ['print', PRINT_INK],
  ])('are well-formed SVG with the font and its text in %s', (_, ink) => {
    for (const { id, option, size } of reportFigures(aSource(), { colours: ink })) {
      const svg = drawSvg(option, size)
      const opened = svg.match(/<\w[^>]*(?<!\/)>/g)?.length
      expect(opened, id).toBe(svg.match(/<\/\w+>/g)?.length)
      expect(svg, id).toContain('@font-face{font-family:Inter')
      expect(svg, id).toContain('frozen-pretrained')
      expect(svg, id).not.toMatch(/NaN|undefined|Infinity/)
    }
  })

  it('are vector PDFs of their size, with our font alone and their text as text', async () => {
    for (const { id, option, size, caption } of reportFigures(aSource())) {
      const { pages, fonts, images, width } = await readPdf(drawPdf(option, size, caption))
      expect(pages, id).toHaveLength(1)
      expect(pages[0], id).toContain('frozen-pretrained')
      expect(
        [...fonts].every((font) => font.includes('Inter')),
        id,
      ).toBe(true)
      expect(images, id).toBe(0)
      expect(width, id).toBeCloseTo((size.width * 72) / 96)
    }
  })

  it('are small as PDF and crisp as PNG', () => {
    for (const { id, option, size } of reportFigures(aSource())) {
      expect(drawPdf(option, size, '').length, id).toBeLessThan(60_000)
      expect(drawPng(option, size, { density: 2 }).readUInt32BE(16), id).toBe(2 * size.width)
    }
  })
})
