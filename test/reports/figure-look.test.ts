import { describe, expect, it } from 'vitest'
import { drawPdf } from '../../src-main/reports/drawing'
import { cssFont, FIGURE_FONTS, FONT_FACTS } from '../../src-main/reports/figure-fonts'
import { drawFigure, composeReport, reportFiles } from '../../src-main/reports/report'
import { figureLook, USUAL_LOOK, USUAL_PAPER_LOOK } from '../../src-main/reports/figure-look'
import { aSource } from './source'
import { readPdf } from './read-pdf'

const POINTS_PER_MM = 72 / 25.4

describe('figureLook', () => {
  it('is the usual one at the usual size', () => {
    expect(USUAL_LOOK).toEqual({ plot: { width: 680, height: 401 }, scale: 1, font: 'inter' })
  })

  it.each([
    [85, 60, 7],
    [170, 100, 12],
  ])('draws plots of %d by %d mm whatever the labels of %d points', async (width, height, points) => {
    const { figures, look } = composeReport(aSource(), {
      look: figureLook({ widthMm: width, heightMm: height, labelPoints: points, font: 'inter' }),
    })
    const [rate] = figures
    if (rate === undefined) throw new Error('no figure')
    const pdf = drawFigure(rate, 'pdf', look)
    expect((await readPdf(pdf as Buffer)).width).toBeCloseTo(width * POINTS_PER_MM, -0.5)
    const [, across, down] =
      /<svg width="([\d.]+)" height="([\d.]+)"/.exec(String(drawFigure(rate, 'svg', look))) ?? []
    expect((Number(across) / 96) * 25.4).toBeCloseTo(width, 0)
    expect((Number(down) / 96) * 25.4).toBeCloseTo(height, 0)
    const png = drawFigure(rate, 'png', look) as Buffer
    expect(png.readUInt32BE(16)).toBeCloseTo((width / 25.4) * 96 * 3, -1)
  })

  it('breaks the legend to a narrow figure instead of cutting it off', () => {
    const legendOf = (width: number): { width: number } =>
      (
        composeReport(aSource(), { look: figureLook({ ...USUAL_PAPER_LOOK, widthMm: width, heightMm: 70 }) })
          .figures[0]?.option as never
      )['legend']
    expect(legendOf(85).width).toBeLessThan((85 / 25.4) * 96)
    expect(legendOf(85).width).toBeLessThan(legendOf(180).width)
  })
})

describe.each([
  ['arimo', 'Arimo'],
  ['tinos', 'Tinos'],
] as const)('figures in %s', (font, family) => {
  const report = composeReport(aSource(), { look: figureLook({ ...USUAL_PAPER_LOOK, font }) })

  it('hold no other font, as PDF and as SVG', async () => {
    for (const figure of report.figures) {
      const { fonts } = await readPdf(drawFigure(figure, 'pdf', report.look) as Buffer)
      expect([...fonts].filter((name) => !name.includes(family))).toEqual([])
      const svg = String(drawFigure(figure, 'svg', report.look))
      expect([...svg.matchAll(/@font-face\{font-family:(\w+)/g)].map(([, name]) => name)).toEqual([
        family,
        family,
      ])
      expect(svg).not.toContain('Inter')
    }
  })

  it('stand in a report whose own words stay in Inter', async () => {
    const files = new Map(reportFiles(report, { formats: ['html', 'pdf'], figures: [] }))
    const { fonts, pages } = await readPdf((await files.get('report.pdf')) as Buffer)
    expect([...fonts].map((name) => name.replace(/^.*\+/, '')).sort()).toEqual(
      expect.arrayContaining(['Inter-Regular', 'Inter-SemiBold', expect.stringContaining(family)]),
    )
    expect(pages.join(' ')).toContain('frozen-pretrained')
    expect(await files.get('report.html')).toMatch(new RegExp(`@font-face\\{font-family:${family}`))
  })
})

describe('the fonts of figures', () => {
  /** Letters that figures are labelled with beside ASCII: minus, powers, dashes, Greek and accents of people's own names. */
  const LETTERS = '−×±·…–—⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ≥≤→½αβσλΣéüß'

  it.each(FIGURE_FONTS)('%s has every letter that a figure may need', async (font) => {
    for (const { weight } of FONT_FACTS[font].faces) {
      const textStyle = { fontFamily: cssFont(font), fontWeight: weight }
      const option = { title: { text: LETTERS, textStyle } }
      const { fonts, pages } = await readPdf(drawPdf(option, { width: 600, height: 100 }, 'letters'))
      expect(pages.join('')).toContain(LETTERS)
      expect([...fonts].filter((name) => !name.includes(FONT_FACTS[font].family))).toEqual([])
    }
  })
})

describe('composeReport', () => {
  it('holds only the tables and figures asked for, in the order of the whole', () => {
    const whole = composeReport(aSource())
    const some = composeReport(aSource(), {
      tables: ['rates', whole.tables[0]?.id ?? ''],
      figures: [],
    })
    expect(some.tables.map(({ id }) => id)).toEqual([whole.tables[0]?.id, 'rates'])
    expect(some.figures).toEqual([])
    expect(whole.figures.length).toBeGreaterThan(4)
  })
})
