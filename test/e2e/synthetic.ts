import type { Environment, RunConfig, Summary } from '../../src-main/run'
import type { OpenChannel } from '../../src-main/queue/channel'
import type { JobRun, MetricChunk, RunOutcome } from '../../src-main/training/messages'

/**
 * Runs that nobody trained, for pictures and for tests of size: smooth curves with noise whose level depends on the
 * setting and the learning rate the way real sweeps do. Nothing of it is ever shown as a result: its studies are
 * called synthetic.
 */

export const ENVIRONMENT: Environment = {
  engine: 'synthetic',
  device: 'CPU (none)',
  versions: { node: process.versions.node },
  threads: 2,
  group_size: 4,
  commit: null,
}

/** Best accuracy, the rate where it is reached, how fast it falls around it (per decade), and where training diverges. */
const SHAPES: Readonly<Record<string, { top: number; at: number; fall: number; breaks: number }>> = {
  'frozen-pretrained': { top: 0.938, at: 2e-3, fall: 0.085, breaks: 1 },
  'frozen-random': { top: 0.902, at: 3e-3, fall: 0.1, breaks: 1 },
  'unfrozen-pretrained': { top: 0.974, at: 5e-5, fall: 0.19, breaks: 5e-3 },
  'unfrozen-random': { top: 0.957, at: 1.6e-4, fall: 0.17, breaks: 5e-3 },
}
/** Any other setting has a shape that its name decides. */
function shapeOf(name: string): (typeof SHAPES)[string] {
  const draw = generator(Buffer.from(name).reduce((sum, byte) => Math.imul(31, sum) + byte, 7))
  return { top: 0.8 + 0.15 * draw(), at: 10 ** (-4.5 + 2 * draw()), fall: 0.08 + 0.06 * draw(), breaks: 1 }
}
const LEAST = 0.105

export interface SyntheticRun {
  readonly chunks: readonly MetricChunk[]
  readonly outcome: RunOutcome
}

/** All points of a run up to `until` steps, and how it ends. */
export function syntheticRun(config: RunConfig, until = config.training.max_steps): SyntheticRun {
  const { setting, learning_rate: rate, seed, training, validation } = config
  const shape = SHAPES[setting.name] ?? shapeOf(setting.name)
  const noise = generator(seed * 7919 + Math.round(rate * 1e9) + setting.name.length * 104729)
  const distance = Math.log10(rate / shape.at)
  const seedShift = 0.012 * (noise() - 0.5) * (setting.init === 'random' ? 1.6 : 1)
  const final = Math.max(LEAST, shape.top - shape.fall * distance ** 2 + seedShift)
  const pace = training.max_steps / (6 * Math.min(3, Math.max(0.35, 1 + 0.5 * distance)))
  const breaksAt = rate > shape.breaks ? Math.round(training.max_steps * (0.1 + 0.25 * noise())) : Infinity
  const last = Math.min(until, breaksAt)

  const trained = points(last, 1, (step) => {
    if (step >= breaksAt) return NaN
    const left = Math.exp(-step / pace)
    return (
      2.35 * left +
      (1 - left) * (2.4 * (1 - final) + 0.06) * (0.8 + 0.4 * noise()) +
      0.25 * (noise() - 0.5) * left
    )
  })
  const accuracies = points(last, validation.every, (step) => {
    return LEAST + (final - LEAST) * (1 - Math.exp(-step / pace)) + 0.006 * (noise() - 0.5)
  })
  const losses = { ...accuracies, values: accuracies.values.map((value) => 2.5 * (1 - value) + 0.05) }
  const best = accuracies.values.indexOf(Math.max(...accuracies.values))
  const summary: Summary = {
    'val/accuracy': accuracies.values[best] ?? null,
    'val/loss': losses.values[best] ?? null,
    'test/accuracy': (accuracies.values[best] ?? 0) - 0.004 + 0.006 * noise(),
    'test/loss': (losses.values[best] ?? 0) + 0.02,
  }
  const chunks = [
    { metric: 'train/loss' as const, ...trained },
    ...(accuracies.values.length === 0
      ? []
      : [
          { metric: 'val/accuracy' as const, ...accuracies },
          { metric: 'val/loss' as const, ...losses },
        ]),
  ]
  const outcome: RunOutcome =
    breaksAt <= until
      ? {
          state: 'diverged',
          steps: last,
          bestStep: null,
          summary: {},
          reason: `train/loss is NaN at step ${last}`,
        }
      : { state: 'finished', steps: last, bestStep: accuracies.steps[best] ?? null, summary, reason: null }
  return { chunks, outcome }
}

/** What is no run of the history is a measurement of how to train: it is answered at once, a tenth of a second a step. */
const isMeasurement = ({ id }: JobRun): boolean => !/^[0-9a-f]{12}$/.test(id)
const MEASURED_STEPS = 24
const STEP_MS = 100

function measuredPoints(): MetricChunk {
  const steps = Uint32Array.from({ length: MEASURED_STEPS }, (_, i) => i + 1)
  return {
    metric: 'time/step_ms',
    steps,
    values: new Float64Array(MEASURED_STEPS).fill(STEP_MS),
    times: Float64Array.from(steps, (step) => Date.now() + step * STEP_MS),
  }
}

/** A worker that advances its runs by `steps` every `everyMs` and never gets tired. */
export function syntheticWorker(steps: number, everyMs: number): OpenChannel {
  return (_isolation, listener) => {
    const timers = new Set<NodeJS.Timeout>()
    const stop = (): void => timers.forEach(clearInterval)
    const advance = (run: JobRun, from: number): number => {
      const to = Math.min(from + steps, run.config.training.max_steps - 1)
      const { chunks } = syntheticRun(run.config, to)
      const fresh = chunks.map((chunk) => after(chunk, from)).filter((chunk) => chunk.steps.length > 0)
      if (to > from) listener.message({ type: 'points', run: run.id, chunks: fresh })
      else listener.message({ type: 'alive' })
      return to
    }
    queueMicrotask(() => listener.message({ type: 'ready', environment: ENVIRONMENT }))
    return {
      send(message) {
        if (message.type === 'train') {
          const at = new Map(message.job.runs.map((run) => [run, 0]))
          for (const run of at.keys()) {
            listener.message({
              type: 'begun',
              run: run.id,
              fromStep: 0,
              parametersTrained: 52_000,
              parametersTotal: 330_000,
              stepFlops: 2_100_000_000,
            })
          }
          if (message.job.runs.every(isMeasurement)) {
            for (const { id } of at.keys())
              listener.message({ type: 'points', run: id, chunks: [measuredPoints()] })
            for (const { id } of at.keys()) {
              const outcome = {
                state: 'cancelled',
                steps: MEASURED_STEPS,
                bestStep: null,
                summary: {},
                reason: null,
              }
              listener.message({ type: 'ended', run: id, outcome })
            }
            listener.message({ type: 'done', seq: message.seq })
            return
          }
          timers.add(
            setInterval(() => {
              for (const [run, step] of at) at.set(run, advance(run, step))
            }, everyMs),
          )
        } else if (message.type === 'close' || message.type === 'pause') {
          stop()
          listener.gone('closed')
        }
      },
      kill() {
        stop()
        listener.gone('killed')
        return Promise.resolve()
      },
    }
  }
}

function points(last: number, every: number, valueAt: (step: number) => number) {
  const count = Math.max(0, Math.floor(last / every))
  const steps = Uint32Array.from({ length: count }, (_, i) => (i + 1) * every)
  const start = Date.now() - 3_600_000
  return {
    steps,
    values: Float64Array.from(steps, valueAt),
    times: Float64Array.from(steps, (step) => start + 40 * step),
  }
}

function after({ metric, steps, values, times }: MetricChunk, step: number): MetricChunk {
  const first = steps.findIndex((each) => each > step)
  const from = first === -1 ? steps.length : first
  return { metric, steps: steps.slice(from), values: values.slice(from), times: times.slice(from) }
}

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
