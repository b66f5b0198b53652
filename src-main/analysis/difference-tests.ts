import gammaln from '@stdlib/math-base-special-gammaln'
import tCdf from '@stdlib/stats-base-dists-t-cdf'
import tQuantile from '@stdlib/stats-base-dists-t-quantile'
import type { Cell, Comparison, Contrast, Difference, Estimate, Group, SeedScore } from './conclusions'
import { arePairs, chosenArm, contrastsAgainst, differenceAtBest, scoredSeeds } from './contrasts'
import type { ScoredSeed } from './contrasts'
import { pairedDifference, welchDifference } from './difference'
import type { Pairing } from './draws'
import { estimate, mean, variance } from './estimate'
import { seedsToShow, smallestDifference, smallestPairedDifference } from './power'
import { pairs } from './ranking'
import { bootstrapInterval, signFlipTest } from './resampling'
import type { BootstrapInterval, PermutationTest } from './resampling'
import { compareScores, higherIsBetter } from './selection'
import { stochasticOrder } from './stochastic-order'
import type { StochasticOrder } from './stochastic-order'

/** Everything that can honestly be said about one difference, given how many seeds there are. */
export interface DifferenceTest {
  readonly difference: Difference
  /** Two-sided p of the t interval; null without an interval. */
  readonly p: number | null
  /** p by Holm over the family of all tests of the group. */
  readonly holm: number | null
  /** Hedges' g: the difference in pooled standard deviations, corrected for small n; null without a spread. */
  readonly effect: number | null
  readonly permutation: PermutationTest
  /** Null, for `noBootstrap`. */
  readonly bootstrap: BootstrapInterval | null
  readonly noBootstrap: string | null
  readonly order: StochasticOrder | null
  readonly noOrder: string | null
  /** Smallest true difference that as many seeds an arm would show (80 % power, 95 % interval); null without a spread. */
  readonly smallest: number | null
  /** Seeds an arm to show a difference of the size seen; null where none would. */
  readonly seedsNeeded: number | null
  /** The same difference where every seed picks its own rate by its own validation score. */
  readonly reselected: Reselected | null
}

/** A difference that includes the variability of choosing the rate. */
export interface Reselected {
  readonly a: Estimate
  readonly b: Estimate
  readonly mean: number
  readonly interval: Difference['interval']
}

export interface TestFamily {
  readonly task: string
  readonly model: string
  /** What the family is, for the table that names it. */
  readonly family: string
  readonly split: 'validation' | 'test'
  readonly tests: readonly DifferenceTest[]
}

/** Tests of every contrast of a group, each side at its chosen rate: on test once it is open, else on validation. */
export function testDifferences(
  group: Group,
  { metric, testSealed, pairing }: Pick<Comparison, 'metric' | 'testSealed' | 'pairing'>,
): TestFamily {
  const split = splitOf(testSealed)
  const differences = group.bestDifferences.filter((difference) => difference.split === split)
  const tests = differences.map((difference) => testDifference(group, difference, metric, pairing))
  const adjusted = holm(tests.map(({ p }) => p))
  return {
    task: group.task,
    model: group.model,
    family: `${tests.length} contrasts of ${group.task} × ${group.model}, ${split} ${metric}, each setting at its chosen rate`,
    split,
    tests: tests.map((test, i) => ({ ...test, holm: adjusted[i] ?? null })),
  }
}

/**
 * Tests of every other setting against one, the other minus it. Anybody may have chosen that one after looking, so that
 * its p are adjusted over all pairs of settings.
 */
export function testAgainst(
  group: Group,
  reference: string,
  { metric, testSealed, pairing }: Pick<Comparison, 'metric' | 'testSealed' | 'pairing'>,
): TestFamily {
  const split = splitOf(testSealed)
  const between = ({ a, b }: Pick<Contrast, 'a' | 'b'>): Difference[] =>
    differenceAtBest(group.cells, { a, b, kind: 'both' }, split, pairing)
  const family = pairs(group.cells).flatMap(([a, b]) => between({ a: a.setting, b: b.setting }))
  const adjusted = holm(family.map(pValue))
  const holmOf = ({ a, b }: Difference): number | null =>
    adjusted[family.findIndex((each) => (each.a === a && each.b === b) || (each.a === b && each.b === a))] ??
    null
  const differences = contrastsAgainst(group, reference).flatMap((contrast) =>
    differenceAtBest(group.cells, contrast, split, pairing),
  )
  return {
    task: group.task,
    model: group.model,
    family: `all ${family.length} pairs of settings of ${group.task} × ${group.model}, since any of them may be the one that others are set against; ${split} ${metric}, each setting at its chosen rate`,
    split,
    tests: differences.map((difference) => ({
      ...testDifference(group, difference, metric, pairing),
      holm: holmOf(difference),
    })),
  }
}

const splitOf = (testSealed: boolean): TestFamily['split'] => (testSealed ? 'validation' : 'test')

function testDifference(
  group: Group,
  difference: Difference,
  metric: Comparison['metric'],
  pairing: Pairing,
): Omit<DifferenceTest, 'holm'> {
  const [a, b] = [difference.a, difference.b].map((setting) =>
    group.cells.find((cell) => cell.setting === setting),
  )
  const { split } = difference
  const [seedsA, seedsB] = [a, b].map((cell) => scoredSeeds(chosenArm(cell) ?? NO_SEEDS, split))
  if (!seedsA || !seedsB) throw new Error('a difference has two sides')
  const [x, y] = [seedsA.map(({ value }) => value), seedsB.map(({ value }) => value)]
  const paired = seedsA.flatMap(({ seed, value }) => {
    const other = seedsB.find((candidate) => candidate.seed === seed)
    return other ? [value - other.value] : []
  })
  const sign = higherIsBetter(metric) ? 1 : -1
  const bootstrap = bootstrapInterval(paired)
  const order = stochasticOrder(
    x.map((value) => sign * value),
    y.map((value) => sign * value),
  )
  return {
    difference,
    p: pValue(difference),
    effect: hedges(x, y),
    permutation: signFlipTest(paired),
    bootstrap,
    noBootstrap: bootstrap
      ? null
      : `a bootstrap of ${paired.length} pairs is not to be trusted; it is made from 8`,
    order,
    noOrder: order
      ? null
      : `almost stochastic order is computed from 5 seeds an arm; there are ${x.length} and ${y.length}`,
    smallest: smallestShown(x, y, arePairs(seedsA, seedsB, pairing) ? paired : null),
    seedsNeeded: seedsToShow(difference),
    reselected: reselect(a, b, split, metric, pairing),
  }
}

const NO_SEEDS = { seeds: [] }

/** The smallest true difference that as many seeds an arm would show; `pairs` are differences of seeds compared in pairs. */
function smallestShown(
  x: readonly number[],
  y: readonly number[],
  pairs: readonly number[] | null,
): number | null {
  const deviation = Math.sqrt(pairs ? variance(pairs) : (variance(x) + variance(y)) / 2)
  if (!(deviation > 0)) return null
  return pairs
    ? smallestPairedDifference(deviation, pairs.length)
    : smallestDifference(deviation, Math.min(x.length, y.length))
}

/** The two-sided p of the t interval, recovered from it: the same distribution, the same error. */
function pValue({ mean: difference, interval }: Difference): number | null {
  if (!interval) return null
  const { low, high, level, df } = interval
  const error = (high - low) / 2 / tQuantile((1 + level) / 2, df)
  const t = Math.abs(difference) / error
  return 2 * (1 - tCdf(t, df))
}

/** Hedges' g by the pooled standard deviation, with the exact correction for small samples. */
export function hedges(a: readonly number[], b: readonly number[]): number | null {
  const df = a.length + b.length - 2
  if (a.length < 2 || b.length < 2) return null
  const pooled = Math.sqrt(((a.length - 1) * variance(a) + (b.length - 1) * variance(b)) / df)
  if (pooled === 0) return null
  const correction = Math.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / Math.sqrt(df / 2)
  return ((mean(a) - mean(b)) / pooled) * correction
}

/** Holm's step-down adjustment; tests without a p are no part of the family. */
export function holm(ps: readonly (number | null)[]): (number | null)[] {
  const ranked = ps.flatMap((p, index) => (p === null ? [] : { p, index })).sort((x, y) => x.p - y.p)
  const adjusted: (number | null)[] = ps.map(() => null)
  let running = 0
  ranked.forEach(({ p, index }, rank) => {
    running = Math.max(running, Math.min(1, (ranked.length - rank) * p))
    adjusted[index] = running
  })
  return adjusted
}

/** Every seed alone picks the rate with its own best validation score, among the eligible arms. */
function reselect(
  a: Cell | undefined,
  b: Cell | undefined,
  split: 'validation' | 'test',
  metric: Comparison['metric'],
  pairing: Pairing,
): Reselected | null {
  const [x, y] = [a, b].map((cell) => pickPerSeed(cell, split, metric))
  const estimateA = estimate(x ?? [])
  const estimateB = estimate(y ?? [])
  if (!x || !y || !estimateA || !estimateB) return null
  const difference = (arePairs(x, y, pairing) ? pairedDifference : welchDifference)(
    x.map(({ value }) => value),
    y.map(({ value }) => value),
  )
  return { a: estimateA, b: estimateB, mean: difference.mean, interval: difference.interval }
}

function pickPerSeed(
  cell: Cell | undefined,
  split: 'validation' | 'test',
  metric: Comparison['metric'],
): ScoredSeed[] {
  const bySeed = new Map<number, SeedScore>()
  for (const { eligible, seeds } of cell?.arms ?? []) {
    for (const candidate of eligible ? seeds : []) {
      const best = bySeed.get(candidate.seed)
      if (candidate.validation === null) continue
      if (!best || compareScores(metric, candidate.validation, best.validation ?? NaN) < 0)
        bySeed.set(candidate.seed, candidate)
    }
  }
  return scoredSeeds({ seeds: [...bySeed.values()].sort((a, b) => a.seed - b.seed) }, split)
}
