/** A point of a line with how far its band reaches to either side, in the axes' units. */
export interface BandPoint {
  readonly at: number
  readonly mean: number
  /** Null: no band here. */
  readonly spread: number | null
}

type Banded = BandPoint & { readonly spread: number }

/**
 * The ground behind a line, from mean − spread to mean + spread. It is broken where a point has none; a point that
 * stands alone gets a bar.
 */
export function bandSeries(name: string, points: readonly BandPoint[], color: string): object {
  const stretches = stretchesOf(points)
  return {
    type: 'custom',
    name,
    silent: true,
    clip: true,
    z: 1,
    tooltip: { show: false },
    // One item, for one drawing of all; the axes take their extent from it, so it is a point of the line.
    data: stretches.flatMap((stretch) => stretch.map(({ at, mean }) => [at, mean])).slice(0, 1),
    renderItem: (_: unknown, api: { coord: (at: readonly number[]) => number[] }) => ({
      type: 'group',
      children: stretches.map((stretch) => {
        const [first] = stretch
        return first && stretch.length === 1
          ? bar(
              api.coord([first.at, first.mean + first.spread]),
              api.coord([first.at, first.mean - first.spread]),
              color,
            )
          : {
              type: 'polygon',
              shape: {
                points: [
                  ...stretch.map(({ at, mean, spread }) => api.coord([at, mean + spread])),
                  ...stretch.toReversed().map(({ at, mean, spread }) => api.coord([at, mean - spread])),
                ],
              },
              style: { fill: color, opacity: 0.16 },
            }
      }),
    }),
  }
}

/** Neighbours that have a spread, together. */
function stretchesOf(points: readonly BandPoint[]): Banded[][] {
  const stretches: Banded[][] = [[]]
  for (const { spread, ...point } of points) {
    if (spread === null) stretches.push([])
    else stretches.at(-1)?.push({ ...point, spread })
  }
  return stretches.filter(({ length }) => length > 0)
}

const bar = ([x1 = 0, y1 = 0]: number[], [x2 = 0, y2 = 0]: number[], color: string): object => ({
  type: 'line',
  shape: { x1, y1, x2, y2 },
  style: { stroke: color, lineWidth: 4, opacity: 0.3 },
})
