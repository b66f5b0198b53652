import { roundRate } from '../../../src-main/study/rates'

/** The seeds of a study with the smallest that it has not yet. */
export function nextSeeds(seeds: readonly number[]): number[] {
  let next = 0
  while (seeds.includes(next)) next++
  return [...seeds, next]
}

const HALF_DECADE = Math.sqrt(10)

/**
 * A grid with a rate half way to either neighbour of one of its rates; beyond an end of the grid, half a decade on. A
 * rate that only some settings tried has its neighbours in the grid too.
 */
export function finerGrid(
  rates: readonly number[],
  beside: number,
): { readonly rates: readonly number[]; readonly added: readonly number[] } {
  const below = rates.filter((rate) => rate < beside)
  const above = rates.filter((rate) => rate > beside)
  const between = (neighbour: number, beyond: number): number =>
    roundRate(Number.isFinite(neighbour) && neighbour > 0 ? Math.sqrt(neighbour * beside) : beyond)
  const added = [
    between(Math.max(...below), beside / HALF_DECADE),
    between(Math.min(...above), beside * HALF_DECADE),
  ].filter((rate) => !rates.includes(rate))
  return { rates: [...rates, ...added].sort((a, b) => a - b), added }
}
