import { FONTS, inOneLine, INK, keepTogether, SIZES } from './pdf-page'
import type { Page } from './pdf-page'
import type { ReportTable } from './tables'

const LARGEST = 8.5
/** Smaller nobody reads; a table that is wider still is broken into parts side by side. */
const SMALLEST = 7
const PADDING = 4
const ROW_GAP = 2.5
/** Words in a cell wrap beyond this share of the page. */
const WIDEST_COLUMN = 0.34

interface Line {
  readonly texts: readonly string[]
  readonly bold: readonly boolean[]
}

interface Layout {
  readonly size: number
  /** In points, the labels' first. */
  readonly widths: readonly number[]
}

/**
 * A table with its caption above, its notes below, and rules instead of boxes. A row is never broken; the heading is
 * said again on every page.
 */
export function drawTable(page: Page, table: ReportTable, label: string): void {
  const parts = partsOf(page, table)
  page.font(FONTS.regular).fontSize(SIZES.small)
  keepTogether(page, page.heightOfString(`${label}${inOneLine(table.caption)}`) + 70)
  page.fillColor(INK.text).text(`${label}${inOneLine(table.caption)}`)
  page.moveDown(0.4)
  for (const { lines, layout } of parts) drawLines(page, lines, layout)
  if (table.notes.length > 0) {
    page.font(FONTS.regular).fontSize(7).fillColor(INK.soft)
    page.text(table.notes.map(inOneLine).join(' '), page.page.margins.left, page.y)
  }
  page.moveDown(1.5)
}

/** As many columns side by side as fit, at the largest size that fits them all or else the smallest. */
function partsOf(page: Page, table: ReportTable): { lines: Line[]; layout: Layout }[] {
  const space = page.page.width - page.page.margins.left - page.page.margins.right
  const widthsAt = (size: number): number[] => columnWidths(page, linesOf(table), size, WIDEST_COLUMN * space)
  const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, 0)
  const natural = total(widthsAt(LARGEST))
  const size = Math.max(SMALLEST, Math.min(LARGEST, (LARGEST * space) / natural))
  const [first = 0, ...rest] = widthsAt(size)
  const parts: number[][] = [[]]
  let filled = first
  rest.forEach((width, column) => {
    if (filled + width > space + 0.5 && parts.at(-1)?.length !== 0) {
      parts.push([])
      filled = first
    }
    parts.at(-1)?.push(column)
    filled += width
  })
  return parts.map((columns) => ({
    lines: linesOf(table, columns),
    layout: { size, widths: [first, ...columns.map((column) => rest[column] ?? 0)] },
  }))
}

/** The heading and the rows, of these columns. */
function linesOf({ corner, columns, rows }: ReportTable, wanted = columns.map((_, i) => i)): Line[] {
  return [
    {
      texts: [corner, ...wanted.map((i) => columns[i] ?? '')].map(inOneLine),
      bold: [false, ...wanted.map(() => false)],
    },
    ...rows.map(({ label, cells }) => ({
      texts: [label, ...wanted.map((i) => cells[i]?.text ?? '')].map(inOneLine),
      bold: [false, ...wanted.map((i) => cells[i]?.bold ?? false)],
    })),
  ]
}

const faceOf = ({ bold }: Line, column: number): string =>
  bold[column] === true ? FONTS.bold : FONTS.regular

function columnWidths(page: Page, lines: readonly Line[], size: number, widest: number): number[] {
  page.fontSize(size)
  return (lines[0]?.texts ?? []).map((_, column) => {
    const widths = lines.map((line) =>
      page.font(faceOf(line, column)).widthOfString(line.texts[column] ?? ''),
    )
    return Math.min(widest, Math.ceil(Math.max(...widths)) + 1) + 2 * PADDING
  })
}

function drawLines(page: Page, lines: readonly Line[], layout: Layout): void {
  const [heading, ...rows] = lines
  if (!heading) return
  const headingHeight = heightOf(page, heading, layout)
  keepTogether(page, headingHeight + 2 * (rows[0] ? heightOf(page, rows[0], layout) : 0))
  const begin = (): void => {
    drawRule(page, layout, 0.8)
    drawLine(page, heading, layout)
    drawRule(page, layout, 0.4)
  }
  begin()
  for (const row of rows) {
    const before = page.page
    keepTogether(page, heightOf(page, row, layout) + 2)
    if (page.page !== before) begin()
    drawLine(page, row, layout)
  }
  drawRule(page, layout, 0.8)
  page.y += 5
}

const look = (width: number) => ({ width: width - 2 * PADDING })

function heightOf(page: Page, line: Line, { size, widths }: Layout): number {
  page.fontSize(size)
  const heights = line.texts.map((text, i) =>
    page.font(faceOf(line, i)).heightOfString(text === '' ? ' ' : text, look(widths[i] ?? 0)),
  )
  return Math.max(...heights) + 2 * ROW_GAP
}

function drawLine(page: Page, line: Line, layout: Layout): void {
  const top = page.y
  const height = heightOf(page, line, layout)
  let { left } = page.page.margins
  line.texts.forEach((text, i) => {
    const width = layout.widths[i] ?? 0
    page.font(faceOf(line, i)).fillColor(INK.text)
    page.text(text, left + PADDING, top + ROW_GAP, { ...look(width), align: i === 0 ? 'left' : 'right' })
    left += width
  })
  page.x = page.page.margins.left
  page.y = top + height
}

function drawRule(page: Page, { widths }: Layout, weight: number): void {
  const { left } = page.page.margins
  const width = widths.reduce((sum, each) => sum + each, 0)
  page
    .moveTo(left, page.y)
    .lineTo(left + width, page.y)
    .lineWidth(weight)
    .strokeColor(INK.line)
    .stroke()
}
