import { drawRates, expandGrid, RATE_SAMPLES, roundRate } from '../../../src-main/study/rates'
import type { RateDraw, RateGrid } from '../../../src-main/study/rates'

/** `learning_rates` of a study file as it is being written: in which of its three forms, and the rates that it makes. */
export type WrittenRates =
  | { readonly shape: 'list'; readonly list: readonly unknown[]; readonly rates: readonly number[] }
  | { readonly shape: 'grid'; readonly grid: RateGrid | null; readonly rates: readonly number[] }
  | { readonly shape: 'drawn'; readonly draw: RateDraw | null; readonly rates: readonly number[] }

/** Most rates to a decade, and most drawn ones, as a study file may ask for: what is beyond is not drawn on the axis. */
const MOST_PER_DECADE = 100
const MOST_DRAWN = 1000

/** Rates rise and stand once; there are none where what is written makes none. */
export function readRates(written: unknown): WrittenRates {
  if (Array.isArray(written)) {
    const list = written as readonly unknown[]
    const numbers = list.filter((each): each is number => typeof each === 'number' && each > 0)
    return { shape: 'list', list, rates: rising(numbers.map(roundRate)) }
  }
  const values = (typeof written === 'object' ? written : null) as Readonly<Record<string, unknown>> | null
  if (values !== null && 'count' in values) {
    const draw = drawOf(values)
    return { shape: 'drawn', draw, rates: draw === null ? [] : rising(drawRates(draw)) }
  }
  const grid = gridIn(values ?? {})
  return { shape: 'grid', grid, rates: grid === null ? [] : expandGrid(grid) }
}

const rising = (rates: readonly number[]): number[] => [...new Set(rates)].sort((a, b) => a - b)

function gridIn({ from, to, per_decade = 1 }: Readonly<Record<string, unknown>>): RateGrid | null {
  const grid = { from: Number(from), to: Number(to), per_decade: Number(per_decade) }
  return isRange(grid) && grid.per_decade >= 1 && grid.per_decade <= MOST_PER_DECADE ? grid : null
}

function drawOf({
  from,
  to,
  count,
  sample: word,
  seed = 0,
}: Readonly<Record<string, unknown>>): RateDraw | null {
  const ends = { from: Number(from), to: Number(to) }
  const sample = word === undefined ? 'log-uniform' : RATE_SAMPLES.find((each) => each === word)
  const isDraw = isRange(ends) && Number(count) >= 1 && Number(count) <= MOST_DRAWN
  return isDraw && sample ? { ...ends, count: Number(count), sample, seed: Number(seed) } : null
}

const isRange = ({ from, to }: { readonly from: number; readonly to: number }): boolean =>
  from > 0 && to >= from
