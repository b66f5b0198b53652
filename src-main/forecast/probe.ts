import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenChannel } from '../queue/channel'
import { TrainingWorker, WorkerFault } from '../queue/training-worker'
import type { RunMessage } from '../queue/training-worker'
import type { RunConfig } from '../run'
import type { PlannedRun } from '../study/study'
import type { TrainingJob } from '../training/messages'
import { median } from './earlier-runs'
import type { GroupKind } from './group-kind'
import { paddedToLongest } from './longest'
import { validatedExamples } from './pace'
import type { GroupPace } from './pace'

/** A kind of group that is to be measured, and a group of it. */
export interface ProbeTarget extends GroupKind {
  readonly runs: readonly PlannedRun[]
}

const STEPS = 24
/** Steps at the start that are not counted, half of them at most: memory is taken and threads are woken. */
const WARM_UP = 4
/** A group whose steps take longer than this together is measured by fewer of them, by two at least. */
const MOST_SECONDS = 6
const SCORED_EXAMPLES = 64
/** Small, so that no measured run diverges; the rate changes nothing about the work. */
const RATE = 1e-7

/**
 * Measures groups by training a few steps of each in a worker of its own. Nothing of it is kept: no history, no
 * checkpoint, no score; of the test split one example is read, because a run ends so, and thrown away. Where batches are
 * made by length the longest are measured, and the others taken for as much shorter as they compute less.
 */
export class Probe {
  private readonly worker: WatchedWorker
  private readonly stop = (): void => void this.worker.close()

  private constructor(
    openWorker: OpenChannel,
    private readonly signal: AbortSignal,
    private readonly folder: string,
  ) {
    this.worker = new WatchedWorker(openWorker)
    signal.addEventListener('abort', this.stop)
    // It may have been ended while the folder was made, and is not told so again.
    if (signal.aborted) this.stop()
  }

  /** @param signal ends a measurement underway, which is then rejected */
  static async open(openWorker: OpenChannel, signal: AbortSignal): Promise<Probe> {
    return new Probe(openWorker, signal, await mkdtemp(join(tmpdir(), 'fairsweep-probe-')))
  }

  /** @throws {WorkerFault} when the worker dies or refuses the work */
  measure(target: ProbeTarget): Promise<GroupPace> {
    return this.worker.measure(target, this.folder)
  }

  async close(): Promise<void> {
    this.signal.removeEventListener('abort', this.stop)
    await this.worker.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** A worker in a process of its own, whose memory can be read; a thread of this one where no process starts. */
class WatchedWorker {
  private worker: TrainingWorker
  private pid: number | undefined

  constructor(private readonly openWorker: OpenChannel) {
    this.worker = this.open('process')
  }

  async measure(target: ProbeTarget, folder: string): Promise<GroupPace> {
    try {
      return await this.train(target, folder)
    } catch (error) {
      const cannotFork = error instanceof WorkerFault && error.kind === 'died' && !error.wasReady
      if (!cannotFork || this.worker.isolation === 'thread') throw error
      await this.worker.close()
      this.worker = this.open('thread')
      return this.train(target, folder)
    }
  }

  close(): Promise<void> {
    return this.worker.close()
  }

  private open(isolation: 'process' | 'thread'): TrainingWorker {
    return new TrainingWorker((kind, listener) => {
      const channel = this.openWorker(kind, listener, null)
      this.pid = channel.pid ?? undefined
      return channel
    }, isolation)
  }

  private async train(target: ProbeTarget, folder: string): Promise<GroupPace> {
    await forgetPeak(this.pid)
    const job = probeJob(target, folder)
    const watch = new Stopwatch(target.runs)
    await this.worker.train(job, (message) => {
      if (message.type === 'points') this.worker.stored(message.run, STEPS)
      if (watch.take(message)) for (const { id } of job.runs) this.worker.cancel(id)
    })
    const { stepSeconds, scoreSeconds, startSeconds } = watch.read(scoredExamples(target))
    const { training, forward } = target.cell.flopsToLongest
    return {
      stepSeconds: training * stepSeconds,
      scoreSeconds: forward * scoreSeconds,
      startSeconds,
      peakBytes: await readPeak(this.pid),
    }
  }
}

const firstOf = ({ runs }: ProbeTarget): PlannedRun => {
  const [first] = runs
  if (first === undefined) throw new Error('a group without runs')
  return paddedToLongest(first)
}

const scoredExamples = (target: ProbeTarget): number =>
  Math.min(SCORED_EXAMPLES, validatedExamples(target.cell, firstOf(target).config))

function probeJob(target: ProbeTarget, folder: string): TrainingJob {
  const { runs } = target
  const { config, taskSource: task, modelSource: model, startFrom } = firstOf(target)
  const examples = Math.max(1, scoredExamples(target))
  const probed: RunConfig = {
    ...config,
    learning_rate: RATE,
    training: { ...config.training, max_steps: STEPS },
    validation: { ...config.validation, examples, every: STEPS / 2, patience: STEPS },
    test: { examples: 1 },
  }
  const id = (slot: number): string => `probe-${slot}`
  return {
    runs: runs.map((run, slot) => ({ id: id(slot), slot, config: { ...probed, seed: run.config.seed } })),
    slots: runs.length,
    path: 'graph',
    task,
    model,
    startFrom,
    checkpoints: folder,
  }
}

/** Gathers what a worker logs of the group's first run. */
class Stopwatch {
  private readonly startedAt = Date.now()
  private readonly steps: number[] = []
  private readonly stepTimes: number[] = []
  private readonly scoredAt: number[] = []

  constructor(private readonly runs: readonly PlannedRun[]) {}

  /** Takes a message in; true when enough is known of a slow group. */
  take(message: RunMessage): boolean {
    if (message.type !== 'points' || message.run !== 'probe-0') return false
    for (const { metric, values, times } of message.chunks) {
      if (metric === 'time/step_ms') {
        this.steps.push(...values)
        this.stepTimes.push(...times)
      } else if (metric === 'val/loss') this.scoredAt.push(...times)
    }
    const spent = (this.runs.length * this.steps.reduce((sum, each) => sum + each, 0)) / 1000
    return this.steps.length > 1 && spent > MOST_SECONDS
  }

  /** @param scored examples of one evaluation; 0: there was none */
  read(scored: number): Omit<GroupPace, 'peakBytes'> {
    const [firstAt = this.startedAt] = this.stepTimes
    const warmUp = Math.min(WARM_UP, Math.floor(this.steps.length / 2))
    const perRun = median(this.steps.slice(warmUp)) ?? 0
    const stepSeconds = (this.runs.length * perRun) / 1000
    const lastScored = this.scoredAt[1]
    const lastStep = this.stepTimes[STEPS - 1]
    // Where no evaluation was reached, an example's way forward is taken for a third of its step.
    const scoreSeconds =
      lastScored !== undefined && lastStep !== undefined && scored > 0
        ? // The group's runs are evaluated one after the other, this one first.
          (this.runs.length * Math.max(0, lastScored - lastStep)) / 1000 / scored
        : stepSeconds / 3 / (this.runs[0]?.config.training.batch_size ?? 1)
    const startSeconds = Math.max(0, (firstAt - this.startedAt) / 1000 - stepSeconds)
    return { stepSeconds, scoreSeconds, startSeconds }
  }
}

/** Linux keeps the highest memory of each process, and begins anew when asked to. */
const forgetPeak = (pid: number | undefined): Promise<void> =>
  pid === undefined ? Promise.resolve() : writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => {})

/** Bytes; null for a thread, or where the system does not tell. */
export async function readPeak(pid: number | undefined): Promise<number | null> {
  if (pid === undefined) return null
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kilobytes === undefined ? null : 1024 * Number(kilobytes)
}
