import { join } from 'node:path'
import { InputError } from '../errors'
import { describeCells } from '../library/describe-cells'
import type { CellFacts } from '../library/describe-cells'
import type { Library } from '../library/library'
import type { OpenChannel } from '../queue/channel'
import type { EventStream } from '../queue/event-stream'
import { usualWay } from '../queue/groups'
import type { Ways } from '../queue/ways'
import type { RunConfig, RunRecord, TrainingWay } from '../run'
import type { ReadableStore, Store } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import { earlierStepSeconds, median, runUnderway } from './earlier-runs'
import { forecastPlan, openGroups } from './forecast'
import type { Forecast, PaceSource } from './forecast'
import { countedBytes } from './operations'
import type { GroupPace } from './pace'
import { probeGroups } from './probe'
import type { ProbeTarget } from './probe'
import { ProbeMemory } from './probe-memory'
import { sweepPower } from './sweep-power'
import type { SweepPower } from './sweep-power'
import { WayChooser, keptWay } from './way-chooser'
import { usableMemory } from './usable-memory'

export type { CellForecast, Forecast, PaceSource } from './forecast'
export type { SweepPower } from './sweep-power'

export interface ForecasterOptions {
  readonly workspace: string
  readonly store: ReadableStore
  readonly library: Library
  readonly openWorker: OpenChannel
  /** Told of every step of a measurement, and of its end. */
  readonly events: EventStream
}

export type PlanForecast = Forecast & {
  readonly power: SweepPower
  /** Groups of different work of which nothing is known yet, and which can be measured. */
  readonly unmeasured: number
  /** Those that by count need more memory than is free: they are never measured. */
  readonly tooLarge: number
  /** Something trains on this machine, so that they wait. */
  readonly isTraining: boolean
}

const STEPS_READ = 200

/** The median, since now and then a step waits for something; the mean where steps are of different lengths. */
function typical(milliseconds: readonly number[], { task }: RunConfig): number | null {
  if (task.options['batches'] !== 'by-length' || milliseconds.length === 0) return median(milliseconds)
  return milliseconds.reduce((sum, each) => sum + each, 0) / milliseconds.length
}

/** What training a study would take on this machine: the same for the window and the command line. */
export class Forecaster {
  private readonly memory: ProbeMemory
  private underway: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null

  constructor(private readonly options: ForecasterOptions) {
    this.memory = new ProbeMemory(join(options.workspace, 'probes.json'))
  }

  /** Chooses how the runs of studies are trained; what it chooses is kept in `store`. */
  ways(store: Store): Ways {
    const { events, openWorker } = this.options
    return new WayChooser({ store, events, openWorker })
  }

  /** @param gflops speed of large products, to count operations where nothing was measured */
  async of(plan: Plan, gflops: number | null = null): Promise<PlanForecast> {
    await this.memory.load()
    const history = this.options.store.runs()
    const facts = await this.factsOf(plan)
    const measured = (config: RunConfig, slots: number) => this.known(config, slots, history)
    const { measurable, tooLarge } = await this.unknown(plan, facts, history)
    return {
      ...forecastPlan(plan, facts, { history, wayOf: this.wayOf(plan), measured, gflops }),
      power: sweepPower(plan, history),
      unmeasured: measurable.length,
      tooLarge: tooLarge.length,
      isTraining: this.isTraining,
    }
  }

  /**
   * Measures what is not known of a plan's groups, a few steps of each; ends what another call had begun. What does not
   * fit into the memory is left alone: it would take the machine along.
   * @throws {InputError} while something trains, which would make the numbers wrong
   * @throws {WorkerFault} when the worker cannot do its work
   */
  async measure(plan: Plan): Promise<void> {
    if (this.isTraining) {
      throw new InputError('a study is training on this machine; measure when it has ended or is paused')
    }
    const stopped = this.stop()
    const stop = new AbortController()
    const ended = stopped.then(() => this.probe(plan, stop.signal))
    const mine = { stop, ended }
    this.underway = mine
    try {
      await ended
    } finally {
      if (this.underway === mine) this.underway = null
    }
  }

  /** Ends a measurement; what it has come to so far is kept. */
  async stop(): Promise<void> {
    const { underway } = this
    underway?.stop.abort()
    await underway?.ended.catch(() => {})
  }

  private wayOf(plan: Plan): (run: PlannedRun) => TrainingWay {
    const chosen = this.options.store.trainingWays()
    return (run) => keptWay(chosen, plan, run)?.way ?? usualWay(run)
  }

  /** Something trains in this workspace now, so that nothing can be measured fairly. */
  private get isTraining(): boolean {
    return this.options.store.runs({ states: ['running'] }).length > 0
  }

  private async probe(plan: Plan, signal: AbortSignal): Promise<void> {
    const { openWorker, store, events } = this.options
    await this.memory.load()
    const { measurable: targets } = await this.unknown(plan, await this.factsOf(plan), store.runs())
    let done = 0
    const say = (): void => {
      const next = targets[done]?.cell
      if (next === undefined) return
      events.emit({ type: 'measuring', measuring: { done, of: targets.length, cell: next.setting } })
    }
    try {
      say()
      const kept: Promise<void>[] = []
      if (targets.length === 0) return
      await probeGroups(targets, openWorker, signal, ({ runs }, pace) => {
        const [first] = runs
        if (first) kept.push(this.memory.keep(first.config, runs.length, pace))
        done++
        say()
      })
      await Promise.all(kept)
    } finally {
      events.emit({ type: 'measuring', measuring: null })
    }
  }

  /** One group of each kind of work that nothing is known of. */
  private async unknown(
    plan: Plan,
    facts: readonly CellFacts[],
    history: readonly RunRecord[],
  ): Promise<{ readonly measurable: readonly ProbeTarget[]; readonly tooLarge: readonly ProbeTarget[] }> {
    const targets = new Map<string, ProbeTarget>()
    for (const { group, open } of openGroups(plan, history, this.wayOf(plan))) {
      const [first] = open
      const slots = group.runs.length
      if (first === undefined || this.known(first.config, slots, history) !== null) continue
      if (earlierStepSeconds(first.config, slots, history) !== null) continue
      const key = JSON.stringify([first.task, first.model, first.setting, slots])
      const cell = facts.find(
        ({ task, model, setting }) =>
          task === first.task && model === first.model && setting === first.setting,
      )
      if (cell && !targets.has(key)) targets.set(key, { cell, runs: group.runs })
    }
    const most = await usableMemory()
    const isTooLarge = ({ cell, runs: [first, ...more] }: ProbeTarget): boolean =>
      first !== undefined && countedBytes(cell, first.config, 1 + more.length) > most
    const all = [...targets.values()]
    return {
      measurable: all.filter((target) => !isTooLarge(target)),
      tooLarge: all.filter(isTooLarge),
    }
  }

  private known(
    config: RunConfig,
    slots: number,
    history: readonly RunRecord[],
  ): { pace: GroupPace; from: PaceSource } | null {
    const probed = this.memory.of(config, slots)
    if (probed !== null) return { pace: probed, from: 'probe' }
    const run = runUnderway(config, slots, history)
    if (run === undefined) return null
    const { values } = this.options.store.series(run.id, 'time/step_ms')
    const perRun = typical(Array.from(values.slice(-STEPS_READ)), config)
    if (perRun === null) return null
    const stepSeconds = (slots * perRun) / 1000
    const scoreSeconds = stepSeconds / 3 / config.training.batch_size
    return { pace: { stepSeconds, scoreSeconds, startSeconds: 0, peakBytes: null }, from: 'earlier-runs' }
  }

  private factsOf(plan: Plan): Promise<CellFacts[]> {
    return describeCells(plan.study, this.options.library)
  }
}
