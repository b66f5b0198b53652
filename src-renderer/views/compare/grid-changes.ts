import { drawMore, MOST_DRAWS } from '../../../src-main/analysis/audit/draws'
import type { Remedy, StudyPatch } from '../../../src-main/analysis/audit'
import { roundRate } from '../../../src-main/study/rates'
import type { Study } from '../../../src-main/study/study'

/** What of a study a click in the map of runs adds to. */
export type StudyGrid = Pick<Study, 'learning_rates' | 'rate_draw' | 'extra_learning_rates' | 'seeds'> & {
  readonly settings: readonly string[]
}

/** The seeds of a study with the smallest that it has not yet. */
export function nextSeeds(seeds: readonly number[]): number[] {
  let next = 0
  while (seeds.includes(next)) next++
  return [...seeds, next]
}

const HALF_DECADE = Math.sqrt(10)

/**
 * The rates half way from one rate of a study to either neighbour; beyond the last, half a decade on. A rate that only
 * some settings tried has its neighbours among all.
 */
export function ratesBeside(grid: StudyGrid, beside: number): number[] {
  const known = [...grid.learning_rates, ...Object.values(grid.extra_learning_rates).flat()]
  const below = known.filter((rate) => rate < beside)
  const above = known.filter((rate) => rate > beside)
  const between = (neighbour: number, beyond: number): number =>
    roundRate(Number.isFinite(neighbour) && neighbour > 0 ? Math.sqrt(neighbour * beside) : beyond)
  return [
    between(Math.max(...below), beside / HALF_DECADE),
    between(Math.min(...above), beside * HALF_DECADE),
  ].filter((rate) => !known.includes(rate))
}

/**
 * The change that has every setting try these rates too. A list or grid takes them in; drawn rates stay as they were
 * drawn, and the new ones stand beside them as everybody's extra: a draw with some added by hand would be none.
 */
export function withRates(grid: StudyGrid, added: readonly number[]): StudyPatch {
  if (grid.rate_draw === undefined) return { learning_rates: rising([...grid.learning_rates, ...added]) }
  const more = added.filter((rate) => !grid.learning_rates.includes(rate))
  return {
    extra_learning_rates: Object.fromEntries(
      grid.settings.map((name) => [name, rising([...(grid.extra_learning_rates[name] ?? []), ...more])]),
    ),
  }
}

/** Every setting has this rate in its plan already. */
export const isTried = (grid: StudyGrid, rate: number): boolean =>
  grid.learning_rates.includes(rate) ||
  grid.settings.every((name) => grid.extra_learning_rates[name]?.includes(rate) === true)

/** Goes on drawing, by a quarter of what there is; null where rates are not drawn, or cannot be more. */
export function moreDraws({ rate_draw: draw }: StudyGrid): Remedy | null {
  if (draw === undefined || draw.count >= MOST_DRAWS) return null
  return drawMore(draw, { ...draw, count: Math.min(MOST_DRAWS, draw.count + Math.ceil(draw.count / 4)) })
}

const rising = (rates: readonly number[]): number[] => [...new Set(rates)].sort((a, b) => a - b)
