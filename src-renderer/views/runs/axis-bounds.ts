import { formatRate } from '../../../src-main/study/rates'

/** Brushed stretches of an axis as its ends or its words, and back. On an axis of words, a stretch covers their places. Pure. */

export type Stretch = readonly [low: number, high: number]

/** Of a word's place on either side. */
const HALF = 0.4

/** The words that the stretches cover. */
export const wordsWithin = (words: readonly string[], stretches: readonly Stretch[]): string[] =>
  words.filter((_, at) => stretches.some(([low, high]) => at >= low - 0.5 && at <= high + 0.5))

/** One stretch for words that stand side by side. */
export function stretchesOf(words: readonly string[], chosen: readonly string[]): Stretch[] {
  const stretches: [number, number][] = []
  words.forEach((word, at) => {
    if (!chosen.includes(word)) return
    const last = stretches.at(-1)
    if (last !== undefined && last[1] > at - 1) last[1] = at + HALF
    else stretches.push([at - HALF, at + HALF])
  })
  return stretches
}

/** Four digits of an end, as one types it: "0.25", "1e-5". */
export function shortNumber(value: number): string {
  const short = Number(value.toPrecision(4))
  return Math.abs(short) < 0.01 ? formatRate(short) : String(short)
}

export interface BoundsText {
  readonly from: string
  readonly to: string
}

/** The ends of all that is brushed, in per cent where the axis is; an open end is empty. */
export function boundsText(stretches: readonly Stretch[], percent: boolean): BoundsText {
  const say = (end: number): string =>
    Math.abs(end) < Infinity && end !== 0 ? shortNumber((percent ? 100 : 1) * end) : ''
  return {
    from: say(Math.min(...stretches.map(([low]) => low))),
    to: say(Math.max(...stretches.map(([, high]) => high))),
  }
}

/** The stretch between two ends as they were typed, none where both are open; null where one of them is no number. */
export function readBounds({ from, to }: BoundsText, percent: boolean): Stretch[] | null {
  const read = (typed: string, open: number): number =>
    typed.trim() === '' ? open : Number(typed) / (percent ? 100 : 1)
  // Nothing in a history is below zero, and a logarithmic axis knows no place below it.
  const [low, high] = [read(from, 0), read(to, Infinity)]
  if (Number.isNaN(low) || Number.isNaN(high)) return null
  return low <= 0 && high === Infinity ? [] : [[Math.min(low, high), Math.max(low, high)]]
}
