import { widerDraw } from '../../../src-main/analysis/audit/draws'
import { expandGrid, roundRate } from '../../../src-main/study/rates'
import type { RateDraw, RateGrid } from '../../../src-main/study/rates'

/** Changes of a list of learning rates as they are made on its axis; all keep it rising and without repetition. */

export type RateRange = Pick<RateDraw, 'from' | 'to'>

const LOWEST = -12
const HIGHEST = 2

/** What one press of an arrow key moves a rate by, log 10. */
export const HALF_DECADE = 0.5

/** A rate at a place of the axis (log 10), to the nearest half decade. */
export const halfDecade = (log: number): number => rateAt(Math.round(2 * log) / 2)

const rateAt = (log: number): number => roundRate(10 ** Math.max(LOWEST, Math.min(HIGHEST, log)))

export const withRate = (rates: readonly number[], rate: number): number[] =>
  [...new Set([...rates, rate])].sort((a, b) => a - b)

/** The last rate stays: a study has at least one. */
export const withoutRate = (rates: readonly number[], rate: number): number[] =>
  rates.length < 2 ? [...rates] : rates.filter((each) => each !== rate)

/** The rates with one more, half a decade beyond an end; those that are there stay, and so do their runs. */
export function extended(rates: readonly number[], end: 'low' | 'high'): number[] {
  const at = end === 'low' ? rates[0] : rates.at(-1)
  if (at === undefined) return [1e-3]
  return withRate(rates, rateAt(Math.log10(at) + (end === 'low' ? -0.5 : 0.5)))
}

/** A draw over half a decade more, its rates as dense as they were: what is drawn stays a draw. */
export const widened = (draw: RateDraw, end: 'low' | 'high'): RateDraw =>
  widerDraw(draw, end === 'low' ? { below: 0.5 } : { above: 0.5 })

/** A range with one end moved to a place of the axis, by half decades and never past the other end. */
export function movedEnd(range: RateRange, end: 'from' | 'to', log: number): RateRange {
  const now = { ...range, [end]: halfDecade(log) }
  return now.from < now.to && now[end] !== range[end] ? now : range
}

/**
 * The rates with one of them moved to a place of the axis. An end of a grid moves by whole steps of it, so that the rates
 * between stay where they are; any other rate moves by half decades, as far as its neighbours.
 */
export function moved(
  rates: readonly number[],
  index: number,
  log: number,
  perDecade: number | null,
): number[] {
  const old = rates[index]
  if (old === undefined) return [...rates]
  const [low = old, high = old] = [rates[0], rates.at(-1)]
  if (perDecade !== null && rates.length > 1 && (index === 0 || index === rates.length - 1)) {
    const isLow = index === 0
    const steps = Math.round((log - Math.log10(old)) * perDecade)
    const end = rateAt(Math.log10(old) + steps / perDecade)
    const [from, to] = isLow ? [end, high] : [low, end]
    return from > to ? [...rates] : expandGrid({ from, to, per_decade: perDecade })
  }
  const now = halfDecade(log)
  const [below, above] = [rates[index - 1] ?? 0, rates[index + 1] ?? Infinity]
  if (now <= below || now >= above) return [...rates]
  return rates.map((rate, i) => (i === index ? now : rate))
}

/** The grid that these rates are, if they are one of so many to a decade; null otherwise. */
export function gridOf(rates: readonly number[], perDecade: number): RateGrid | null {
  const [from, to] = [rates[0], rates.at(-1)]
  if (from === undefined || to === undefined) return null
  const grid = { from, to, per_decade: perDecade }
  const expanded = expandGrid(grid)
  const isSame = expanded.length === rates.length && expanded.every((rate, i) => rate === rates[i])
  return isSame ? grid : null
}
