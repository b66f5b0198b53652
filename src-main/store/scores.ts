import { METRICS, type MetricName, type Summary } from '../run'

/** What JSON cannot say of a number. */
const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
])

export const isTestMetric = (metric: string): boolean => metric.startsWith('test/')

/** Scores as JSON in which NaN, ±Infinity and -0 are strings. Null where there are none. */
export function writeScores(scores: Summary): string | null {
  const entries = METRICS.filter((metric) => scores[metric] !== undefined)
  if (entries.length === 0) return null
  return JSON.stringify(
    Object.fromEntries(entries.map((metric) => [metric, writable(scores[metric] ?? null)])),
  )
}

export function readScores(json: string | null): Summary {
  if (json === null) return {}
  const scores = JSON.parse(json) as Record<MetricName, number | string | null>
  for (const [metric, value] of Object.entries(scores)) {
    if (typeof value === 'string') scores[metric as MetricName] = SPECIAL.get(value) ?? null
  }
  return scores as Summary
}

/** Scores of the metrics that are wanted. */
export const scoresWhere = (summary: Summary, isWanted: (metric: string) => boolean): Summary =>
  Object.fromEntries(Object.entries(summary).filter(([metric]) => isWanted(metric)))

function writable(value: number | null): number | string | null {
  if (value === null || (Number.isFinite(value) && !Object.is(value, -0))) return value
  return Object.is(value, -0) ? '-0' : String(value)
}
