import { describe, expect, it } from 'vitest'
import { drawFigure, composeReport } from '../../src-main/reports/report'
import { figureLook, USUAL_LOOK } from '../../src-main/reports/figure-look'
import { aSource } from './source'
import { readPdf } from './read-pdf'

const POINTS_PER_MM = 72 / 25.4

describe('figureLook', () => {
  it('is the usual one at the usual size', () => {
    expect(figureLook(180, 106, 9)).toEqual({
      plot: { width: 680, height: 401 },
      scale: USUAL_LOOK.scale,
    })
  })

  it.each([
    [85, 60, 7],
    [170, 100, 12],
  ])('draws plots of %d by %d mm whatever the labels of %d points', async (width, height, points) => {
    const { figures, scale } = composeReport(aSource(), { look: figureLook(width, height, points) })
    const [rate] = figures
    if (rate === undefined) throw new Error('no figure')
    const pdf = drawFigure(rate, 'pdf', scale)
    expect((await readPdf(pdf as Buffer)).width).toBeCloseTo(width * POINTS_PER_MM, -0.5)
    const [, across, down] =
      /<svg width="([\d.]+)" height="([\d.]+)"/.exec(String(drawFigure(rate, 'svg', scale))) ?? []
    expect((Number(across) / 96) * 25.4).toBeCloseTo(width, 0)
    expect((Number(down) / 96) * 25.4).toBeCloseTo(height, 0)
    const png = drawFigure(rate, 'png', scale) as Buffer
    expect(png.readUInt32BE(16)).toBeCloseTo((width / 25.4) * 96 * 3, -1)
  })

  it('breaks the legend to a narrow figure instead of cutting it off', () => {
    const legendOf = (width: number): { width: number } =>
      (composeReport(aSource(), { look: figureLook(width, 70, 9) }).figures[0]?.option as never)['legend']
    expect(legendOf(85).width).toBeLessThan((85 / 25.4) * 96)
    expect(legendOf(85).width).toBeLessThan(legendOf(180).width)
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
