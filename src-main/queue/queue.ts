import { idOf, isOpen, isSettled } from '../run'
import type { Environment, RunState } from '../run'
import type { Store } from '../store/store'
import type { Plan, PlannedRun } from '../study/study'
import type { RunProgress } from './events'
import type { OpenChannel } from './channel'
import type { CheckpointShelf } from './checkpoint-shelf'
import { jobOf, maxStepsOf, trained } from './entry'
import type { Entry } from './entry'
import type { EventStream } from './event-stream'
import { groupsOf } from './groups'
import type { Group } from './groups'
import { secondsLeft } from './progress'
import { Recorder } from './recorder'
import { TrainingWorker, WORKER_LIMITS, WorkerFault } from './training-worker'
import type { RunMessage, WorkerLimits } from './training-worker'

export interface QueueOptions {
  readonly store: Store
  readonly events: EventStream
  readonly openWorker: OpenChannel
  readonly checkpoints: CheckpointShelf
  /** How many workers train at a time. One fills the processor, since the engine computes on all its cores. */
  readonly workers?: number
  readonly limits?: WorkerLimits
}

/** A run whose worker died is tried again so many times before it counts as failed. */
const RETRIES = 2
/** So many workers in a row that died before they could start: not the runs are at fault, and the queue stops. */
const FAILED_STARTS = 3

/**
 * What runs next, and on which worker. Studies are trained in the order in which they were started, their runs in the
 * plan's order. The store has the truth about runs; what is kept here is what has to be decided quickly.
 */
export class Queue {
  /** Studies to be trained, in the order in which they were started. */
  private readonly plans = new Map<string, Plan>()
  /** Their runs, divided into what is trained together. */
  private readonly groups = new Map<string, readonly Group[]>()
  private readonly entries = new Map<string, Entry>()
  private readonly slots: Slot[]
  private readonly recorder: Recorder
  private waiters: (() => void)[] = []
  private failedStarts = 0
  private trouble: string | null = null

  constructor(private readonly options: QueueOptions) {
    this.recorder = new Recorder(options.store, options.events)
    this.slots = Array.from({ length: options.workers ?? 1 }, () => ({ worker: null, group: [] }))
  }

  /** Why nothing more is started until a study is started or resumed: the disk is full, the engine does not load. */
  get heldBecause(): string | null {
    return this.trouble
  }

  /** Trains what a saved study lacks; paused runs are queued again. */
  start(plan: Plan): void {
    const { name, execution } = plan.study
    const states = new Map(
      this.options.store.runs({ study: name }).map((run) => [run.id, run.state] as const),
    )
    for (const run of plan.runs) {
      const id = idOf(run.key)
      const known = this.entries.get(id)
      const studies = new Set([...(known?.studies ?? []), name])
      if (known && this.slotOf(id)) known.studies = studies
      else {
        const state = states.get(id) ?? 'queued'
        this.entries.set(id, {
          id,
          run,
          isolation: execution.isolation,
          studies,
          state,
          faults: 0,
          isCancelled: false,
        })
        if (state === 'paused') this.setState(id, 'queued')
      }
    }
    this.plans.set(name, plan)
    this.groups.set(name, groupsOf(plan.runs))
    this.trouble = null
    this.failedStarts = 0
    this.pump()
  }

  /** Starts no more runs of the study and saves those in training; resolves when they are saved. */
  async pause(study: string): Promise<void> {
    this.plans.delete(study)
    for (const slot of this.slots) {
      if (slot.group.length > 0 && !slot.group.some((entry) => this.isWanted(entry))) slot.worker?.pause()
    }
    await this.idle(study)
  }

  /** Ends a run as cancelled, wherever it is. */
  cancel(id: string): void {
    const slot = this.slotOf(id)
    const entry = this.entries.get(id)
    if (!slot) return this.setState(id, 'cancelled')
    if (entry) entry.isCancelled = true
    slot.worker?.cancel(id)
  }

  setState(id: string, state: RunState, reason?: string): void {
    this.recorder.setState(id, state, reason)
    const entry = this.entries.get(id)
    if (entry) entry.state = state
  }

  /** The study's queued runs will be trained without anyone asking again. */
  isActive(study: string): boolean {
    return this.plans.has(study) && this.trouble === null
  }

  progress(): RunProgress[] {
    return this.recorder.progress()
  }

  /** Until the study's last run would end at the speed of what is trained now; null when nothing is, or it is too early. */
  secondsLeft(study: string): number | null {
    const plan = this.plans.get(study)
    if (plan === undefined) return null
    const open = this.entriesOf(plan.runs).filter(({ state }) => isOpen(state))
    return secondsLeft(this.recorder.progress(), new Map(open.map(({ id, run }) => [id, maxStepsOf(run)])))
  }

  /** Resolves when nothing (of the study) is in training or about to be. */
  async idle(study?: string): Promise<void> {
    while (this.isBusy(study)) await new Promise<void>((resolve) => this.waiters.push(resolve))
  }

  /** Saves what is in training and ends all workers. */
  async close(): Promise<void> {
    this.plans.clear()
    for (const slot of this.slots) slot.worker?.pause()
    await this.idle()
    await Promise.all(this.slots.flatMap((slot) => slot.worker?.close() ?? []))
  }

  /** Gives every free worker its next runs, and wakes those who wait for the queue to be idle. */
  private pump(): void {
    for (const slot of this.slots) {
      if (slot.group.length > 0) continue
      const group = this.nextGroup()
      slot.group = group === undefined ? [] : this.waitingIn(group)
      if (group !== undefined) void this.train(slot, group)
      else this.dismiss(slot)
    }
    for (const wake of this.waiters.splice(0)) wake()
  }

  private nextGroup(): Group | undefined {
    if (this.trouble !== null) return undefined
    const groups = [...this.plans.keys()].flatMap((study) => this.groups.get(study) ?? [])
    return groups.find((group) => this.waitingIn(group).length > 0)
  }

  /** Runs of a group to be trained now. One of a job that failed is tried alone, lest it takes the others along again. */
  private waitingIn({ runs }: Group): Entry[] {
    const waiting = this.entriesOf(runs).filter(({ id, state }) => state === 'queued' && !this.slotOf(id))
    const unhurt = waiting.filter(({ faults }) => faults === 0)
    return unhurt.length > 0 ? unhurt : waiting.slice(0, 1)
  }

  private async train(slot: Slot, places: Group): Promise<void> {
    const { group } = slot
    try {
      const worker = this.workerFor(slot, group)
      for (const { id } of group) this.setState(id, 'running')
      await worker.train(jobOf(group, places, this.options.checkpoints.folder), (message, environment) =>
        this.take(worker, group, message, environment),
      )
      this.failedStarts = 0
    } catch (error) {
      this.explain(group, error)
    }
    slot.group = []
    // Started again while its worker was still saving.
    for (const entry of group)
      if (entry.state === 'paused' && this.isWanted(entry)) this.setState(entry.id, 'queued')
    this.pump()
  }

  private take(
    worker: TrainingWorker,
    group: readonly Entry[],
    message: RunMessage,
    environment: Environment,
  ): void {
    const entry = group.find(({ id }) => id === message.run)
    try {
      const { stored, state } = this.recorder.record(entry && trained(entry, group), message, environment)
      if (stored !== undefined && message.run !== null) worker.stored(message.run, stored)
      if (state !== undefined && entry) this.ended(entry, state)
    } catch (error) {
      this.hold(error)
      throw error
    }
  }

  private ended(entry: Entry, state: RunState): void {
    entry.state = state
    if (isSettled(state)) this.options.checkpoints.remove(entry.id)
  }

  /** Settles what a job left unfinished. */
  private explain(group: readonly Entry[], error: unknown): void {
    const fault = error instanceof WorkerFault ? error : new WorkerFault('died', String(error), true)
    if (fault.kind === 'died' && !fault.wasReady && ++this.failedStarts >= FAILED_STARTS) this.hold(fault)
    try {
      for (const entry of group) if (entry.state === 'running') this.settle(entry, fault, group.length === 1)
    } catch (storeError) {
      // The runs stay `running` in the store until it is opened anew and they are queued again.
      for (const entry of group) if (entry.state === 'running') entry.state = 'queued'
      this.hold(storeError)
    }
  }

  /** What becomes of a run that its worker left without an end. */
  private settle(entry: Entry, fault: WorkerFault, isAlone: boolean): void {
    if (entry.isCancelled) return this.setState(entry.id, 'cancelled')
    if (fault.kind === 'stopped' || !this.isWanted(entry)) {
      return this.setState(entry.id, 'paused', fault.message)
    }
    if (this.trouble !== null || !fault.wasReady) return this.setState(entry.id, 'queued')
    entry.faults++
    // A job that cannot be done would fail again, unless another run of the group was the reason.
    const isHopeless = fault.kind === 'failed' && isAlone
    if (!isHopeless && entry.faults <= RETRIES) {
      this.recorder.log('warning', entry.id, `${fault.message}; the run is tried again`)
      return this.setState(entry.id, 'queued')
    }
    this.recorder.fail(entry.id, fault.message)
    entry.state = 'failed'
  }

  private hold(error: unknown): void {
    if (this.trouble !== null) return
    this.trouble = error instanceof Error ? error.message : String(error)
    this.recorder.cry(`the queue stopped: ${this.trouble}`)
  }

  private workerFor(slot: Slot, group: readonly Entry[]): TrainingWorker {
    const isolation = group[0]?.isolation ?? 'thread'
    if (slot.worker?.isDead || slot.worker?.isolation !== isolation) this.dismiss(slot)
    slot.worker ??= new TrainingWorker(
      this.options.openWorker,
      isolation,
      this.options.limits ?? WORKER_LIMITS,
    )
    return slot.worker
  }

  private dismiss(slot: Slot): void {
    void slot.worker?.close()
    slot.worker = null
  }

  private isBusy(study?: string): boolean {
    const concerns = (entry: Entry): boolean => study === undefined || entry.studies.has(study)
    if (this.slots.some((slot) => slot.group.some(concerns))) return true
    if (this.trouble !== null) return false
    const plans = [...this.plans.values()].filter((plan) => study === undefined || plan.study.name === study)
    return plans.some((plan) => this.entriesOf(plan.runs).some((entry) => entry.state === 'queued'))
  }

  private isWanted(entry: Entry): boolean {
    return [...entry.studies].some((study) => this.plans.has(study))
  }

  private slotOf(id: string): Slot | undefined {
    return this.slots.find((slot) => slot.group.some((entry) => entry.id === id))
  }

  private entriesOf(runs: readonly PlannedRun[]): Entry[] {
    return runs.flatMap((run) => this.entries.get(idOf(run.key)) ?? [])
  }
}

interface Slot {
  worker: TrainingWorker | null
  /** Empty: the slot is free. */
  group: readonly Entry[]
}
