import { join } from 'node:path'
import { rememberText } from '../analysis/text-of'
import { InputError } from '../errors'
import { describeCells } from '../library/describe-cells'
import type { CellFacts } from '../library/describe-cells'
import type { Library } from '../library/library'
import type { OpenChannel } from '../queue/channel'
import type { EventStream } from '../queue/event-stream'
import type { Ways } from '../queue/ways'
import { idOf } from '../run'
import type { RunConfig, TrainingWay } from '../run'
import type { ReadableStore, SetupRuns, Store } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import { earlierScores, earlierStepSeconds, median, runUnderway } from './earlier-runs'
import { cellOf, forecastPlan, openGroups } from './forecast'
import type { Forecast, OpenGroup } from './forecast'
import type { BytesOf } from './fitting-ways'
import { bytesByCount, foreseenWays, type ForeseenWays } from './foreseen-ways'
import { stepFlops, type GroupKind } from './group-kind'
import type { Paces } from './kind-pace'
import { countedBytes } from './operations'
import { Probe } from './probe'
import type { ProbeTarget } from './probe'
import { ProbeMemory } from './probe-memory'
import { sweepPower } from './sweep-power'
import type { SweepPower } from './sweep-power'
import { memoryWhenIdle, usableMemory } from './usable-memory'
import { WayChooser } from './way-chooser'

export type { CellForecast, Forecast } from './forecast'
export type { PaceSource } from './kind-pace'
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
  /** Groups of different work of which too little is known, and which can be measured. */
  readonly unmeasured: number
  /** Those that by count need more memory than is free: they are never measured. */
  readonly tooLarge: number
  /** Cells whose groups are smaller than usual, for larger ones need more memory by count than there is. */
  readonly smallerGroups: number
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
  /** A plan's data and models are those of its hashes. */
  private readonly facts = new WeakMap<Plan, Promise<CellFacts[]>>()
  private underway: { readonly stop: AbortController; readonly ended: Promise<void> } | null = null

  constructor(private readonly options: ForecasterOptions) {
    this.memory = new ProbeMemory(join(options.workspace, 'probes.json'))
  }

  /** Chooses how the runs of studies are trained; what it chooses is kept in `store`. */
  ways(store: Store): Ways {
    const { events, openWorker } = this.options
    const bytesOf = async (plan: Plan, run: PlannedRun): Promise<BytesOf> =>
      bytesByCount(await this.factsOf(plan), run)
    return new WayChooser({ store, events, openWorker, bytesOf })
  }

  /** @param gflops speed of large products, to count operations where nothing was measured */
  async of(plan: Plan, gflops: number | null = null): Promise<PlanForecast> {
    await this.memory.load()
    const { store } = this.options
    const history = store.runsBySetup()
    const [facts, memory] = [await this.factsOf(plan), await usableMemory()]
    const { wayOf, smaller } = this.waysOf(plan, facts, memory)
    const open = this.openGroups(plan, wayOf)
    const { measurable, tooLarge } = this.unknown(open, facts, history, memory)
    const measured: Paces['measured'] = (kind) => this.known(kind, history) ?? this.scaled(kind)
    return {
      ...forecastPlan(plan, facts, open, { history, measured, gflops }, wayOf),
      power: sweepPower(plan, earlierScores(store, plan)),
      unmeasured: measurable.length,
      tooLarge: tooLarge.length,
      smallerGroups: smaller(),
      isTraining: this.isTraining,
    }
  }

  /**
   * Measures what is not known of a plan's groups, a few steps of each; ends what another call had begun. It begins with
   * those that have least to do, and what these then tell of others is not measured. What does not fit into the memory is
   * left alone: it would take the machine along.
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

  /** What trains now will have ended: the memory of the whole machine is then free again. */
  private waysOf(plan: Plan, facts: readonly CellFacts[], memory: number): ForeseenWays {
    const chosen = this.options.store.trainingWays()
    return foreseenWays(plan, facts, chosen, this.isTraining ? memoryWhenIdle() : memory)
  }

  private openGroups(plan: Plan, wayOf: (run: PlannedRun) => TrainingWay): OpenGroup[] {
    const ids = plan.runs.map(({ key }) => idOf(key))
    return openGroups(plan, this.options.store.runMarks(ids), wayOf)
  }

  /** Something trains in this workspace now, so that nothing can be measured fairly. */
  private get isTraining(): boolean {
    return this.options.store.countRuns({ states: ['running'] }) > 0
  }

  private async probe(plan: Plan, signal: AbortSignal): Promise<void> {
    const { openWorker, store, events } = this.options
    await this.memory.load()
    const [facts, memory] = [await this.factsOf(plan), await usableMemory()]
    const { wayOf } = this.waysOf(plan, facts, memory)
    const [history, open] = [store.runsBySetup(), this.openGroups(plan, wayOf)]
    let probe: Probe | null = null
    try {
      for (let done = 0; !signal.aborted; done++) {
        const { measurable } = this.unknown(open, facts, history, memory)
        const [next] = measurable
        if (next === undefined) return
        const cell = cellWords(plan, next)
        events.emit({ type: 'measuring', measuring: { done, of: done + measurable.length, cell } })
        probe ??= await Probe.open(openWorker, signal)
        await this.memory.keep(next, await probe.measure(next))
      }
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      await probe?.close()
      events.emit({ type: 'measuring', measuring: null })
    }
  }

  /** One group of each kind that nothing is known of, those that have least to do first. */
  private unknown(
    groups: readonly OpenGroup[],
    facts: readonly CellFacts[],
    history: readonly SetupRuns[],
    mostBytes: number,
  ): { readonly measurable: readonly ProbeTarget[]; readonly tooLarge: readonly ProbeTarget[] } {
    const text = rememberText()
    const targets = new Map<string, ProbeTarget>()
    for (const { group, open } of groups) {
      const [first] = open
      if (first === undefined) continue
      const { config } = first
      const slots = group.runs.length
      const key = [first.task, first.model, text(config.setting.train), slots].join('\n')
      if (!targets.has(key)) targets.set(key, { cell: cellOf(facts, first), config, slots, runs: group.runs })
    }
    const unknown = [...targets.values()]
      .filter(
        (kind) =>
          this.known(kind, history) === null && earlierStepSeconds(kind.config, kind.slots, history) === null,
      )
      .sort((a, b) => stepFlops(a) - stepFlops(b))
    const isTooLarge = ({ cell, config, slots }: GroupKind): boolean =>
      countedBytes(cell, config, slots) > mostBytes
    return {
      measurable: unknown.filter((kind) => !isTooLarge(kind) && this.memory.scaled(kind)?.isEnough !== true),
      tooLarge: unknown.filter(isTooLarge),
    }
  }

  private known(kind: GroupKind, history: readonly SetupRuns[]): ReturnType<Paces['measured']> {
    const probed = this.memory.of(kind)
    if (probed !== null) return { pace: probed, from: 'probe' }
    const { config, slots } = kind
    const run = runUnderway(config, slots, history)
    if (run === undefined) return null
    const { values } = this.options.store.series(run.id, 'time/step_ms')
    const perRun = typical(Array.from(values.slice(-STEPS_READ)), config)
    if (perRun === null) return null
    const stepSeconds = (slots * perRun) / 1000
    const scoreSeconds = stepSeconds / 3 / config.training.batch_size
    return { pace: { stepSeconds, scoreSeconds, startSeconds: 0, peakBytes: null }, from: 'earlier-runs' }
  }

  private scaled(kind: GroupKind): ReturnType<Paces['measured']> {
    const found = this.memory.scaled(kind)
    return found && { pace: found.pace, from: 'scaled' }
  }

  private factsOf(plan: Plan): Promise<CellFacts[]> {
    const known = this.facts.get(plan) ?? describeCells(plan.study, this.options.library)
    this.facts.set(plan, known)
    // A failure is not kept: the file may be mended meanwhile.
    known.catch(() => this.facts.delete(plan))
    return known
  }
}

/** A group in the words of its study: its setting, and its task and model where there are several. */
function cellWords({ study }: Plan, { cell: { task, model, setting } }: GroupKind): string {
  const words = [study.tasks.length > 1 && task, study.models.length > 1 && model, setting]
  return words.filter(Boolean).join(' / ')
}
