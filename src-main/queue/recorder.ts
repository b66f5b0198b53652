import type { Environment, RunState } from '../run'
import type { Store } from '../store/store'
import type { RunOutcome } from '../training/messages'
import type { RunProgress, WorkbenchHappening } from './events'
import type { EventStream } from './event-stream'
import { RunMeter } from './progress'
import type { RunMessage } from './training-worker'

/** A run in a worker's hands, as far as its progress is concerned. */
export interface TrainedRun {
  readonly id: string
  readonly maxSteps: number
  readonly group: readonly string[]
  /** How; the worker knows the rest of its environment. */
  readonly trainedBy: Pick<Environment, 'group_size' | 'path' | 'workers' | 'precision'>
}

const PROGRESS_EVERY_MS = 500

/** Writes what workers say into the store, one transaction a message, and tells those who listen. */
export class Recorder {
  private readonly meters = new Map<string, RunMeter>()
  private progressToldAt = 0

  constructor(
    private readonly store: Store,
    private readonly events: EventStream,
  ) {}

  /**
   * @returns the step up to which the run's points are now stored, if the message brought any; its state, if it changed
   * @throws whatever the store cannot do; nothing of the message is stored then
   */
  record(
    run: TrainedRun | undefined,
    message: RunMessage,
    environment: Environment,
  ): { stored?: number; state?: RunState } {
    switch (message.type) {
      case 'begun': {
        const { fromStep, evaluatedStep, parametersTrained, parametersTotal, stepFlops, parameters } = message
        const started = { ...environment, ...run?.trainedBy }
        const size = { parametersTrained, parametersTotal, stepFlops, parameters }
        this.store.begin(message.run, { fromStep, evaluatedStep, ...size, environment: started })
        if (run) this.startMeter(run, fromStep)
        this.emit({ type: 'points', run: message.run, replaceAfter: fromStep, deltas: [] })
        this.changed(message.run, 'running')
        return { stored: fromStep }
      }
      case 'points': {
        this.store.append(message.run, message.chunks)
        const last = Math.max(0, ...message.chunks.map(({ steps }) => steps.at(-1) ?? 0))
        // Test scores leave through the store alone, which knows whether they are sealed.
        const open = message.chunks.filter(({ metric }) => !metric.startsWith('test/'))
        const deltas = open.map(({ metric, steps, values }) => ({
          metric,
          steps: [...steps],
          values: [...values],
        }))
        this.emit({ type: 'points', run: message.run, replaceAfter: null, deltas })
        this.meters.get(message.run)?.reached(last)
        if (performance.now() - this.progressToldAt >= PROGRESS_EVERY_MS) this.tellProgress()
        return { stored: last }
      }
      case 'checkpoint':
        this.meters.get(message.run)?.saved(message.step)
        return {}
      case 'ended':
        this.end(message.run, message.outcome)
        return { state: message.outcome.state }
      case 'log':
        this.log(message.level, message.run, message.message)
        return {}
    }
  }

  end(run: string, outcome: RunOutcome): void {
    this.store.end(run, outcome)
    this.leave(run, outcome.state)
  }

  setState(run: string, state: RunState, reason?: string): void {
    this.store.setState(run, state, reason)
    if (state === 'running') this.changed(run, state)
    else this.leave(run, state)
  }

  /** The run failed outside its worker's own account of it. */
  fail(run: string, reason: string): void {
    const steps = this.store.run(run)?.steps ?? 0
    this.end(run, { state: 'failed', steps, bestStep: null, summary: {}, reason })
  }

  log(level: 'info' | 'warning' | 'error', run: string | null, message: string): void {
    this.store.log({ study: null, run, kind: level, detail: message })
    this.emit({ type: 'log', level, study: null, run, message })
  }

  /** As `log`, where the store may be what is in trouble. */
  cry(message: string): void {
    this.emit({ type: 'log', level: 'error', study: null, run: null, message })
  }

  progress(): RunProgress[] {
    return [...this.meters.values()].map((meter) => meter.read())
  }

  private tellProgress(): void {
    this.progressToldAt = performance.now()
    this.emit({ type: 'progress', running: this.progress() })
  }

  private startMeter({ id, maxSteps, group }: TrainedRun, fromStep: number): void {
    const studies = this.store.studiesOf(id)
    this.meters.set(id, new RunMeter({ run: id, studies, of: maxSteps, group }, fromStep))
  }

  /** The run is in no worker's hands any more. */
  private leave(run: string, state: RunState): void {
    const wasTrained = this.meters.delete(run)
    this.changed(run, state)
    if (wasTrained) this.tellProgress()
  }

  private changed(run: string, state: RunState): void {
    this.emit({ type: 'run-changed', run, state, studies: this.store.studiesOf(run) })
  }

  private emit(happening: WorkbenchHappening): void {
    this.events.emit(happening)
  }
}
