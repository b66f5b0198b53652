import { fontFile } from './drawing'
import { FONT_FACTS } from './figure-fonts'

/** A PDF being written, top to bottom. */
export type Page = PDFKit.PDFDocument

const [regular, bold] = FONT_FACTS.inter.faces
export const FONTS = { regular: fontFile(`${regular.file}.ttf`), bold: fontFile(`${bold.file}.ttf`) } as const

/** Font sizes in points. */
export const SIZES = { title: 20, heading: 13, text: 9.5, small: 8 } as const
export const INK = { text: '#000000', soft: '#444444', line: '#000000' } as const

/** Begins a new page where less than `height` points are left on this one. */
export function keepTogether(page: Page, height: number): void {
  if (page.y + height > page.page.height - page.page.margins.bottom) page.addPage()
}

/** Text of others, without the signs that would break a line or the file. */
export const inOneLine = (text: string): string => text.replace(/\p{Cc}+/gu, ' ')
