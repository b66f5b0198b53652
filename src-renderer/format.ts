import { formatCount } from '../src-main/analysis/wording'
import { formatRate } from '../src-main/study/rates'

/** Numbers and times as people read them. Pure; the tables, charts and forms share it. */

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** A learning rate in the few digits that tell it from its neighbours, as the sentences of a comparison write it: "1e-3", "0.3". */
export const rate = (value: number): string => formatRate(Number(value.toPrecision(3)))

/** A number of any size in three digits and its power of ten: "2.5e6". */
export const scientific = (value: number): string =>
  value
    .toExponential(2)
    .replace(/\.?0+e/, 'e')
    .replace('e+', 'e')

/** The same for an axis: "10⁻³", "3.16×10⁻⁷". */
export function rateLabel(value: number): string {
  const [digits = '', exponent = ''] = scientific(value).split('e')
  const power = `10${exponent.replace('-', '⁻').replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? digit)}`
  return digits === '1' ? power : `${digits}×${power}`
}

/** A score in its table: accuracies in per cent with one decimal, losses with four significant digits. */
export function score(value: number | null | undefined, metric: 'accuracy' | 'loss'): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–'
  return metric === 'accuracy' ? (100 * value).toFixed(1) : value.toPrecision(4)
}

/** "98.5 ± 0.1"; without a standard error the mean alone. */
export function estimate(
  value: { readonly mean: number; readonly sem: number | null } | null | undefined,
  metric: 'accuracy' | 'loss',
): string {
  if (value === null || value === undefined) return '–'
  const mean = score(value.mean, metric)
  return value.sem === null ? mean : `${mean} ± ${score(value.sem, metric)}`
}

export { formatCount as count }

/** "1 run", "2 runs", "2 studies". */
export const plural = (value: number, word: string, words = `${word}s`): string =>
  `${formatCount(value)} ${value === 1 ? word : words}`

/** "40 s", "3 min", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

// Made once: a format takes longer to make than to use a hundred times.
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const DAY_AND_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** "14:05" for today, "3 Nov 14:05" for this year, else with its year. */
export function moment(iso: string, now = new Date()): string {
  const at = new Date(iso)
  if (at.toDateString() === now.toDateString()) return CLOCK.format(at)
  const day = at.getFullYear() === now.getFullYear() ? DAY : DAY_AND_YEAR
  return `${day.format(at)} ${CLOCK.format(at)}`
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** "812 B", "90.9 MB", in powers of 1000, as file systems tell sizes. */
export function bytes(value: number): string {
  const step = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  const scaled = value / 1000 ** step
  return `${step === 0 ? scaled : scaled.toPrecision(3)} ${BYTE_UNITS[step] ?? ''}`
}
