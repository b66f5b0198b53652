/** Numbers as people and trackers write them. */

const SPECIAL: Readonly<Record<string, number>> = {
  nan: NaN,
  inf: Infinity,
  infinity: Infinity,
  '+inf': Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
}
/** Cells that say that there is nothing. */
const NOTHING: ReadonlySet<string> = new Set(['', 'null', 'none', 'na', 'n/a', '-', '–'])

/** Long enough for any double; longer text is no number. */
const LONGEST = 64

/**
 * The number, null where there is nothing, undefined where it is something else. Thousands separators are refused: "1,000"
 * is a thousand to some and one to others.
 */
export function readNumber(
  value: string | number | boolean | undefined,
  decimal: '.' | ',' = '.',
): number | null | undefined {
  if (value === undefined) return null
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return undefined
  const text = value.trim()
  if (NOTHING.has(text.toLowerCase())) return null
  const special = SPECIAL[text.toLowerCase()]
  if (special !== undefined && Object.hasOwn(SPECIAL, text.toLowerCase())) return special
  if (text.length > LONGEST) return undefined
  const pointed = decimal === ',' ? text.replace(',', '.') : text
  if (decimal === ',' && text.includes('.')) return undefined
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(pointed) ? Number(pointed) : undefined
}

/** A hundredth, as the decimal that people would write: 38.9 → 0.389, not 0.38899999999999996. */
export function fromPercent(value: number): number {
  const text = String(value)
  return text.includes('e') || !Number.isFinite(value) ? value / 100 : Number(`${text}e-2`)
}

/**
 * Text as it was before a spreadsheet export made it harmless: an apostrophe before a sign that starts a formula is dropped.
 */
export const unescapeFormula = (text: string): string =>
  /^'[=+\-@\t\r＝＋－＠]/.test(text) ? text.slice(1) : text
