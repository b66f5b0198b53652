import { drawRates, formatRate, roundRate, SAY_SAMPLE } from '../../study/rates'
import type { RateDraw } from '../../study/rates'
import { changeStudy } from './finding'
import type { Remedy } from './finding'

/**
 * What mends a study whose rates are drawn: more draws, which keep those there are, or a wider range, which draws all of
 * them anew. The draw stays a draw: a list of its rates would no longer say how they came about.
 */

/** More than this many times the draws there are is no remedy but another study. */
const MOST_TIMES = 4
/** As many as a study file may ask for. */
export const MOST_DRAWS = 1000

/** The smallest larger count whose rates, rising, are as wanted; null where none within reason is. */
export function largerDraw(
  draw: RateDraw,
  isWanted: (rates: readonly number[]) => boolean,
  most = MOST_TIMES * draw.count + 1,
): RateDraw | null {
  const all = drawRates({ ...draw, count: Math.min(MOST_DRAWS, most) })
  for (let count = draw.count + 1; count <= all.length; count++) {
    const rates = all.slice(0, count).sort((a, b) => a - b)
    if (isWanted(rates)) return { ...draw, count }
  }
  return null
}

/** The draw over a range that goes so many decades further, its rates as dense as they were where it draws most. */
export function widerDraw(
  draw: RateDraw,
  further: { readonly below?: number; readonly above?: number },
): RateDraw {
  const [below, above] = [further.below ?? 0, further.above ?? 0]
  const [from, to] = [roundRate(draw.from / 10 ** below), roundRate(draw.to * 10 ** above)]
  const more =
    draw.sample === 'uniform'
      ? draw.to > draw.from
        ? draw.count * ((to - from) / (draw.to - draw.from) - 1)
        : 1
      : (draw.to > draw.from ? draw.count / Math.log10(draw.to / draw.from) : 1) * (below + above)
  return { ...draw, from, to, count: Math.min(MOST_DRAWS, draw.count + Math.max(1, Math.ceil(more))) }
}

/** The draw that reaches so far: where rates are drawn uniformly hardly any is low, so lower ones are drawn log-uniformly. */
export const reachingDraw = (draw: RateDraw, further: Parameters<typeof widerDraw>[1]): RateDraw =>
  widerDraw(further.below === undefined ? draw : { ...draw, sample: 'log-uniform' }, further)

/** "Draw 12 rates in place of 8, the 8 among them." */
export const drawMore = (before: RateDraw, draw: RateDraw): Remedy =>
  changeStudy(
    `Draw ${draw.count} rates in place of ${before.count}, for all settings; those there are stay${sayNew(before, draw)}.`,
    { learning_rates: draw },
  )

function sayNew(before: RateDraw, draw: RateDraw): string {
  const fresh = drawRates(draw).slice(before.count)
  return fresh.length <= 3
    ? `, and ${fresh.map(formatRate).join(' and ')} ${fresh.length === 1 ? 'is' : 'are'} new`
    : ''
}

export const drawWider = (draw: RateDraw): Remedy =>
  changeStudy(
    `Draw ${draw.count} rates ${SAY_SAMPLE[draw.sample]} from ${formatRate(draw.from)} to ${formatRate(draw.to)}, for all settings. All rates are drawn anew: the runs at those of now are kept, and no longer compared.`,
    { learning_rates: draw },
  )

/** More draws where some within reason are as wanted; a wider range first where none is. */
export function drawnRemedies(
  draw: RateDraw,
  isWanted: (rates: readonly number[]) => boolean,
  wider: RateDraw,
): { readonly remedy: Remedy; readonly alternative: Remedy | null } {
  const larger = largerDraw(draw, isWanted)
  return larger === null
    ? { remedy: drawWider(wider), alternative: null }
    : { remedy: drawMore(draw, larger), alternative: drawWider(wider) }
}
