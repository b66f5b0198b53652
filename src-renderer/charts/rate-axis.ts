import { rateLabel } from '../format'
import { axisName } from './frame'
import type { ChartInk } from './ink'

/** A logarithmic axis of learning rates with room of a third of a step beyond the outer ones. */
export function rateAxis(rates: readonly number[], ink: ChartInk): object {
  const low = Math.min(...rates)
  const high = Math.max(...rates)
  const room = rates.length > 1 ? (high / low) ** (0.35 / (rates.length - 1)) : 2
  return {
    type: 'log',
    min: low / room,
    max: high * room,
    ...axisName('Learning rate', 28, ink),
    axisLine: { lineStyle: { color: ink.lineStrong } },
    axisTick: { show: true, lineStyle: { color: ink.lineStrong }, customValues: [...rates] },
    axisLabel: {
      color: ink.textSoft,
      fontSize: 11,
      hideOverlap: true,
      customValues: labelled(rates),
      formatter: (rate: number) => rateLabel(rate),
    },
    splitLine: { show: false },
  }
}

/** Every rate when they are few, else the round powers of ten among them. */
function labelled(rates: readonly number[]): number[] {
  const round = rates.filter((rate) => Number.isInteger(Number(Math.log10(rate).toFixed(6))))
  return rates.length > 7 && round.length > 1 ? round : [...rates]
}

/** The stretch of a logarithmic axis that belongs to one rate: half way to its neighbours, or as far beyond the ends. */
export function rateZone(rates: readonly number[], rate: number): [number, number] {
  const place = rates.indexOf(rate)
  const [before, after] = [rates[place - 1], rates[place + 1]]
  const step = after !== undefined ? after / rate : before !== undefined ? rate / before : 10
  return [
    before !== undefined ? Math.sqrt(before * rate) : rate / Math.sqrt(step),
    after !== undefined ? Math.sqrt(after * rate) : rate * Math.sqrt(step),
  ]
}

/** Neighbouring zones of the given rates, joined. */
export function rateZones(rates: readonly number[], chosen: readonly number[]): [number, number][] {
  const zones: [number, number][] = []
  for (const rate of rates.filter((candidate) => chosen.includes(candidate))) {
    const [from, to] = rateZone(rates, rate)
    const last = zones.at(-1)
    if (last && last[1] >= from * 0.999) last[1] = to
    else zones.push([from, to])
  }
  return zones
}
