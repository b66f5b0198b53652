/** A point of a line with how far its band reaches to either side, in the axes' units. */
export interface BandPoint {
  readonly at: number
  readonly mean: number
  /** Null: no band here. */
  readonly spread: number | null
}

/** The ground behind a line: from mean − spread to mean + spread. Nothing with fewer than two points that have one. */
export function bandSeries(name: string, points: readonly BandPoint[], color: string): object {
  const banded = points.filter((point): point is BandPoint & { spread: number } => point.spread !== null)
  return {
    type: 'custom',
    name,
    silent: true,
    clip: true,
    z: 1,
    tooltip: { show: false },
    data: banded.length > 1 ? [banded.map(({ at }) => at)] : [],
    renderItem: (_: unknown, api: { coord: (at: readonly number[]) => number[] }) => ({
      type: 'polygon',
      shape: {
        points: [
          ...banded.map(({ at, mean, spread }) => api.coord([at, mean + spread])),
          ...banded.toReversed().map(({ at, mean, spread }) => api.coord([at, mean - spread])),
        ],
      },
      style: { fill: color, opacity: 0.16 },
    }),
  }
}
