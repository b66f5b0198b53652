import Table from 'cli-table3'
import type { Estimate } from '../analysis/conclusions'
import { formatCount, formatScore } from '../analysis/wording'

/** How numbers and tables look in a terminal. */

/** "0:42", "1:07:30", "3 days 4 h": at the precision that a wait deserves. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  if (hours >= 48) return `${Math.floor(hours / 24)} days ${hours % 24} h`
  const pad = (value: number): string => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`
}

/** "1.2 GB" (decimal units). */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  const value = bytes / 1000 ** power
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${units[power]}`
}

export const countText = (count: number, word: string): string =>
  `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`

/** "97.1 ± 0.1 (3)": mean ± standard error (n); without an error where there is one value. */
export function estimateText(estimate: Estimate | null, metric: 'accuracy' | 'loss'): string {
  if (estimate === null) return '–'
  const error = estimate.sem === null ? '' : ` ± ${formatScore(metric, estimate.sem)}`
  return `${formatScore(metric, estimate.mean)}${error} (${estimate.n})`
}

/** Names and reasons come from files: what would steer the terminal is shown as a dot. */
export const plain = (text: string): string => text.replace(/\p{Cc}+/gu, '·')

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Aligned columns; those named in `right` are aligned to the right. */
export function tableText(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const table = new Table({
    head: [...head],
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: head.map((name) => (right.includes(name) ? 'right' : 'left')),
  })
  table.push(...rows.map((row) => row.map(plain)))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
