import { createCanvas, GlobalFonts, PDFDocument } from '@napi-rs/canvas'
import type { SKRSContext2D } from '@napi-rs/canvas'
import * as echarts from 'echarts'
import type { EChartsCoreOption } from 'echarts/core'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { installation } from '../installation'
import { FONT_FACTS } from './figure-fonts'
import type { FigureFont } from './figure-fonts'

/** Size of a figure in CSS pixels, 96 to the inch. */
export interface FigureSize {
  readonly width: number
  readonly height: number
}

/** Of a font that ships: "Inter-Regular.ttf". */
export const fontFile = (file: string): string => join(installation.resources, 'fonts', file)

const POINTS_PER_PIXEL = 72 / 96

/** The figures' fonts are ours, not the machine's: registered once, they also measure text for all three formats. */
prepareDrawing()

function prepareDrawing(): void {
  for (const { family, faces } of Object.values(FONT_FACTS)) {
    for (const { file } of faces) GlobalFonts.registerFromPath(fontFile(`${file}.ttf`), family)
  }
  const context = createCanvas(1, 1).getContext('2d')
  context.lang = 'en'
  echarts.setPlatformAPI({
    measureText: (text, font) => {
      context.font = font ?? '12px Inter'
      return { width: context.measureText(text).width }
    },
  })
}

/**
 * The figure as one SVG file.
 * @param font goes into the file; null where the page around it has its `fontFaces`
 * @param scale enlarges everything, text too, as it does in the other formats
 */
export function drawSvg(
  option: EChartsCoreOption,
  { width, height }: FigureSize,
  { font = 'inter', scale = 1 }: { font?: FigureFont | null; scale?: number } = {},
): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
  chart.setOption(option)
  const svg = chart.renderToSVGString()
  chart.dispose()
  const still = enlarged(withoutHover(svg), { width, height }, scale)
  return font === null ? still : still.replace(/(<svg[^>]*>)/, `$1\n<style>${fontFaces(font)}</style>`)
}

/**
 * ECharts numbers the clip paths and classes of all figures that a process ever drew, and styles them for a pointer.
 * A file needs neither: ids follow from the figure itself, so that the same figure is the same file.
 */
function withoutHover(svg: string): string {
  const still = svg
    .replace(/<style ><!\[CDATA\[.*?\]\]>\s*<\/style>\s*/gs, '')
    .replace(/ class="zr[^"]*"/g, '')
  const names = new Map<string, string>()
  for (const [id] of still.matchAll(/zr\d+-\w+/g)) names.set(id, names.get(id) ?? `p${names.size}`)
  const numbered = still.replace(/zr\d+-\w+/g, (id) => names.get(id) ?? id)
  const figure = createHash('sha256').update(numbered).digest('hex').slice(0, 8)
  return still.replace(/zr\d+-\w+/g, (id) => `f${figure}-${names.get(id) ?? id}`)
}

/** The same drawing, shown larger or smaller: its own coordinates stay. */
const enlarged = (svg: string, { width, height }: FigureSize, scale: number): string =>
  scale === 1
    ? svg
    : svg.replace(
        `<svg width="${width}" height="${height}"`,
        `<svg width="${width * scale}" height="${height * scale}"`,
      )

/** The figure as PNG. `density` 3 prints at about 300 dots per inch. */
export function drawPng(
  option: EChartsCoreOption,
  size: FigureSize,
  { scale = 1, density = 3 } = {},
): Buffer {
  const pixels = scale * density
  const canvas = createCanvas(Math.round(size.width * pixels), Math.round(size.height * pixels))
  const chart = drawOn(canvas.getContext('2d'), option, size, pixels)
  const png = canvas.toBuffer('image/png')
  chart.dispose()
  return withResolution(png, 96 * density)
}

const METRES_PER_INCH = 0.0254
/** The signature and the header chunk, which comes first in every PNG. */
const PNG_HEADER_BYTES = 33

/** Says in a PNG how large it prints: its chunk pHYs, pixels per metre. */
function withResolution(png: Buffer, dotsPerInch: number): Buffer {
  const perMetre = Math.round(dotsPerInch / METRES_PER_INCH)
  const chunk = Buffer.alloc(21)
  chunk.writeUInt32BE(9, 0)
  chunk.write('pHYs', 4, 'latin1')
  chunk.writeUInt32BE(perMetre, 8)
  chunk.writeUInt32BE(perMetre, 12)
  chunk.writeUInt8(1, 16)
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17)
  return Buffer.concat([png.subarray(0, PNG_HEADER_BYTES), chunk, png.subarray(PNG_HEADER_BYTES)])
}

/** The figure as one page of vector PDF, its font embedded, its text real text. */
export function drawPdf(option: EChartsCoreOption, size: FigureSize, title: string, scale = 1): Buffer {
  const points = POINTS_PER_PIXEL * scale
  const document = new PDFDocument({ title, creator: 'Fairsweep' })
  // The library types a page's context by the browser's name for it; it is the same class as a canvas gives.
  const page: unknown = document.beginPage(size.width * points, size.height * points)
  const chart = drawOn(page as SKRSContext2D, option, size, points)
  document.endPage()
  const pdf = document.close()
  chart.dispose()
  return pdf
}

/**
 * ECharts draws on anything that answers like a canvas element; a PDF page has only the context.
 * Disposing of the chart wipes the canvas, so the caller does it last.
 */
function drawOn(
  context: SKRSContext2D,
  option: EChartsCoreOption,
  { width, height }: FigureSize,
  scale: number,
): echarts.ECharts {
  context.lang = 'en'
  // Fewer things than an element has, but all that drawing asks for.
  const surface: unknown = {
    width: width * scale,
    height: height * scale,
    style: {},
    getContext: () => context,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }
  const chart = echarts.init(surface as Parameters<typeof echarts.init>[0], null, {
    renderer: 'canvas',
    width,
    height,
    devicePixelRatio: scale,
  })
  chart.setOption(option)
  chart.getZr().flush()
  return chart
}

const facesAsCss = new Map<FigureFont, string>()

/** A font of figures as CSS, bytes included. */
export function fontFaces(font: FigureFont): string {
  const { family, faces } = FONT_FACTS[font]
  const css =
    facesAsCss.get(font) ??
    faces
      .map(({ file, weight }) => {
        const data = readFileSync(fontFile(`${file}.woff2`)).toString('base64')
        return `@font-face{font-family:${family};font-weight:${weight};src:url(data:font/woff2;base64,${data}) format('woff2')}`
      })
      .join('')
  facesAsCss.set(font, css)
  return css
}
