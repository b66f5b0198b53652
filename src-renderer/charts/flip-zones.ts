import type { ChartInk } from './ink'

/** A stretch of the horizontal axis, from one value to another. */
export type Zone = readonly [from: number, to: number]

/**
 * The ground behind the rates at which some pair of settings stands otherwise than at its own best: the same look in
 * every figure, said in words on the first of them where there is room.
 */
export const flipZones = (zones: readonly Zone[], ink: ChartInk, words = ''): object => ({
  silent: true,
  itemStyle: { color: ink.textFaint, opacity: 0.1 },
  label: {
    show: words !== '' && zones.length > 0,
    position: 'insideTopLeft',
    distance: 4,
    color: ink.textFaint,
    fontSize: 10,
  },
  data: zones.map(([from, to], i) => [{ xAxis: from, name: i === 0 ? words : '' }, { xAxis: to }]),
})
