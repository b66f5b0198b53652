import type { PublishedCell } from '../run'
import type { Cell, Contrast, Difference, Estimate } from './conclusions'
import { welchOfSummaries } from './difference'
import { describeDifference, formatScore } from './wording'

/**
 * What can be said of cells from papers. They have a mean and perhaps a standard error and a number of seeds: enough to set
 * them beside each other and beside runs, never enough to choose a rate, to pair seeds or to draw a curve.
 */

type Metric = 'accuracy' | 'loss'

/** A sentence for each number set beside a run's, and for each contrast within one paper. */
export function sayPublished(
  metric: Metric,
  published: readonly PublishedCell[],
  cells: readonly Cell[],
  contrasts: readonly Contrast[],
): string[] {
  const beside = published.flatMap((cell) => {
    const ours = cells.find(({ setting }) => setting === cell.setting)?.choice?.test
    if (!ours) return []
    const [a, b] = [`${cell.setting} here`, nameOf(cell)]
    return `Beside a published number, on test: ${describe(metric, 'both', [a, ours], [b, cell])}.`
  })
  const within = papersIn(published).flatMap((paper) =>
    contrasts.flatMap(({ a, b, kind }) => {
      const [first, second] = [a, b].map((name) => paper.find(({ setting }) => setting === name))
      if (!first || !second) return []
      return `Published (${first.source}, ${first.model}): ${describe(metric, kind, [a, first], [b, second])}.`
    }),
  )
  return [...beside, ...within]
}

/** What published cells leave open. */
export const sayPublishedLimits = (published: readonly PublishedCell[]): string[] =>
  papersIn(published).flatMap(([cell]) =>
    cell
      ? `Anything about learning rates, seeds, curves or rankings by rate of ${cell.source} (${cell.model}): not available for published cells, whose intervals come from standard errors as printed, that is rounded.`
      : [],
  )

/** "frozen-random (Lu et al. 2021, gpt2)". */
const nameOf = ({ setting, source, model }: PublishedCell): string => `${setting} (${source}, ${model})`

/** "98.5 ± 0.1 (n = 3)", as far as it is known. */
export function publishedText({ metric, mean, sem, n }: PublishedCell): string {
  const spread = sem === null ? '' : ` ± ${formatScore(metric, sem)}`
  return `${formatScore(metric, mean)}${spread}${n === null ? '' : ` (n = ${n})`}`
}

/** Cells of one source and model. */
function papersIn(published: readonly PublishedCell[]): PublishedCell[][] {
  const papers = new Map<string, PublishedCell[]>()
  for (const cell of published) {
    const key = JSON.stringify([cell.source, cell.model])
    papers.set(key, [...(papers.get(key) ?? []), cell])
  }
  return [...papers.values()]
}

type Named = readonly [name: string, summary: PublishedCell | Estimate]

function describe(metric: Metric, kind: Contrast['kind'], [a, x]: Named, [b, y]: Named): string {
  const result = welchOfSummaries(x, y)
  const difference: Difference = {
    a,
    b,
    contrast: kind,
    split: 'test',
    rates: { a: NaN, b: NaN },
    ...result,
    beyondNoise: result.interval && (result.interval.low > 0 || result.interval.high < 0),
    n: { a: x.n ?? 0, b: y.n ?? 0 },
    runs: { a: 'runs' in x ? x.runs : [], b: 'runs' in y ? y.runs : [] },
  }
  return describeDifference(metric, difference)
}
