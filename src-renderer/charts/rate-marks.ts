import type { Cell, Comparison, Group } from '../../src-main/analysis/conclusions'
import { estimate as sayEstimate, plural, rate as sayRate, score as sayScore } from '../format'
import { scoreScale } from './frame'

/** What on the rate curve leads to runs, mark by mark, for who comes to it by keys. Pure. */

export interface RateMark {
  readonly setting: string
  readonly rate: number
  /** Null for a mean over seeds. */
  readonly seed: number | null
  /** Where it stands on the axis, in per cent or of loss; null at its foot, as what diverged is drawn. */
  readonly value: number | null
  readonly runs: readonly string[]
  /** In words, as its tooltip has it. */
  readonly said: string
}

/** Per setting and rate: the mean of an eligible arm, then the seeds that have a score or diverged. */
export function rateMarks(
  group: Pick<Group, 'cells'>,
  split: 'validation' | 'test',
  metric: Comparison['metric'],
): RateMark[] {
  const scale = scoreScale(metric)
  return group.cells.flatMap(({ setting, arms, choice }: Cell) =>
    arms.flatMap(({ rate, eligible, seeds, [split]: mean }): RateMark[] => {
      const at = `${setting}, ${sayRate(rate)}`
      const chosen = rate === choice?.rate ? ', chosen by validation' : ''
      const means =
        eligible && mean !== null
          ? [
              {
                ...{ setting, rate, seed: null, value: scale * mean.mean, runs: mean.runs },
                said: `${at}, mean of ${plural(mean.n, 'seed')}: ${sayEstimate(mean, metric)}${chosen}`,
              },
            ]
          : []
      const dots = seeds.flatMap(({ seed, state, run, [split]: score }) =>
        score === null && state !== 'diverged'
          ? []
          : [
              {
                ...{ setting, rate, seed, value: score === null ? null : scale * score, runs: [run] },
                said: `${at}, seed ${seed}: ${score === null ? 'diverged' : sayScore(score, metric)}`,
              },
            ],
      )
      return [...means, ...dots]
    }),
  )
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/**
 * The mark that a key leads to from one: along the axis the same setting and seed at the next rate, or what is nearest in
 * value there; up and down what is next in value at the same rate. Where there is none, the mark itself.
 */
export function nextMark(marks: readonly RateMark[], from: RateMark, to: Direction): RateMark {
  return to === 'up' || to === 'down' ? beside(marks, from, to) : along(marks, from, to)
}

function along(marks: readonly RateMark[], from: RateMark, to: 'left' | 'right'): RateMark {
  const rates = marks
    .map(({ rate }) => rate)
    .filter((rate) => (to === 'left' ? rate < from.rate : rate > from.rate))
  if (rates.length === 0) return from
  const next = to === 'left' ? Math.max(...rates) : Math.min(...rates)
  const there = marks.filter(({ rate }) => rate === next)
  const same = there.find(({ setting, seed }) => setting === from.setting && seed === from.seed)
  const offset = ({ value }: RateMark): number => Math.abs((value ?? 0) - (from.value ?? 0))
  return same ?? there.toSorted((a, b) => offset(a) - offset(b))[0] ?? from
}

function beside(marks: readonly RateMark[], from: RateMark, to: 'up' | 'down'): RateMark {
  const height = ({ value }: RateMark): number => value ?? -Infinity
  // Equal ones keep their order, so that every one of them is come by.
  const rising = marks
    .filter(({ rate }) => rate === from.rate)
    .toSorted((a, b) => (height(a) === height(b) ? 0 : height(a) - height(b)))
  return rising[rising.indexOf(from) + (to === 'up' ? 1 : -1)] ?? from
}
