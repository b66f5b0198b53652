import type { Comparison, Difference, Group, StudyOutline } from '../conclusions'
import { seedsToShow } from '../power'
import { describeDifference, sayRates } from '../wording'
import { changeStudy, finding } from './finding'
import type { Finding } from './finding'

/** Above this many seeds an arm, "more seeds" is no practical advice. */
const MAX_SEEDS = 30

/** What the conclusions themselves give away: they hang on the rate, on chance, or on which split one looks at. */
export function verdictFindings(study: StudyOutline, group: Group, metric: Comparison['metric']): Finding[] {
  return [
    ...checkFlips(group),
    ...group.bestDifferences
      .filter(({ split }) => split === (group.best.test ? 'test' : 'validation'))
      .flatMap((difference) => checkNoise(study, group, difference, metric)),
    ...checkSplits(group, metric),
  ]
}

function checkFlips({ task, model, flips, rankings }: Group): Finding[] {
  const firm = [...new Set(flips.filter(({ beyondNoise }) => beyondNoise).map(({ rate }) => rate))]
  if (firm.length === 0) return []
  const shared = rankings.flatMap(({ rate }) => rate ?? [])
  const inFlip = rankings.filter(({ rate }) => rate !== null && firm.includes(rate))
  return [
    finding({
      id: 'ranking-depends-on-rate',
      severity: 'warning',
      task,
      model,
      explanation: `At ${sayRates(firm, shared)} the settings are ranked otherwise than at their own best rates, beyond noise. A comparison at one of these rates would name the wrong winner; report each setting at its own best.`,
      runs: inFlip.flatMap(({ settings }) => settings.flatMap(({ estimate }) => estimate?.runs ?? [])),
      numbers: { rates: firm.length, of: rankings.length },
    }),
  ]
}

function checkNoise(
  study: StudyOutline,
  { task, model }: Group,
  difference: Difference,
  metric: Comparison['metric'],
): Finding[] {
  if (difference.beyondNoise !== false || !difference.interval) return []
  const needed = seedsToShow(difference)
  const seeds = [...study.seeds]
  for (let seed = 0; needed !== null && seeds.length < Math.min(needed, MAX_SEEDS); seed++) {
    if (!seeds.includes(seed)) seeds.push(seed)
  }
  const reachable = needed !== null && needed <= MAX_SEEDS
  return [
    finding({
      id: 'within-noise',
      severity: 'note',
      task,
      model,
      explanation: `${describeDifference(metric, difference)}: the interval contains 0. These runs do not tell which of the two is better${reachable ? `; a difference of this size would take about ${needed} seeds` : ''}.`,
      runs: [...difference.runs.a, ...difference.runs.b],
      numbers: {
        difference: difference.mean,
        low: difference.interval.low,
        high: difference.interval.high,
        ...(needed === null ? {} : { seedsNeeded: needed }),
      },
      remedy: reachable
        ? changeStudy(`Train ${seeds.length} seeds, at all rates; decide on the number before looking.`, {
            seeds,
          })
        : null,
    }),
  ]
}

function checkSplits({ task, model, best, bestDifferences }: Group, metric: Comparison['metric']): Finding[] {
  if (!best.test) return []
  const opposed = bestDifferences.flatMap((difference) => {
    const other = bestDifferences.find(
      ({ a, b, split }) => split === 'test' && a === difference.a && b === difference.b,
    )
    return difference.split === 'validation' && other && difference.mean * other.mean < 0
      ? [{ validation: difference, test: other }]
      : []
  })
  return opposed.map(({ validation, test }) =>
    finding({
      id: 'splits-disagree',
      severity: validation.beyondNoise && test.beyondNoise ? 'warning' : 'note',
      task,
      model,
      explanation: `${validation.a} and ${validation.b} are ordered otherwise by validation than by test. By validation: ${describeDifference(metric, validation)}; by test: ${describeDifference(metric, test)}.`,
      runs: [...validation.runs.a, ...validation.runs.b],
      numbers: { validation: validation.mean, test: test.mean },
    }),
  )
}
