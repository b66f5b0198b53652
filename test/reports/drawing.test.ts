import { loadImage } from '@napi-rs/canvas'
import { describe, expect, it } from 'vitest'
import { drawPdf, drawPng, drawSvg } from '../../src-main/reports/drawing'

const OPTION = {
  animation: false,
  xAxis: { type: 'category' as const, data: ['a', 'b'] },
  yAxis: {},
  series: [{ type: 'line' as const, data: [1, 2] }],
}
const SIZE = { width: 200, height: 100 }

describe('a figure', () => {
  it('as PNG is a whole image of three times its size that says it prints at 288 dots per inch', async () => {
    const png = drawPng(OPTION, SIZE)
    const image = await loadImage(png)
    expect([image.width, image.height]).toEqual([600, 300])
    const at = png.indexOf('pHYs')
    expect(Math.round(png.readUInt32BE(at + 4) * 0.0254)).toBe(288)
    expect(png.readUInt8(at + 12)).toBe(1)
  })

  it('as SVG carries its font', () => {
    const svg = drawSvg(OPTION, SIZE)
    expect(svg).toMatch(/^<svg[^>]*width="200"/)
    expect(svg).toContain('@font-face')
  })

  it('as PDF is one page with text, not a picture', () => {
    const pdf = drawPdf(OPTION, SIZE, 'A figure')
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    expect(pdf.toString('latin1')).toContain('/FontFile')
  })
})
