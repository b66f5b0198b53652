import type { SelectionRule } from '../run'
import type { Arm, Cell, RankedSetting, RankFlip, Ranking } from './conclusions'
import { compareScores } from './selection'

interface Contender {
  readonly setting: string
  readonly arm: Arm | undefined
}

/** Settings of one group at one shared rate, by validation. */
export function rankAtRate(cells: readonly Cell[], rate: number, rule: SelectionRule): Ranking {
  const contenders = cells.map(({ setting, arms }) => ({
    setting,
    arm: arms.find((arm) => arm.rate === rate),
  }))
  return ranking(rate, 'validation', place(contenders, rule, 'validation'))
}

/** Settings of one group, each at the rate that the rule chose for it. A setting whose arms all diverged comes last. */
export function rankAtBest(cells: readonly Cell[], split: Ranking['split'], rule: SelectionRule): Ranking {
  const contenders = cells.map(({ setting, arms, choice }) => ({
    setting,
    arm: choice
      ? arms.find((arm) => arm.rate === choice.rate)
      : arms.find((arm) => arm.ineligible === 'diverged'),
  }))
  return ranking(null, split, place(contenders, rule, split))
}

function place(
  contenders: readonly Contender[],
  rule: SelectionRule,
  split: Ranking['split'],
): RankedSetting[] {
  const entries = contenders.map(({ setting, arm }) => {
    const estimate = arm?.[split] ?? null
    const score = arm?.eligible && estimate ? estimate[rule.seeds] : null
    return { setting, estimate, score, diverged: arm?.ineligible === 'diverged' }
  })
  const better = (score: number | null): number =>
    entries.filter(
      (other) =>
        other.score !== null && (score === null || compareScores(rule.metric, other.score, score) < 0),
    ).length
  return entries
    .map((entry) => ({
      ...entry,
      place: entry.score === null && !entry.diverged ? null : better(entry.score) + 1,
    }))
    .sort((a, b) => (a.place ?? Infinity) - (b.place ?? Infinity) || (a.setting < b.setting ? -1 : 1))
}

function ranking(rate: number | null, split: Ranking['split'], settings: readonly RankedSetting[]): Ranking {
  const placed = settings.filter((entry) => entry.place !== null)
  const text = placed
    .map(({ setting, place, diverged }, i) => {
      const joint = i === 0 ? '' : placed[i - 1]?.place === place ? ' = ' : ' > '
      return `${joint}${setting}${diverged ? ' (diverged)' : ''}`
    })
    .join('')
  return { rate, split, settings, text }
}

/**
 * Pairs of settings that one rate orders otherwise than their own best rates do. Ties on either side are no flip.
 * @param isBeyondNoise whether the difference of two settings excludes 0 at a rate (null: each at its own best)
 */
export function findFlips(
  rankings: readonly Ranking[],
  best: Ranking,
  isBeyondNoise: (a: string, b: string, rate: number | null) => boolean,
): RankFlip[] {
  const bestPlaces = placesOf(best)
  return rankings.flatMap((at) => {
    const { rate } = at
    if (rate === null) return []
    return pairs([...placesOf(at)]).flatMap(([[a, placeA], [b, placeB]]) => {
      const bestA = bestPlaces.get(a)
      const bestB = bestPlaces.get(b)
      if (bestA === undefined || bestB === undefined) return []
      if ((placeA - placeB) * (bestA - bestB) >= 0) return []
      return {
        rate,
        leader: placeA < placeB ? a : b,
        leaderAtBest: bestA < bestB ? a : b,
        beyondNoise: isBeyondNoise(a, b, rate) && isBeyondNoise(a, b, null),
      }
    })
  })
}

/** A setting that is ahead of another at a rate. */
interface Lead {
  readonly rate: number
  readonly leader: string
}

/** Pairs of settings of which each leads the other at some rate: the lowest rate where one leads, and where the other does. */
export function findReversals(rankings: readonly Ranking[]): { first: Lead; then: Lead }[] {
  const settings = [...new Set(rankings.flatMap((ranking) => [...placesOf(ranking).keys()]))].sort()
  return pairs(settings).flatMap(([a, b]) => {
    const leads = rankings.flatMap((ranking): Lead[] => {
      const [placeA, placeB] = [placesOf(ranking).get(a), placesOf(ranking).get(b)]
      if (ranking.rate === null || placeA === undefined || placeB === undefined || placeA === placeB)
        return []
      return [{ rate: ranking.rate, leader: placeA < placeB ? a : b }]
    })
    const [first] = leads
    const then = leads.find(({ leader }) => leader !== first?.leader)
    return first && then ? [{ first, then }] : []
  })
}

const placesOf = ({ settings }: Ranking): Map<string, number> =>
  new Map(settings.flatMap(({ setting, place }) => (place === null ? [] : [[setting, place]])))

/** Every unordered pair of a list, in order. */
export const pairs = <T>(items: readonly T[]): [T, T][] =>
  items.flatMap((a, i) => items.slice(i + 1).map((b): [T, T] => [a, b]))
