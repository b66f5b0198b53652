import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { describe, expect, it } from 'vitest'
import { drawPdf, drawPng, drawSvg } from '../../src-main/reports/drawing'
import { reportFigures } from '../../src-main/reports/figures'
import { aSource } from './source'

const figures = reportFigures(aSource(undefined, { otherRate: 1e-3 }))
const figure = (id: string) => {
  const found = figures.find((each) => each.id.startsWith(id))
  if (!found) throw new Error(`no figure ${id}`)
  return found
}
const rate = figure('rate')

describe('drawSvg', () => {
  it('writes the same file for the same figure, however many were drawn before', () => {
    const first = drawSvg(rate.option, rate.size)
    drawSvg(figure('ranking').option, figure('ranking').size)
    expect(drawSvg(rate.option, rate.size)).toBe(first)
  })

  it('gives two figures no id in common, so that one page can hold both', () => {
    const ids = (id: string): string[] =>
      [...drawSvg(figure(id).option, figure(id).size).matchAll(/ id="([^"]+)"/g)].map(([, name = '']) => name)
    expect(ids('rate').length).toBeGreaterThan(0)
    expect(ids('rate').filter((id) => ids('learning-curves').includes(id))).toEqual([])
  })

  it('carries its font, and nothing for a pointer', () => {
    const svg = drawSvg(rate.option, rate.size)
    expect(svg.match(/@font-face/g)).toHaveLength(2)
    expect(svg).toContain('other paper: 10⁻³')
    expect(svg).not.toContain(':hover')
    expect(drawSvg(rate.option, rate.size, { font: null })).not.toContain('@font-face')
  })
})

describe('drawPng', () => {
  it('has the size asked for and says how large it prints', () => {
    const png = drawPng(rate.option, rate.size, { density: 2 })
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([2 * rate.size.width, 2 * rate.size.height])
    const physical = png.indexOf('pHYs')
    expect(png.readUInt32BE(physical + 4)).toBe(Math.round((2 * 96) / 0.0254))
    expect(png.length).toBeGreaterThan(10_000)
  })
})

describe('drawPdf', () => {
  it('is one small vector page of real text in the embedded font', async () => {
    const bytes = drawPdf(rate.option, rate.size, 'a title')
    expect(bytes.length).toBeLessThan(100_000)
    const task = getDocument({ data: new Uint8Array(bytes), verbosity: 0 })
    const document = await task.promise
    expect(document.numPages).toBe(1)
    const page = await document.getPage(1)
    expect(page.getViewport({ scale: 1 })).toMatchObject({
      // Pages are whole points.
      width: Math.round(0.75 * rate.size.width),
      height: Math.round(0.75 * rate.size.height),
    })
    const { items } = await page.getTextContent()
    const text = items.flatMap((item) => ('str' in item ? item.str : [])).join(' ')
    for (const word of ['Learning rate', 'Validation accuracy (%)', 'unfrozen-pretrained', '10⁻³'])
      expect(text).toContain(word)
    expect(bytes.toString('latin1')).toMatch(/\+Inter-Regular[\s\S]*\/FontFile2/)
    expect(bytes.toString('latin1')).not.toContain('/Subtype /Image')
    await task.destroy()
  })
})
