import type { MetricName } from '../run'
import type { MetricChunk } from './messages'

interface Pending {
  readonly steps: number[]
  readonly values: number[]
  readonly times: number[]
}

/** The logged points of one run that were not sent yet. */
export class PendingPoints {
  #pending = new Map<MetricName, Pending>()

  /** Adds a point of this moment. */
  add(metric: MetricName, step: number, value: number): void {
    let pending = this.#pending.get(metric)
    if (pending === undefined) this.#pending.set(metric, (pending = { steps: [], values: [], times: [] }))
    pending.steps.push(step)
    pending.values.push(value)
    pending.times.push(Date.now())
  }

  /** Hands out all points, and forgets them. */
  take(): MetricChunk[] {
    const chunks = Array.from(this.#pending, ([metric, { steps, values, times }]) => ({
      metric,
      steps: Uint32Array.from(steps),
      values: Float64Array.from(values),
      times: Float64Array.from(times),
    }))
    this.#pending.clear()
    return chunks
  }
}
