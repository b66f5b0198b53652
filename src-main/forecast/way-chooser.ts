import { availableParallelism } from 'node:os'
import type { OpenChannel } from '../queue/channel'
import type { EventStream } from '../queue/event-stream'
import { usualWay } from '../queue/groups'
import type { Ways } from '../queue/ways'
import type { TrainingWay } from '../run'
import type { Store } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import { countedWay, deviceName, keptWay, programHash, wordsOf } from './kept-ways'
import { measureWay } from './measure-way'
import type { MeasuredWay } from './measure-way'
import { shareOfOthers } from './other-programs'
import { usableMemory } from './usable-memory'
import { fittingWays, usualIn } from './fitting-ways'
import type { BytesOf } from './fitting-ways'
import {
  areTried,
  candidatesFor,
  machineCores,
  secondsARun,
  stepsOf,
  wayRule,
  wayWords,
} from './way-candidates'
import type { Candidate, WayRule } from './way-candidates'

export interface WayChooserOptions {
  readonly store: Store
  readonly events: EventStream
  readonly openWorker: OpenChannel
  /** Counts the memory of workers with runs of this one's kind. */
  readonly bytesOf: (plan: Plan, run: PlannedRun) => Promise<BytesOf>
  /** The part of all cores that other programs take now. */
  readonly shareOfOthers?: () => Promise<number>
  /** `auto` measures where it pays. FAIRSWEEP_WAYS, where nothing is given. */
  readonly rule?: WayRule
}

type Say = (level: 'info' | 'warning', message: string) => void

/** XLA compiles for tens of seconds: only cells that train for so long are worth trying. */
const WORTH_XLA_SECONDS = 900
/** Other programs that take so much of all cores may make another way look faster. */
const DISTURBING = 0.2
/** A way that needs less memory is taken unless another is faster by more than this. */
const TIE = 0.07

/**
 * Chooses how a study's runs are trained, once for each cell, study and device: by trying out for seconds, or for cells that
 * train too little for that by whether the usual way has memory.
 */
export class WayChooser implements Ways {
  /** By plan, then by the study's words for a cell: a plan may have 100,000 runs. */
  private readonly cells = new WeakMap<Plan, Map<string, TrainingWay | null>>()
  private readonly rule: WayRule

  constructor(private readonly options: WayChooserOptions) {
    this.rule = options.rule ?? wayRule()
  }

  of(plan: Plan, run: PlannedRun): TrainingWay | null {
    const cells = this.cells.get(plan) ?? new Map<string, TrainingWay | null>()
    this.cells.set(plan, cells)
    const known = cells.get(wordsOf(run))
    if (known !== undefined) return known
    const runs = cellOf(plan, run)
    const way = this.kept(plan, run, runs) ?? (this.isOpen(runs) ? null : usualWay(run))
    cells.set(wordsOf(run), way)
    return way
  }

  async measure(plan: Plan, run: PlannedRun, signal: AbortSignal): Promise<void> {
    const runs = cellOf(plan, run)
    const { store, events } = this.options
    const cell = [run.task, run.model, run.setting].join(' / ')
    const study = plan.study.name
    const say: Say = (level, message) => {
      // Broken off, and perhaps the history is closed: nothing more is to be said.
      if (signal.aborted) return
      store.log({ study, run: null, kind: level, detail: `${cell}: ${message}` })
      events.emit({ type: 'log', level, study, run: null, message: `${cell}: ${message}` })
    }
    // What is wrong with data or model is said by the worker that opens them.
    const bytesOf = await this.options.bytesOf(plan, run).catch(() => () => 0)
    const isTried = areTried(runs, machineCores(), this.rule)
    const way = isTried
      ? await this.tried(runs, cell, bytesOf, signal, say)
      : counted(runs, bytesOf, await usableMemory(), say)
    if (signal.aborted) return
    const program = programHash(run.config, isTried ? 'measured' : 'counted')
    store.keepTrainingWay({ study, program, device: deviceName(), cell, way })
    const cells = this.cells.get(plan)
    // Other cells of the plan may be of the same kind.
    for (const [words, known] of cells ?? []) if (known === null) cells?.delete(words)
    cells?.set(wordsOf(run), way)
  }

  private async tried(
    runs: readonly PlannedRun[],
    cell: string,
    bytesOf: BytesOf,
    signal: AbortSignal,
    say: Say,
  ): Promise<TrainingWay> {
    const candidates = await fitting(runs, bytesOf, say)
    const others = await (this.options.shareOfOthers ?? shareOfOthers)()
    const measured = await this.tryAll(runs, candidates, cell, signal, say)
    const usual = usualIn(runs)
    const way = best(runs, measured) ?? (candidates.length === 0 ? { ...usual, groupSize: 1 } : usual)
    if (candidates.length > 0) say('info', way.why === '' ? 'trained the usual way' : way.why)
    if (measured.length > 1 && others >= DISTURBING)
      say(
        'info',
        `other programs took ${Math.round(100 * others)} % of the processor when ways of training were measured: on a quiet machine another may be faster than the one that was chosen`,
      )
    return way
  }

  private async tryAll(
    runs: readonly PlannedRun[],
    wanted: readonly Candidate[],
    cell: string,
    signal: AbortSignal,
    say: Say,
  ): Promise<MeasuredWay[]> {
    const { openWorker, events } = this.options
    const measured: MeasuredWay[] = []
    const tooLarge: MeasuredWay[] = []
    const candidates = [...wanted]
    for (const [done, candidate] of candidates.entries()) {
      events.emit({ type: 'measuring', measuring: { done, of: candidates.length, cell } })
      try {
        const found = await measureWay(runs, candidate, openWorker, signal)
        // Only TensorFlow has anything to choose.
        if (found.engine !== 'tensorflow') break
        ;((await fits(found)) ? measured : tooLarge).push(found)
      } catch (error) {
        if (signal.aborted) break
        say('warning', `${inWords(candidate)} cannot be measured: ${said(error)}`)
      }
      const last = done === candidates.length - 1
      // Where no group has memory, or each died of it, a run alone may have enough.
      if (last && measured.length === 0 && candidates.every(({ groupSize }) => groupSize > 1))
        candidates.push({ ...candidate, groupSize: 1, workers: 1, threads: null })
      const fastest = last ? best(runs, measured) : null
      // XLA multiplies in bfloat16 no faster than in float32.
      const mayCompile = fastest?.path === 'graph' && runs[0]?.config.precision !== 'bf16'
      if (mayCompile && trainingSeconds(runs, measured) > WORTH_XLA_SECONDS)
        candidates.push({ ...withoutWords(fastest), path: 'xla' })
    }
    events.emit({ type: 'measuring', measuring: null })
    if (measured.length > 0) return measured
    return tooLarge.sort((a, b) => (a.peakBytes ?? 0) - (b.peakBytes ?? 0)).slice(0, 1)
  }

  /** What was chosen for the study, or measured for another study's runs of the same kind, on this device. */
  private kept(plan: Plan, run: PlannedRun, runs: readonly PlannedRun[]): TrainingWay | undefined {
    if (this.rule === 'usual') return undefined
    const { store } = this.options
    const study = plan.study.name
    const chosen = store.trainingWays()
    const found = keptWay(chosen, plan, run)
    if (found !== undefined && found.study !== study) store.keepTrainingWay({ ...found, study })
    const isTried = areTried(runs, machineCores(), this.rule)
    return found?.way ?? (isTried ? undefined : countedWay(chosen, plan, run)?.way)
  }

  /** Whether there is something to choose, by measurements or by memory. A GPU's memory is not counted. */
  private isOpen(runs: readonly PlannedRun[]): boolean {
    if (this.rule === 'usual') return false
    const cores = machineCores()
    const [first] = candidatesFor(runs, cores)
    return areTried(runs, cores, this.rule) || (!cores.isGpu && first !== undefined && first.groupSize > 1)
  }
}

/** What of the ways that may be the fastest is tried. */
async function fitting(
  runs: readonly PlannedRun[],
  bytesOf: BytesOf,
  say: Say,
): Promise<readonly Candidate[]> {
  const candidates = candidatesFor(runs, machineCores())
  if (machineCores().isGpu) return candidates
  const most = await usableMemory()
  const { fitting, left } = fittingWays(candidates, bytesOf, most)
  const nothing = fitting.length === 0
  const words = left.map(({ candidate, bytes }) => `${inWords(candidate)} (about ${gigabytes(bytes)})`)
  if (left.length > 0)
    say(
      nothing ? 'warning' : 'info',
      `not tried, for by count they need more memory than the ${gigabytes(most)} that there are: ${words.join('; ')}${nothing ? `. ${ALONE}` : ''}`,
    )
  return fitting
}

/** The way of a cell that is not worth a measurement: its groups are as large as usual, or as there is memory for. */
function counted(runs: readonly PlannedRun[], bytesOf: BytesOf, most: number, say: Say): TrainingWay {
  const [first] = candidatesFor(runs, machineCores())
  const usual = usualIn(runs)
  const { fitting, left } = fittingWays(first ? [first] : [], bytesOf, most)
  const [short] = left
  if (short === undefined) return usual
  const needed = `by count groups of ${short.candidate.groupSize} need about ${gigabytes(short.bytes)} of memory, and there are ${gigabytes(most)}`
  const [way] = fitting
  if (way === undefined) {
    say('warning', `${needed}. ${ALONE}`)
    return { ...usual, groupSize: 1 }
  }
  const why = `${inWords(way)}: ${needed}`
  say('info', why)
  return { ...way, why }
}

const ALONE =
  'Runs are trained alone, and may end for want of memory; smaller batches (training.batch_size, or accumulate_steps for the same ones in parts) need less'

const inWords = (candidate: Candidate): string => wayWords(candidate, availableParallelism())

/** The fastest way, or one that is nearly as fast and takes less memory; null: nothing was measured. */
function best(runs: readonly PlannedRun[], measured: readonly MeasuredWay[]): TrainingWay | null {
  const ranked = measured
    .map((found) => ({ ...found, seconds: secondsARun(runs, found.candidate, found.stepSeconds) }))
    .sort((a, b) => a.seconds - b.seconds)
  const [fastest] = ranked
  if (fastest === undefined) return null
  const near = ranked.filter(({ seconds }) => seconds <= fastest.seconds * (1 + TIE))
  const chosen = near.reduce((a, b) => ((b.peakBytes ?? Infinity) < (a.peakBytes ?? Infinity) ? b : a))
  const figures = ({ candidate, seconds }: (typeof ranked)[number], unit: string): string =>
    `${wayWords(candidate, availableParallelism())}: ${(1000 * seconds).toFixed(1)}${unit}`
  const others = ranked.filter((found) => found !== chosen).map((found) => figures(found, ''))
  const against = others.length === 0 ? '' : `, against ${others.join('; ')}`
  return { ...chosen.candidate, why: `${figures(chosen, ' ms a run and step')}${against}` }
}

const withoutWords = ({ path, groupSize, workers, threads }: TrainingWay): Omit<TrainingWay, 'why'> => ({
  path,
  groupSize,
  workers,
  threads,
})

const trainingSeconds = (runs: readonly PlannedRun[], measured: readonly MeasuredWay[]): number =>
  stepsOf(runs) *
  Math.min(...measured.map(({ candidate, stepSeconds }) => secondsARun(runs, candidate, stepSeconds)))

/** All workers of the way fit into what memory is free. */
async function fits({ peakBytes }: MeasuredWay): Promise<boolean> {
  return peakBytes === null || peakBytes < (await usableMemory())
}

const cellOf = (plan: Plan, run: PlannedRun): PlannedRun[] => {
  const words = wordsOf(run)
  return plan.runs.filter((other) => wordsOf(other) === words)
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
