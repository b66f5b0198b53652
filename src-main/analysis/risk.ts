import type { Comparison, Group } from './conclusions'
import { drawsFrom } from './random'
import { compareScores } from './selection'
import { bestOfWeights, choose, subsets } from './subsets'
import { outcomesOf } from './risk-outcomes'
import type { Outcome } from './risk-outcomes'

/** Designs up to this many are all looked at, more are drawn. */
const MAX_ENUMERATED = 100_000
const DRAWN = 10_000
const SEED = 20_210_712
/** Choices of seeds whose outcomes are kept. */
const MAX_KNOWN = 5000
/** Of a sweep with more seeds, not every smaller number of them is looked at, and fewer designs of large ones. */
const MANY_SEEDS = 12
const DRAWN_SEEDS = 6_000
const LEAST_DRAWN = 300

/** A probability, computed from all designs or from a seeded sample of them. */
export interface Probability {
  readonly value: number
  readonly exact: boolean
  /** Monte Carlo standard error; 0 when exact. */
  readonly error: number
}

/** How often a smaller study would have named another winner. */
export interface RiskPoint {
  readonly rates: number
  readonly seeds: number
  /** The same `rates` for all settings; with 1 this is the design of one shared learning rate. */
  readonly shared: Probability
  /** Every setting draws its own. */
  readonly perSetting: Probability
}

export interface ConclusionRisk {
  /** The winner of the whole sweep, which the risk is relative to. */
  readonly winner: string
  readonly by: 'validation' | 'test'
  /** Chance that the whole grid names the same winner on seeds drawn anew from these, with replacement. */
  readonly stability: Probability
  readonly points: readonly RiskPoint[]
  readonly runs: readonly string[]
}

/**
 * The chance that k learning rates and s seeds, drawn without replacement from the finished sweep, name another winner
 * than the whole sweep: rates are chosen on validation, the winner by test (by validation while sealed), a tie with the
 * winner counts half. Or why there is no such number.
 */
export function conclusionRisk(
  group: Group,
  comparison: Pick<Comparison, 'selection' | 'testSealed'>,
): ConclusionRisk | { readonly reason: string } {
  const { selection, testSealed } = comparison
  const by = testSealed ? 'validation' : 'test'
  const seeds = [
    ...new Set(group.cells.flatMap(({ arms }) => arms.flatMap((arm) => arm.seeds.map(({ seed }) => seed)))),
  ].sort((a, b) => a - b)
  if (group.cells.length < 2) return { reason: 'there is only one setting' }
  const common = (group.cells[0]?.arms ?? [])
    .map(({ rate }) => rate)
    .filter((rate) => group.cells.every(({ arms }) => arms.some((arm) => arm.rate === rate)))
  if (common.length === 0) return { reason: 'no learning rate is shared by all settings' }
  if (group.cells.some(({ arms }) => arms.some(({ counts }) => counts.open > 0)))
    return { reason: 'runs are still open' }

  const known = new Map<string, Outcome[][]>()
  const outcomes = (drawn: readonly number[]): Outcome[][] => {
    const key = [...drawn].sort((a, b) => a - b).join()
    const all = known.get(key) ?? outcomesOf(group, common, drawn, by, selection)
    if (known.size < MAX_KNOWN) known.set(key, all)
    return all
  }
  const winners = namedWinners(outcomes(seeds), selection.metric)
  const [winner] = winners
  if (winner === undefined) return { reason: 'no setting has a score' }
  if (winners.length > 1) return { reason: 'the whole sweep names no single winner' }

  const points = Array.from({ length: common.length }, (_, i) => i + 1).flatMap((rates) =>
    seedCounts(seeds.length).map((count) => ({
      rates,
      seeds: count,
      shared: sharedRisk(outcomes, seeds, count, common.length, rates, winner, selection.metric),
      perSetting: perSettingRisk(outcomes, seeds, count, rates, winner, selection.metric),
    })),
  )
  return {
    winner: group.cells[winner]?.setting ?? '',
    by,
    stability: stabilityOf(outcomes, seeds, winner, selection.metric),
    points,
    runs: group.cells.flatMap(({ arms }) => arms.flatMap((arm) => arm.seeds.map(({ run }) => run))),
  }
}

/** Every number up to that of all seeds; of many, from five on each about half as large again as the one before. */
function seedCounts(total: number): number[] {
  const counts = Array.from({ length: Math.min(total, total <= MANY_SEEDS ? total : 5) }, (_, i) => i + 1)
  for (let last = counts.length; last < total;) counts.push((last = Math.min(total, Math.round(1.5 * last))))
  return counts
}

/** How many designs of so many of these seeds are drawn, where there are too many to look at all. */
const drawnOf = (count: number, total: number): number =>
  total <= MANY_SEEDS ? DRAWN : Math.min(DRAWN, Math.max(LEAST_DRAWN, Math.round(DRAWN_SEEDS / count)))

type Metric = 'accuracy' | 'loss'
/** Outcomes of every setting (its arms, worst validation first) on a choice of seeds. */
type OutcomesOn = (seeds: readonly number[]) => Outcome[][]

/** Indices of the settings whose best arm scores best; several on a tie, none where nothing has a score. */
function namedWinners(outcomes: readonly (readonly Outcome[])[], metric: Metric): number[] {
  const scores = outcomes.map((arms) => arms.at(-1)?.score ?? null)
  const known = scores.flatMap((score) => score ?? [])
  if (known.length === 0) return []
  const best = known.reduce((a, b) => (compareScores(metric, a, b) <= 0 ? a : b))
  return scores.flatMap((score, i) => (score === best ? [i] : []))
}

/**
 * 0 when the winner is named, ½ on a tie with it, else 1. Every setting reports its best arm, or with `isDrawn` (by
 * place of the rate) the best one that was drawn. Called for every design, so it allocates nothing.
 */
function wrongness(
  outcomes: readonly (readonly Outcome[])[],
  winner: number,
  metric: Metric,
  isDrawn?: Uint8Array,
): number {
  const reported = (arms: readonly Outcome[]): number | null => {
    for (let i = arms.length - 1; i >= 0; i--) {
      const arm = arms[i]
      if (arm && (!isDrawn || isDrawn[arm.place] === 1)) return arm.score
    }
    return null
  }
  const own = reported(outcomes[winner] ?? [])
  if (own === null) return 1
  let wrong = 0
  for (let i = 0; i < outcomes.length; i++) {
    const other = i === winner ? null : reported(outcomes[i] ?? [])
    if (other === null) continue
    const order = compareScores(metric, own, other)
    if (order > 0) return 1
    if (order === 0) wrong = 0.5
  }
  return wrong
}

function sharedRisk(
  outcomesOn: OutcomesOn,
  seeds: readonly number[],
  seedCount: number,
  rateTotal: number,
  rateCount: number,
  winner: number,
  metric: Metric,
): Probability {
  const isDrawn = new Uint8Array(rateTotal)
  const risk = (all: readonly (readonly Outcome[])[], chosen: readonly number[]): number => {
    isDrawn.fill(0)
    for (const place of chosen) isDrawn[place] = 1
    return wrongness(all, winner, metric, isDrawn)
  }
  const designs = choose(seeds.length, seedCount) * choose(rateTotal, rateCount)
  if (designs <= MAX_ENUMERATED) {
    let sum = 0
    for (const drawn of subsets(seeds.length, seedCount)) {
      const all = outcomesOn(pick(seeds, drawn))
      for (const chosen of subsets(rateTotal, rateCount)) sum += risk(all, chosen)
    }
    return { value: sum / designs, exact: true, error: 0 }
  }
  const { sample } = drawsFrom(SEED)
  return sampled(drawnOf(seedCount, seeds.length), () =>
    risk(outcomesOn(pick(seeds, sample(seedCount, seeds.length))), sample(rateCount, rateTotal)),
  )
}

/** Rates drawn per setting are independent, so the chance follows from each setting's own distribution of outcomes. */
function perSettingRisk(
  outcomesOn: OutcomesOn,
  seeds: readonly number[],
  seedCount: number,
  rateCount: number,
  winner: number,
  metric: Metric,
): Probability {
  const risk = (drawn: readonly number[]): number => {
    const laws = outcomesOn(pick(seeds, drawn)).map((arms) => lawOf(arms, rateCount))
    return 1 - chanceNamed(laws, winner, metric)
  }
  const designs = choose(seeds.length, seedCount)
  if (designs <= MAX_ENUMERATED / 10) {
    let sum = 0
    for (const drawn of subsets(seeds.length, seedCount)) sum += risk(drawn)
    return { value: sum / designs, exact: true, error: 0 }
  }
  const { sample } = drawsFrom(SEED)
  return sampled(drawnOf(seedCount, seeds.length), () => risk(sample(seedCount, seeds.length)))
}

interface Law {
  readonly weight: number
  /** Null: all rates drawn had no score, so the setting cannot win. */
  readonly score: number | null
}

/** What a setting reports when it draws `count` of its rates and keeps the one with the best validation score. */
function lawOf(arms: readonly Outcome[], count: number): Law[] {
  const weights = bestOfWeights(arms.length, Math.min(count, arms.length))
  return arms.map(({ score }, i) => ({ weight: weights[i] ?? 0, score }))
}

function chanceNamed(laws: readonly (readonly Law[])[], winner: number, metric: Metric): number {
  const others = laws.filter((_, i) => i !== winner)
  const chanceOf = (law: readonly Law[], isBelow: (score: number) => boolean): number =>
    law.reduce((sum, { weight, score }) => sum + (score === null || isBelow(score) ? weight : 0), 0)
  return (laws[winner] ?? []).reduce((sum, { weight, score }) => {
    if (score === null) return sum
    const strictly = others.reduce(
      (product, law) => product * chanceOf(law, (other) => compareScores(metric, score, other) < 0),
      1,
    )
    const atMost = others.reduce(
      (product, law) => product * chanceOf(law, (other) => compareScores(metric, score, other) <= 0),
      1,
    )
    return sum + weight * (strictly + (atMost - strictly) / 2)
  }, 0)
}

function stabilityOf(
  outcomesOn: OutcomesOn,
  seeds: readonly number[],
  winner: number,
  metric: Metric,
): Probability {
  const n = seeds.length
  const right = (drawn: readonly number[]): number =>
    1 - wrongness(outcomesOn(pick(seeds, drawn)), winner, metric)
  const designs = n ** n
  if (designs <= MAX_ENUMERATED / 10) {
    let sum = 0
    for (let design = 0; design < designs; design++) {
      sum += right(Array.from({ length: n }, (_, i) => Math.floor(design / n ** i) % n))
    }
    return { value: sum / designs, exact: true, error: 0 }
  }
  const { int } = drawsFrom(SEED)
  return sampled(drawnOf(n, n), () => right(seeds.map(() => int(n))))
}

function sampled(drawn: number, draw: () => number): Probability {
  let sum = 0
  let squares = 0
  for (let i = 0; i < drawn; i++) {
    const value = draw()
    sum += value
    squares += value ** 2
  }
  const value = sum / drawn
  return { value, exact: false, error: Math.sqrt(Math.max(0, squares / drawn - value ** 2) / drawn) }
}

const pick = (items: readonly number[], places: readonly number[]): number[] =>
  places.map((place) => items[place] ?? NaN)
