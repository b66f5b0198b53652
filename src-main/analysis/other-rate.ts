import type { SelectionRule } from '../run'
import type { Cell, Comparison, Group, Ranking, RankFlip } from './conclusions'
import { compareScores } from './selection'
import { neighboursOf, sayAtRate } from './wording'

/**
 * What one learning rate for all settings, the rate that another paper used, makes of a comparison. Nothing here looks
 * at a run: moving the rate is cheap enough to follow a pointer.
 */

type UnsharedCell = Omit<Cell, 'shared'>

/** The column "at one shared rate": the other paper's where every setting tried it, else the best on average. */
export function shareRate<Unshared extends UnsharedCell>(
  cells: readonly Unshared[],
  metric: SelectionRule['metric'],
  otherRate: number | null,
): { readonly sharedRate: Group['sharedRate']; readonly cells: (Unshared & Pick<Cell, 'shared'>)[] } {
  const sharedRate = findSharedRate(cells, metric, otherRate)
  return { sharedRate, cells: cells.map((cell) => ({ ...cell, shared: atRate(cell, sharedRate?.rate) })) }
}

function findSharedRate(
  cells: readonly UnsharedCell[],
  metric: SelectionRule['metric'],
  otherRate: number | null,
): Group['sharedRate'] {
  const common = (cells[0]?.arms ?? [])
    .map(({ rate }) => ({ rate, arms: cells.flatMap(({ arms }) => arms.filter((arm) => arm.rate === rate)) }))
    .filter(({ arms }) => arms.length === cells.length)
  const other = common.find(({ rate }) => rate === otherRate)
  if (other) return { rate: other.rate, why: 'other-paper' }
  const scored = common
    .map(({ rate, arms }) => ({ rate, scores: arms.flatMap(({ score }) => score ?? []) }))
    .filter(({ scores }) => scores.length === cells.length)
    .map(({ rate, scores }) => ({ rate, total: scores.reduce((a, b) => a + b, 0) }))
    .sort((a, b) => compareScores(metric, a.total, b.total) || a.rate - b.rate)
  return scored[0] ? { rate: scored[0].rate, why: 'best-on-average' } : null
}

function atRate(cell: UnsharedCell, rate: number | undefined): Cell['shared'] {
  const arm = cell.arms.find((candidate) => candidate.rate === rate)
  return arm ? { rate: arm.rate, validation: arm.validation, test: arm.test } : null
}

/** What can be read off a group at one rate for all. */
export interface RateReading {
  readonly rate: number
  /** Null where the settings do not share this rate: between trained rates there are no facts. */
  readonly ranking: Ranking | null
  /** The shared rates beside one that was not trained. */
  readonly below: Ranking | null
  readonly above: Ranking | null
  /** Pairs that this rate orders otherwise than their own best rates do. */
  readonly flips: readonly RankFlip[]
  readonly sentence: string
}

/** Ranking, flips and verdict at one rate; where it was not trained, those of its neighbours and nothing between. */
export function readAtRate(group: Group, rate: number): RateReading {
  const ranking = group.rankings.find((candidate) => candidate.rate === rate) ?? null
  const { below, above } = neighboursOf(group.rankings, rate)
  return {
    rate,
    ranking,
    below: ranking ? null : below,
    above: ranking ? null : above,
    flips: ranking ? group.flips.filter((flip) => flip.rate === rate) : [],
    sentence: sayAtRate(group, rate),
  }
}

/** The group as `compareStudy` would have made it with this rate, from one made without. */
export function groupAtRate(group: Group, { metric }: Pick<Comparison, 'metric'>, rate: number): Group {
  return {
    ...group,
    ...shareRate(group.cells, metric, rate),
    sentences: [sayAtRate(group, rate), ...group.sentences],
  }
}
