import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenChannel } from '../queue/channel'
import { TrainingWorker, WORKER_LIMITS } from '../queue/training-worker'
import type { RunMessage } from '../queue/training-worker'
import type { PlannedRun } from '../study/study'
import type { TrainingJob } from '../training/messages'
import { median } from './earlier-runs'
import { paddedToLongest } from './longest'
import { readPeak } from './probe'
import type { Candidate } from './way-candidates'

export interface MeasuredWay {
  readonly candidate: Candidate
  /** One step of one group, while all workers of the way are at work. */
  readonly stepSeconds: number
  /** Of all workers together at their highest; null where it could not be read. */
  readonly peakBytes: number | null
  /** "tensorflow", "wasm". */
  readonly engine: string
}

/** Steps at the start that are not counted: memory is taken and threads are woken. */
const WARM_UP = 3
const FEWEST_STEPS = 5
const MEASURED_MS = 1_000
/** A way this slow is known well enough by what there is of it. */
const MOST_MS = 12_000
/** More than are ever reached: the runs are ended when enough is known. */
const STEPS = 1_000_000
/** Small, so that no measured run diverges; the rate changes nothing about the work. */
const RATE = 1e-7

/**
 * Trains runs like these in a way for about a second, as many groups at once as it has workers. Nothing of it is kept.
 * @param runs of one cell
 * @throws {WorkerFault} when a worker dies, refuses the work, or is ended by `signal`
 */
export async function measureWay(
  runs: readonly PlannedRun[],
  candidate: Candidate,
  openWorker: OpenChannel,
  signal: AbortSignal,
): Promise<MeasuredWay> {
  // Nobody tells a second time that it is broken off, so nothing is waited for between this and listening.
  signal.throwIfAborted()
  const folder = mkdtempSync(join(tmpdir(), 'fairsweep-way-'))
  const crew = Array.from({ length: candidate.workers }, (_, number) => {
    const worker = new TrainingWorker(openWorker, 'process', WORKER_LIMITS, candidate.threads)
    return { worker, number, watch: new StepWatch() }
  })
  const stop = (): void => crew.forEach(({ worker }) => void worker.close())
  signal.addEventListener('abort', stop)
  let engine = ''
  try {
    await Promise.all(
      crew.map(({ worker, number, watch }) => {
        const job = jobOf(runs, candidate, join(folder, String(number)))
        return worker.train(job, (message, environment) => {
          engine = environment.engine
          if (message.type === 'points') worker.stored(message.run, STEPS)
          watch.take(message)
          if (!crew.every(({ watch }) => watch.hasEnough)) return
          for (const other of crew) for (const { id } of job.runs) other.worker.cancel(id)
        })
      }),
    )
    const peaks = await Promise.all(crew.map(({ worker }) => readPeak(worker.pid ?? undefined)))
    const peakBytes = peaks.reduce((sum, peak) => (sum === null || peak === null ? null : sum + peak), 0)
    const steps = median(crew.flatMap(({ watch }) => watch.counted)) ?? Infinity
    return { candidate, stepSeconds: (candidate.groupSize * steps) / 1000, peakBytes, engine }
  } finally {
    signal.removeEventListener('abort', stop)
    await Promise.all(crew.map(({ worker }) => worker.close()))
    await rm(folder, { recursive: true, force: true })
  }
}

/** A group of the way's size, made of the cell's runs; where they are fewer, some stand in it twice. */
function jobOf(
  runs: readonly PlannedRun[],
  { groupSize, path }: Candidate,
  checkpoints: string,
): TrainingJob {
  const [first] = runs
  if (first === undefined) throw new Error('a cell without runs')
  const { config, taskSource: task, modelSource: model, startFrom } = paddedToLongest(first)
  const probed = {
    ...config,
    learning_rate: RATE,
    training: { ...config.training, max_steps: STEPS },
    validation: { ...config.validation, every: STEPS },
    test: { examples: 1 },
  }
  return {
    runs: Array.from({ length: groupSize }, (_, slot) => ({ id: `way-${slot}`, slot, config: probed })),
    slots: groupSize,
    path,
    task,
    model,
    startFrom,
    checkpoints,
  }
}

/** Gathers the step times of a worker's first run: the group's, shared out over its runs. */
class StepWatch {
  private readonly milliseconds: number[] = []
  private readonly startedAt = Date.now()

  take(message: RunMessage): void {
    if (message.type !== 'points' || message.run !== 'way-0') return
    for (const { metric, values } of message.chunks)
      if (metric === 'time/step_ms') this.milliseconds.push(...values)
  }

  get counted(): readonly number[] {
    return this.milliseconds.slice(Math.min(WARM_UP, this.milliseconds.length - 1))
  }

  get hasEnough(): boolean {
    const { counted } = this
    const spent = counted.reduce((sum, each) => sum + each, 0)
    const isSlow = counted.length > 0 && Date.now() - this.startedAt > MOST_MS
    return isSlow || (counted.length >= FEWEST_STEPS && spent >= MEASURED_MS)
  }
}
