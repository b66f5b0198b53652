import { getDocument, OPS } from 'pdfjs-dist/legacy/build/pdf.mjs'

/** What a reader other than its writer finds in a PDF. */
export interface ReadPdf {
  /** Text of each page, pieces joined by spaces. */
  readonly pages: readonly string[]
  /** Names of the embedded fonts. */
  readonly fonts: ReadonlySet<string>
  /** Pictures made of pixels. */
  readonly images: number
  /** Of the first page, in points. */
  readonly width: number
  readonly attachments: ReadonlyMap<string, string>
  readonly headings: readonly string[]
}

const isText = (item: object): item is { str: string } => 'str' in item

/** Reads a PDF through Mozilla's reader. */
export async function readPdf(pdf: Buffer): Promise<ReadPdf> {
  const task = getDocument({ data: new Uint8Array(pdf), verbosity: 0 })
  const document = await task.promise
  const pages: string[] = []
  const fonts = new Set<string>()
  let images = 0
  let width = 0
  for (let number = 1; number <= document.numPages; number++) {
    const page = await document.getPage(number)
    if (number === 1) width = page.getViewport({ scale: 1 }).width
    const { items } = await page.getTextContent()
    pages.push(items.flatMap((item) => (isText(item) ? item.str : [])).join(' '))
    const { fnArray, argsArray } = await page.getOperatorList()
    images += fnArray.filter(
      (code) => code === OPS.paintImageXObject || code === OPS.paintInlineImageXObject,
    ).length
    fnArray.forEach((code, i) => {
      if (code !== OPS.setFont) return
      const [id] = argsArray[i] as [string]
      const font = page.commonObjs.get(id) as { name: string; missingFile?: boolean }
      fonts.add(font.missingFile === true ? `${font.name} (not embedded)` : font.name)
    })
  }
  const attached = ((await document.getAttachments()) ?? {}) as Record<string, { content: Uint8Array }>
  const outline = (await document.getOutline()) as { title: string }[] | null
  await task.destroy()
  return {
    pages,
    fonts,
    images,
    width,
    attachments: new Map(
      Object.entries(attached).map(([name, { content }]) => [name, Buffer.from(content).toString('utf8')]),
    ),
    headings: (outline ?? []).map(({ title }) => title),
  }
}
