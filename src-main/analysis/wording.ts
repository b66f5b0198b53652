import { formatRate } from '../study/rates'
import type { Comparison, Difference, Group, Interval, Ranking } from './conclusions'
import { findReversals } from './ranking'

type Metric = Comparison['metric']

/** A score as people read it: accuracy in percent with one decimal, loss with three. */
export const formatScore = (metric: Metric, score: number): string =>
  metric === 'accuracy' ? (100 * score).toFixed(1) : score.toFixed(3)

// Made once: a format takes longer to make than to use a hundred times.
const COUNT = new Intl.NumberFormat('en-US')

/** A count of steps, examples or runs as every page, sentence and table writes it: "2,000". */
export const formatCount = (value: number): string => COUNT.format(value)

/** A signed difference of scores, with a true minus sign: +1.2 or −0.4 (points of accuracy), or of loss. */
export function formatDifference(metric: Metric, difference: number): string {
  const digits = formatScore(metric, Math.abs(difference))
  const isZero = Number(digits) === 0
  return `${isZero ? '±' : difference > 0 ? '+' : '−'}${digits}`
}

/** What a formatted difference is counted in. */
export const differenceUnit = (metric: Metric): string => (metric === 'accuracy' ? 'points' : 'of loss')

const formatInterval = (metric: Metric, { low, high, level, method }: Interval): string =>
  `${Math.round(level * 100)} % ${method === 'paired-t' ? 'paired ' : ''}interval ${formatDifference(metric, low)} to ${formatDifference(metric, high)}`

/** "3.42 TFLOP": floating-point operations with three digits. */
export function formatFlops(flops: number): string {
  const place = Math.min(FLOP_UNITS.length - 1, Math.max(0, Math.floor(Math.log10(flops) / 3)))
  const amount = (flops / 1000 ** place).toPrecision(3)
  // 999.6 of a unit is written as one of the next.
  if (Number(amount) >= 1000 && place + 1 < FLOP_UNITS.length) return `1.00 ${FLOP_UNITS[place + 1] ?? ''}`
  return `${Number(amount) >= 1000 ? Number(amount) : amount} ${FLOP_UNITS[place] ?? ''}`
}

const FLOP_UNITS = ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP', 'EFLOP', 'ZFLOP'] as const

/** Fewer neighbours than this are named one by one. */
const SHORTEST_RANGE = 3

/** "1e-6, 1e-5 to 3.16e-4": rates in words, those that follow each other among all that there are as a range. Both rising. */
export function sayRates(rates: readonly number[], among: readonly number[]): string {
  const ranges: number[][] = []
  for (const rate of rates) {
    const last = ranges.at(-1)
    const isNext = last !== undefined && among.indexOf(rate) === among.indexOf(last.at(-1) ?? NaN) + 1
    if (isNext) last.push(rate)
    else ranges.push([rate])
  }
  return ranges
    .map((range) => {
      const said = range.map(formatRate)
      return range.length < SHORTEST_RANGE ? said.join(', ') : `${said[0]} to ${said.at(-1)}`
    })
    .join(', ')
}

/** "A − B: −3.1 points (95 % interval −4.0 to −2.2)". */
export function describeDifference(metric: Metric, difference: Difference): string {
  const amount = `${formatDifference(metric, difference.mean)} ${differenceUnit(metric)}`
  const reason = difference.interval
    ? formatInterval(metric, difference.interval)
    : `no interval: ${difference.noInterval}`
  return `${difference.a} − ${difference.b}: ${amount} (${reason})`
}

type Verdict = Pick<Group, 'rankings' | 'best' | 'flips' | 'flipRates' | 'bestDifferences'>

/** What a group's numbers say: the other paper's rate first, then where the ranking turns, then the contrasts. */
export function sayVerdict(metric: Metric, group: Verdict, otherRate: number | null): string[] {
  const { validation, test } = group.best
  const sentences: string[] = []
  if (otherRate !== null) sentences.push(sayAtRate(group, otherRate))
  if (validation.text !== '') sentences.push(`Each at its own best rate, by validation: ${validation.text}.`)
  if (test && test.text !== '') sentences.push(`The same rates, on test: ${test.text}.`)
  if (group.flipRates.length > 0) {
    const firm = [...new Set(group.flips.filter((flip) => flip.beyondNoise).map(({ rate }) => rate))]
    const shared = withScores(group.rankings).flatMap(({ rate }) => rate ?? [])
    const isEvery = group.flipRates.length === shared.length && shared.length > 1
    const where = isEvery
      ? `At all ${shared.length} shared rates`
      : `At ${group.flipRates.length} of ${shared.length} shared rates (${sayRates(group.flipRates, shared)})`
    const noise =
      firm.length === 0
        ? ', nowhere beyond noise'
        : `; beyond noise at ${isEvery && firm.length === shared.length ? 'all of them' : sayRates(firm, shared)}`
    sentences.push(`${where} some pair is ranked otherwise than at its own best${noise}.`)
  } else sentences.push(...sayWithoutFlips(group.rankings))
  for (const difference of decisive(group))
    sentences.push(`${capital(difference.split)}: ${describeDifference(metric, difference)}.`)
  return sentences
}

/**
 * What one learning rate for all settings says, beside each at its own best. Nothing is read off between the rates that
 * were trained: there the neighbours speak, each for itself.
 */
export function sayAtRate({ rankings, best }: Pick<Group, 'rankings' | 'best'>, rate: number): string {
  const at = rankings.find((ranking) => ranking.rate === rate)
  const own = best.validation.text
  if (at) return `At ${formatRate(rate)}: ${at.text}; each at its own best: ${own} (validation).`
  const { below, above } = neighboursOf(rankings, rate)
  const beside = [below, above].flatMap((ranking) => ranking ?? [])
  const facts = beside.map((ranking) => `at ${formatRate(ranking.rate ?? NaN)}: ${ranking.text}`).join('; ')
  const which = beside.length === 2 ? 'The rates beside it say' : 'The nearest says'
  return `${formatRate(rate)} is not a rate that these settings share, so nothing is known there.${facts === '' ? '' : ` ${which}: ${facts}.`} Each at its own best: ${own} (validation).`
}

/** The shared rates next below and above one that was not trained. */
export function neighboursOf(
  rankings: readonly Ranking[],
  rate: number,
): { readonly below: Ranking | null; readonly above: Ranking | null } {
  return {
    below: rankings.findLast((ranking) => ranking.rate !== null && ranking.rate < rate) ?? null,
    above: rankings.find((ranking) => ranking.rate !== null && ranking.rate > rate) ?? null,
  }
}

/** Rankings that rank: while runs are open, some rate may have the score of one setting alone. */
const withScores = (rankings: readonly Ranking[]): readonly Ranking[] =>
  rankings.filter(({ settings }) => settings.filter(({ place }) => place !== null).length > 1)

/** Where no pair turns against its order at the best rates: which may be because that order is a tie, or unknown. */
function sayWithoutFlips(all: readonly Ranking[]): string[] {
  const rankings = withScores(all)
  if (rankings.length < 2) return []
  const reversals = findReversals(rankings)
  if (reversals.length > 0) {
    return reversals.map(
      ({ first, then }) =>
        `Which of ${first.leader} and ${then.leader} leads depends on the rate: ${first.leader} at ${formatRate(first.rate)}, ${then.leader} at ${formatRate(then.rate)}.`,
    )
  }
  const isSame = rankings.every(({ text }) => text === rankings[0]?.text)
  return [
    isSame
      ? `The ranking is the same at every one of the ${rankings.length} shared rates.`
      : `No pair of settings turns its order round between the ${rankings.length} shared rates, though ties and gaps differ.`,
  ]
}

/** What the numbers do not prove: differences within noise, and choices that the grid or the runs leave open. */
export function sayNotProven(metric: Metric, group: Verdict & Pick<Group, 'cells'>): string[] {
  const open: string[] = []
  for (const difference of decisive(group)) {
    if (difference.beyondNoise) continue
    open.push(
      difference.interval
        ? `That ${difference.a} and ${difference.b} differ: ${formatDifference(metric, difference.mean)} ${differenceUnit(metric)}, but the ${formatInterval(metric, difference.interval)} contains 0.`
        : `That ${difference.a} and ${difference.b} differ: ${difference.noInterval} (n = ${difference.n.a} and ${difference.n.b}).`,
    )
  }
  for (const { setting, choice, arms } of group.cells) {
    if (choice?.edge)
      open.push(
        `That ${formatRate(choice.rate)} is the best rate of ${setting}: it is the ${choice.edge} one tried.`,
      )
    if (choice?.only) open.push(`That ${formatRate(choice.rate)} suits ${setting}: no other rate was tried.`)
    const unread = arms.reduce((sum, { counts }) => sum + counts.missing + counts.open, 0)
    if (unread > 0) open.push(`Anything final about ${setting}: ${unread} of its runs have no result.`)
  }
  return open
}

/** The differences that the verdict rests on: by test once it is open, else by validation. */
function decisive({ bestDifferences, best }: Verdict): Difference[] {
  const split = best.test ? 'test' : 'validation'
  return bestDifferences.filter((difference) => difference.split === split)
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
