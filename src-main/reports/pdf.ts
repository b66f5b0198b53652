import { createHash } from 'node:crypto'
import { once } from 'node:events'
import PDFDocument from 'pdfkit'
import svgToPdf from 'svg-to-pdfkit'
import { fontFile } from './drawing'
import type { FigureSize } from './drawing'
import { drawTable } from './pdf-table'
import type { PageParts } from './html'
import { FONT_FACTS } from './figure-fonts'
import type { FigureFont } from './figure-fonts'
import { FONTS, inOneLine, INK, keepTogether, SIZES } from './pdf-page'
import type { Page } from './pdf-page'
import type { Provenance } from './report-source'

/** A report page's parts, its figures with their sizes in CSS pixels. */
export interface PdfParts extends Omit<PageParts, 'figures'> {
  readonly figures: readonly { readonly caption: string; readonly svg: string; readonly size: FigureSize }[]
}

/**
 * The whole report as one PDF on A4: text as text, figures as vectors, the font embedded. The JSON report goes with it
 * as an attachment, so that every number stays traceable to its runs. The same report gives the same bytes.
 */
export async function reportToPdf(parts: PdfParts, provenance: Provenance, json: string): Promise<Buffer> {
  const { program, madeAt, rule, database } = provenance
  const made = new Date(madeAt)
  const page = new PDFDocument({
    size: 'A4',
    margins: { top: 54, bottom: 60, left: 54, right: 54 },
    bufferPages: true,
    lang: 'en',
    displayTitle: true,
    font: FONTS.regular,
    info: {
      Title: inOneLine(parts.title),
      Creator: program,
      Producer: program,
      Subject: `rule ${rule}, runs ${database}`,
      CreationDate: made,
      ModDate: made,
    },
  })
  const pieces: Buffer[] = []
  page.on('data', (piece: Buffer) => pieces.push(piece))
  const ended = once(page, 'end')

  page.font(FONTS.bold).fontSize(SIZES.title).fillColor(INK.text).text(inOneLine(parts.title))
  page.font(FONTS.regular).fontSize(SIZES.small).fillColor(INK.soft)
  page.text(`${program}, ${madeAt}. Rule ${rule}, runs ${database}.`)
  for (const { heading, items } of parts.lists) {
    writeHeading(page, heading)
    items.forEach((item) => writeItem(page, item))
  }
  if (parts.figures.length > 0) writeHeading(page, 'Figures', 300)
  parts.figures.forEach((figure, i) => drawFigure(page, figure, `Figure ${i + 1}. `, parts.figureFont))
  if (parts.tables.length > 0) writeHeading(page, 'Tables', 110)
  parts.tables.forEach((table, i) => drawTable(page, table, `Table ${i + 1}. `))
  writeHeading(page, 'Methods')
  writeText(page, parts.methods)
  writeHeading(page, 'Reproducibility checklist')
  for (const { item, answer } of parts.checklist) {
    page.font(FONTS.bold).fontSize(SIZES.text)
    keepTogether(page, page.heightOfString(inOneLine(item)) + 2 * SIZES.text)
    page.fillColor(INK.text).text(inOneLine(item))
    writeText(page, answer)
  }
  page.file(Buffer.from(json), {
    name: 'report.json',
    type: 'application/json',
    description: 'Every number of this report with the ids of its runs',
    creationDate: made,
    modifiedDate: made,
  })
  numberPages(page, inOneLine(parts.title))
  page.end()
  await ended
  return sealed(Buffer.concat(pieces))
}

/** Behind the end of the document, where readers look for nothing: the SHA-256 of all that stands before it. */
export const PDF_SEAL = '%fairsweep sha256 '

/** With its seal, so that `verify` finds any change of the pages, which carry no cell's name. */
const sealed = (pdf: Buffer): Buffer =>
  Buffer.concat([pdf, Buffer.from(`${PDF_SEAL}${createHash('sha256').update(pdf).digest('hex')}\n`)])

/** @param next points that must fit below on the same page */
function writeHeading(page: Page, heading: string, next = 50): void {
  keepTogether(page, SIZES.heading * 2.5 + next)
  page.moveDown(1)
  page.outline.addItem(inOneLine(heading))
  page.font(FONTS.bold).fontSize(SIZES.heading).fillColor(INK.text).text(inOneLine(heading))
  page.moveDown(0.3)
}

function writeText(page: Page, text: string): void {
  page.font(FONTS.regular).fontSize(SIZES.text).fillColor(INK.text).text(inOneLine(text), { lineGap: 1.5 })
  page.moveDown(0.4)
}

const HANGING = 11

function writeItem(page: Page, item: string): void {
  const { left } = page.page.margins
  const width = page.page.width - left - page.page.margins.right - HANGING
  const look = { width, lineGap: 1.5 }
  page.font(FONTS.regular).fontSize(SIZES.text).fillColor(INK.text)
  keepTogether(page, page.heightOfString(inOneLine(item), look))
  const top = page.y
  page.text('•', left, top, { lineBreak: false })
  page.text(inOneLine(item), left + HANGING, top, look)
  page.moveDown(0.25)
  page.x = left
}

const GAP = 6

/** A figure never leaves its caption; one that is taller than a page is made to fit. */
function drawFigure(
  page: Page,
  { svg, size, caption }: PdfParts['figures'][number],
  label: string,
  font: FigureFont,
): void {
  const [regular, bold] = FONT_FACTS[font].faces
  const { margins, width: pageWidth, height: pageHeight } = page.page
  const space = pageWidth - margins.left - margins.right
  const words = `${label}${inOneLine(caption)}`
  page.font(FONTS.regular).fontSize(SIZES.small)
  const captionHeight = page.heightOfString(words, { width: space })
  const tallest = pageHeight - margins.top - margins.bottom - captionHeight - 2 * GAP
  const scale = Math.min(space / size.width, tallest / size.height)
  const [width, height] = [size.width * scale, size.height * scale]
  keepTogether(page, height + captionHeight + 2 * GAP)
  // A size of its own would win over the one asked for here.
  const unsized = svg.replace(/^(<svg)[^>]*?(?= xmlns)/, '$1')
  svgToPdf(page, unsized, margins.left + (space - width) / 2, page.y, {
    width,
    height,
    fontCallback: (_family, isBold) => fontFile(`${(isBold ? bold : regular).file}.ttf`),
  })
  page.y += height + GAP
  page.font(FONTS.regular).fontSize(SIZES.small).fillColor(INK.soft)
  page.text(words, margins.left, page.y, { width: space })
  page.moveDown(1.2)
}

/** "title … page of pages" at the foot of every page. */
function numberPages(page: Page, title: string): void {
  const { start, count } = page.bufferedPageRange()
  for (let i = start; i < start + count; i++) {
    page.switchToPage(i)
    const { margins, width, height } = page.page
    // Text below the lower margin would begin a new page.
    margins.bottom = 0
    page.font(FONTS.regular).fontSize(SIZES.small).fillColor(INK.soft)
    const look = { width: width - margins.left - margins.right, lineBreak: false }
    page.text(title, margins.left, height - 36, { ...look, ellipsis: true, width: look.width - 60 })
    page.text(`${i + 1} of ${count}`, margins.left, height - 36, { ...look, align: 'right' })
  }
}
