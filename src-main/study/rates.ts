/** A logarithmic grid of learning rates: steps of 10^(1/per_decade) upward from `from`; `to` is always the last. */
export interface RateGrid {
  readonly from: number
  readonly to: number
  readonly per_decade: number
}

/**
 * A learning rate as a study knows it: rounded to 3 significant digits, as the nearest double of that decimal, so that
 * 1e-5 from a grid is the 1e-5 of a list and both have the same key.
 */
export const roundRate = (rate: number): number => Number(rate.toPrecision(3))

/** The rates of a grid, ascending, without the double that rounding may make of the last step. */
export function expandGrid({ from, to, per_decade }: RateGrid): number[] {
  const first = Math.log10(from)
  const last = roundRate(to)
  const rates: number[] = []
  for (let step = 0; ; step++) {
    const rate = roundRate(10 ** (first + step / per_decade))
    if (rate >= last) break
    rates.push(rate)
  }
  return [...rates, last]
}

/** A rate as people write it: 3.16e-4, 1e-2, 0.5. Good for any other number of a study too. */
export function formatRate(rate: number): string {
  const size = Math.abs(rate)
  const plain = size === 0 || (size >= 0.1 && size < 1e4) || (Number.isInteger(rate) && size < 1e10)
  return plain ? String(rate) : rate.toExponential().replace('e+', 'e')
}
