import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { installation } from '../installation'
import type { OpenChannel } from '../queue/channel'
import type { EventStream } from '../queue/event-stream'
import { usualWay } from '../queue/groups'
import type { Ways } from '../queue/ways'
import type { RunConfig, TrainingWay } from '../run'
import type { ChosenWay, Store } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import { measureWay } from './measure-way'
import type { MeasuredWay } from './measure-way'
import { stepOptions } from './step-options'
import { usableMemory } from './usable-memory'
import { candidatesFor, secondsARun, wayWords } from './way-candidates'
import type { Candidate } from './way-candidates'

export interface WayChooserOptions {
  readonly store: Store
  readonly events: EventStream
  readonly openWorker: OpenChannel
  /** Bytes that a worker with so many fused runs of this one's kind takes, by count. */
  readonly countBytes: (plan: Plan, run: PlannedRun, slots: number) => Promise<number>
  /** `auto` measures where it pays. FAIRSWEEP_WAYS, where nothing is given. */
  readonly rule?: WayRule
}
export type WayRule = 'auto' | 'measure' | 'usual'

type Say = (level: 'info' | 'warning', message: string) => void

/** Cells that take fewer steps, all runs together, have ended before a measurement has paid. */
const WORTH_MEASURING_STEPS = 1_000
/** XLA compiles for tens of seconds: only cells that train for so long are worth trying. */
const WORTH_XLA_SECONDS = 900
/** A way that needs less memory is taken unless another is faster by more than this. */
const TIE = 0.07

/** Chooses how a study's runs are trained by trying out for seconds, once for each cell, study and device. */
export class WayChooser implements Ways {
  /** By plan, then by the study's words for a cell: a plan may have 100,000 runs. */
  private readonly cells = new WeakMap<Plan, Map<string, TrainingWay | null>>()
  private readonly rule: WayRule

  constructor(private readonly options: WayChooserOptions) {
    const named = process.env['FAIRSWEEP_WAYS']
    this.rule = options.rule ?? (named === 'measure' || named === 'usual' ? named : 'auto')
  }

  of(plan: Plan, run: PlannedRun): TrainingWay | null {
    const cells = this.cells.get(plan) ?? new Map<string, TrainingWay | null>()
    this.cells.set(plan, cells)
    const known = cells.get(wordsOf(run))
    if (known !== undefined) return known
    const way = this.kept(plan, run) ?? (this.isWorthIt(plan, run) ? null : usualWay(run))
    cells.set(wordsOf(run), way)
    return way
  }

  async measure(plan: Plan, run: PlannedRun, signal: AbortSignal): Promise<void> {
    const runs = cellOf(plan, run)
    const { store, events } = this.options
    const cell = [run.task, run.model, run.setting].join(' / ')
    const study = plan.study.name
    const say: Say = (level, message) => {
      store.log({ study, run: null, kind: level, detail: `${cell}: ${message}` })
      events.emit({ type: 'log', level, study, run: null, message: `${cell}: ${message}` })
    }
    const candidates = await this.fitting(plan, runs, say)
    const measured = await this.tryAll(runs, candidates, cell, signal, say)
    if (signal.aborted) return
    const untried = candidates.length === 0 ? { ...usualWay(run), groupSize: 1 } : usualWay(run)
    const way = best(runs, measured) ?? untried
    if (candidates.length > 0) say('info', way.why === '' ? 'trained the usual way' : way.why)
    store.keepTrainingWay({ study, program: programHash(run.config), device: deviceName(), cell, way })
    const cells = this.cells.get(plan)
    // Other cells of the plan may be of the same kind.
    for (const [words, known] of cells ?? []) if (known === null) cells?.delete(words)
    cells?.set(wordsOf(run), way)
  }

  /**
   * Ways that by count fit into the memory: one that does not might take the machine along. Where no group does, a run
   * alone; none where not even that. A GPU's memory is not counted.
   */
  private async fitting(plan: Plan, runs: readonly PlannedRun[], say: Say): Promise<Candidate[]> {
    const candidates = candidatesFor(runs, { cores: availableParallelism(), isGpu: hasGpu() })
    const [first] = candidates
    const [run] = runs
    if (first === undefined || run === undefined || hasGpu()) return candidates
    const most = await usableMemory()
    const left: string[] = []
    const fits = async (candidate: Candidate): Promise<boolean> => {
      // What is wrong with data or model is said by the worker that opens them.
      const inWorker = await this.options.countBytes(plan, run, candidate.groupSize).catch(() => 0)
      const bytes = candidate.workers * inWorker
      if (bytes > most)
        left.push(`${wayWords(candidate, availableParallelism())} (about ${gigabytes(bytes)})`)
      return bytes <= most
    }
    const alone = { ...first, groupSize: 1, workers: 1, threads: null }
    const fitting: Candidate[] = []
    for (const candidate of candidates) if (await fits(candidate)) fitting.push(candidate)
    if (fitting.length === 0 && candidates.every(({ groupSize, workers }) => groupSize * workers > 1))
      if (await fits(alone)) fitting.push(alone)
    const nothing = fitting.length === 0
    if (left.length > 0)
      say(
        nothing ? 'warning' : 'info',
        `not tried, for by count they need more memory than the ${gigabytes(most)} that there are: ${left.join('; ')}${nothing ? '. Runs are trained alone, and may end for want of memory; smaller batches (training.batch_size, or accumulate_steps for the same ones in parts) need less' : ''}`,
      )
    return fitting
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
        say('warning', `${wayWords(candidate, availableParallelism())} cannot be measured: ${said(error)}`)
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

  /** What was chosen for the study, or for another study's runs of the same kind, on this device. */
  private kept(plan: Plan, run: PlannedRun): TrainingWay | undefined {
    if (this.rule === 'usual') return undefined
    const { store } = this.options
    const study = plan.study.name
    const found = keptWay(store.trainingWays(), plan, run)
    if (found !== undefined && found.study !== study) store.keepTrainingWay({ ...found, study })
    return found?.way
  }

  private isWorthIt(plan: Plan, run: PlannedRun): boolean {
    if (this.rule === 'usual') return false
    const runs = cellOf(plan, run)
    if (candidatesFor(runs, { cores: availableParallelism(), isGpu: hasGpu() }).length < 2) return false
    return this.rule === 'measure' || stepsOf(runs) >= WORTH_MEASURING_STEPS
  }
}

/** What was chosen for the study, or else for another study's runs of the same kind, on this device. */
export function keptWay(
  chosen: readonly ChosenWay[],
  { study }: Plan,
  { config }: PlannedRun,
): ChosenWay | undefined {
  if (chosen.length === 0) return undefined
  const [program, device] = [programHash(config), deviceName()]
  const alike = chosen.filter((way) => way.program === program && way.device === device)
  return alike.find((way) => way.study === study.name) ?? alike[0]
}

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

const stepsOf = (runs: readonly PlannedRun[]): number =>
  runs.reduce((sum, { config }) => sum + config.training.max_steps, 0)

const trainingSeconds = (runs: readonly PlannedRun[], measured: readonly MeasuredWay[]): number =>
  stepsOf(runs) *
  Math.min(...measured.map(({ candidate, stepSeconds }) => secondsARun(runs, candidate, stepSeconds)))

/** All workers of the way fit into what memory is free. */
async function fits({ peakBytes }: MeasuredWay): Promise<boolean> {
  return peakBytes === null || peakBytes < (await usableMemory())
}

/** A study's words for a cell. */
export const wordsOf = ({ task, model, setting }: PlannedRun): string => `${task}\n${model}\n${setting}`

const cellOf = (plan: Plan, run: PlannedRun): PlannedRun[] => {
  const words = wordsOf(run)
  return plan.runs.filter((other) => wordsOf(other) === words)
}

/** What a step's work depends on, and the program that does it: not on where first values come from. */
function programHash({ task, model, setting, training, precision }: RunConfig): string {
  const step = [task, model, setting.train, ...stepOptions(training), precision]
  const content = JSON.stringify([step, installation.version, process.env['FAIRSWEEP_ENGINE'] ?? null])
  return createHash('sha256').update(content).digest('hex').slice(0, 32)
}

const deviceName = (): string =>
  `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores${hasGpu() ? ', GPU' : ''}`

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

const hasGpu = (): boolean => existsSync('/proc/driver/nvidia/gpus')

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
