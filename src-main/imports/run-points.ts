import { InputError } from '../errors'
import { METRICS } from '../run'
import type { MetricName } from '../run'
import type { MetricChunk } from '../training/messages'
import type { Mapping } from './mapping'
import { fromPercent } from './numbers'
import type { Source, SourceRun, SourceSeries } from './source'

const HIGHEST_STEP = 2 ** 32 - 1

/** The run's points in our metrics and units, steps rising, each step once. */
export function pointsOf(run: SourceRun, mapping: Mapping, order: Source['order']): MetricChunk[] {
  return METRICS.flatMap((metric): MetricChunk[] => {
    const name = mapping.metrics?.[metric] ?? null
    const series = name === null ? undefined : run.series.get(name)
    if (name === null || series === undefined || series.steps.length === 0) return []
    checkSteps(run, name, series)
    const kept = order === 'logged' ? inLoggedOrder(series) : bySteps(series)
    const isPercent = metric.includes('accuracy') && mapping.accuracy === 'percent'
    return [
      {
        metric,
        steps: Uint32Array.from(kept, (i) => series.steps[i]!),
        values: Float64Array.from(kept, (i) =>
          isPercent ? fromPercent(series.values[i]!) : series.values[i]!,
        ),
        times: Float64Array.from(kept, (i) => series.times[i]!),
      },
    ]
  })
}

function checkSteps({ file, line, id }: SourceRun, name: string, { steps, times }: SourceSeries): void {
  const wrong = steps.find((step) => !Number.isInteger(step) || step < 0 || step > HIGHEST_STEP)
  const place = { file, line, field: id === null ? name : `${id}: ${name}` }
  if (wrong !== undefined) {
    throw new InputError(`found the step ${wrong}, expected a whole number from 0 to ${HIGHEST_STEP}`, place)
  }
  const late = times.find((time) => !(Math.abs(time) <= 8.64e15))
  if (late !== undefined) throw new InputError(`found the time ${late}, expected a moment`, place)
}

/** Indices to keep: a step that comes again drops what was logged from there on. */
function inLoggedOrder({ steps }: SourceSeries): number[] {
  const kept: number[] = []
  for (const [i, step] of steps.entries()) {
    while (kept.length > 0 && steps[kept.at(-1)!]! >= step) kept.pop()
    kept.push(i)
  }
  return kept
}

/** Indices to keep, by rising step: of equal steps the last. */
function bySteps({ steps }: SourceSeries): number[] {
  const order = steps.map((_, i) => i).sort((a, b) => steps[a]! - steps[b]! || a - b)
  return order.filter((i, place) => steps[i] !== steps[order[place + 1] ?? -1])
}

/** The step with the best value, the earliest on a tie; null without a finite value. */
export function bestStepOf({ metric, steps, values }: MetricChunk): number | null {
  const sign = metric.endsWith('loss') ? -1 : 1
  let best: number | null = null
  let score = -Infinity
  for (const [i, value] of values.entries()) {
    if (Number.isFinite(value) && sign * value > score) {
      score = sign * value
      best = steps[i]!
    }
  }
  return best
}

/** The value at a step, or null where none was logged there. */
export function valueAt({ steps, values }: MetricChunk, step: number | null): number | null {
  const at = step === null ? -1 : steps.indexOf(step)
  return at < 0 ? null : values[at]!
}

export const chunkOf = (points: readonly MetricChunk[], metric: MetricName): MetricChunk | undefined =>
  points.find((chunk) => chunk.metric === metric)
