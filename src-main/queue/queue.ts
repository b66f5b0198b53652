import { isSettled } from '../run'
import type { Environment, RunState } from '../run'
import type { Store } from '../store/store'
import type { Plan } from '../study/study'
import type { JobRun } from '../training/messages'
import type { RunProgress } from './events'
import type { CheckpointShelf } from './checkpoint-shelf'
import { Crew } from './crew'
import type { CrewOptions } from './crew'
import { isOf, jobOf, jobRunOf, trained } from './entry'
import type { Entry } from './entry'
import { Entrance } from './entrance'
import type { EventStream } from './event-stream'
import { Mishaps } from './mishaps'
import type { Held } from './overview'
import { Recorder } from './recorder'
import { nextFor } from './refill'
import { Rest } from './rest'
import { Roster } from './roster'
import { Schedule } from './schedule'
import type { Batch } from './schedule'
import type { Slot, SlotJob } from './slot'
import { Survey } from './survey'
import type { FreePlace, RunMessage, TrainingWorker } from './training-worker'
import { USUAL_WAYS, type Ways } from './ways'

export interface QueueOptions extends CrewOptions {
  readonly store: Store
  readonly events: EventStream
  readonly checkpoints: CheckpointShelf
  /** Absolute folders of weights of complete runs and of features of frozen trunks; absent: none are kept. */
  readonly weights?: string
  readonly features?: string
  /** How the runs of a study are trained; the usual way where nobody says. */
  readonly ways?: Ways
}

/**
 * What runs next, and on which worker. Studies are trained in the order that somebody gave them, else as they were
 * started; their groups in the plan's order, unless somebody moved them. The store has the truth about runs; what is kept
 * here is what has to be decided quickly.
 */
export class Queue {
  private readonly schedule: Schedule
  private readonly roster = new Roster()
  private readonly crew: Crew
  readonly entrance: Entrance
  private readonly recorder: Recorder
  /** What it looks like to those who watch. */
  readonly survey: Survey
  private readonly rest: Rest
  private readonly mishaps: Mishaps

  constructor(private readonly options: QueueOptions) {
    this.recorder = new Recorder(options.store, options.events)
    this.schedule = new Schedule(options.store.queueOrder())
    const { store, ways = USUAL_WAYS } = options
    this.entrance = new Entrance(store, this.roster, this.schedule, ways)
    this.crew = new Crew(options)
    const setState = (...change: Parameters<Queue['setState']>): void => this.setState(...change)
    this.mishaps = new Mishaps(this.recorder, this.schedule, setState)
    this.rest = new Rest(this.crew, this.schedule, () => this.held !== null)
    this.survey = new Survey(this.schedule, this.crew, this.recorder)
  }

  /** Why nothing more is started until a study is started or resumed: the disk is full, the engine does not load. */
  get held(): Held | null {
    return this.mishaps.held
  }

  /** Trains what a saved study lacks; paused runs are queued again. */
  start(plan: Plan): void {
    const { store } = this.options
    const { name } = plan.study
    const states = new Map(store.runs({ study: name }).map((run) => [run.id, run.state] as const))
    const inTraining = new Set(this.crew.slots.flatMap(({ job }) => job?.entries ?? []))
    const entries = this.roster.enlist(plan, states, (entry) => inTraining.has(entry))
    const paused = entries.filter((entry) => entry.state === 'paused' && !inTraining.has(entry))
    for (const { id } of paused) this.setState(id, 'queued')
    this.entrance.enter(plan)
    this.release()
  }

  /** Starts no more runs of the study and saves those in training; resolves when they are saved. */
  async pause(study: string): Promise<void> {
    this.schedule.leave(study)
    void this.entrance.stop(study)
    for (const slot of this.crew.slots)
      if (!slot.inTraining.some((entry) => this.schedule.wants(entry))) slot.worker?.pause()
    this.changed()
    await this.idle(study)
  }

  /** Ends a run as cancelled, wherever it is. */
  cancel(id: string): void {
    const slot = this.crew.slotOf(id)
    const entry = this.roster.get(id)
    if (!slot) return this.setState(id, 'cancelled')
    if (entry) entry.isCancelled = true
    slot.worker?.cancel(id)
  }

  /**
   * Ends these runs as cancelled, in one transaction; `of` a study: except those that another one waits for.
   * @returns how many
   */
  cancelAll(ids: readonly string[], of: string | null): number {
    const others = of === null ? [] : this.schedule.studies.filter((study) => study !== of)
    const cancelled = ids.filter((id) => !others.some((study) => this.roster.get(id)?.studies.has(study)))
    this.options.store.together(() => cancelled.forEach((id) => this.cancel(id)))
    this.changed()
    return cancelled.length
  }

  /** Gives the queue its order of studies, the first to be trained first; what is in training goes on. */
  order(studies: readonly string[]): void {
    this.options.store.setQueueOrder(studies)
    this.schedule.place(studies)
    this.changed()
  }

  /**
   * Saves what other studies have in training, as far as this one has groups waiting: they go on from there when their
   * turn comes. For a study that was put first and cannot wait.
   */
  interruptFor(study: string): void {
    let waiting = this.schedule.batchesOf(study).filter((batch) => this.crew.hasWaiting(batch)).length
    for (const { job, inTraining, worker } of this.crew.slots)
      if (job !== null && !inTraining.some(isOf(study)) && waiting-- > 0) worker?.pause()
    this.changed()
  }

  /**
   * Moves the group of a run before that of another run of the study, or (null) behind all.
   * @throws {InputError} where the study is not started or does not hold them
   */
  move(study: string, run: string, before: string | null): void {
    this.options.store.setQueuePlaces(study, this.schedule.move(study, run, before))
    this.changed()
  }

  /** Goes on after what held the queue was mended. */
  release(): void {
    this.mishaps.release()
    this.pump()
  }

  setState(id: string, state: RunState, reason?: string): void {
    this.recorder.setState(id, state, reason)
    const entry = this.roster.get(id)
    if (entry) entry.state = state
  }

  /** The study's queued runs will be trained without anyone asking again. */
  isActive(study: string): boolean {
    return this.schedule.has(study) && this.held === null
  }

  progress(): RunProgress[] {
    return this.recorder.progress()
  }

  /** Resolves when nothing (of the study) is in training or about to be. */
  idle(study?: string): Promise<void> {
    return this.rest.of(study)
  }

  /** Saves what is in training and ends all workers, those that measure too. */
  async close(): Promise<void> {
    for (const study of this.schedule.studies) this.schedule.leave(study)
    await this.entrance.stop()
    for (const { worker } of this.crew.slots) worker?.pause()
    await this.idle()
    await this.crew.close()
  }

  /** Gives every free worker its next runs, and wakes those who wait for the queue to be idle. */
  private pump(): void {
    for (let batch = this.nextBatch(); batch !== undefined; batch = this.nextBatch()) {
      const { way } = batch
      const slot = way && this.crew.placeFor(way)
      if (way === null) void this.measure(batch)
      else if (slot)
        void this.train(slot, { batch, way, entries: [...this.crew.waitingIn(batch)], since: Date.now() })
    }
    this.crew.dismissIdle()
    this.changed()
    this.rest.look()
  }

  private nextBatch(): Batch | undefined {
    if (this.held !== null || this.entrance.measured !== null || this.crew.isFull) return undefined
    // A measurement wants the machine for itself.
    const hasPlace = ({ way }: Batch): boolean =>
      way === null ? this.crew.isIdle : this.crew.hasPlaceFor(way)
    return this.schedule.next((batch) => this.crew.hasWaiting(batch), hasPlace)
  }

  private async measure(batch: Batch): Promise<void> {
    try {
      await this.entrance.measure(batch)
    } catch (error) {
      // What was measured cannot be kept; nor could what is trained.
      this.mishaps.hold(error)
    }
    this.pump()
  }

  private async train(slot: Slot, job: SlotJob): Promise<void> {
    slot.job = job
    const { batch, way, entries } = job
    try {
      const worker = slot.workerFor(entries[0]?.isolation ?? 'thread', way.threads)
      for (const { id } of entries) this.setState(id, 'running')
      const { checkpoints, weights = null, features = null } = this.options
      const work = jobOf(entries, batch.group, way, { checkpoints: checkpoints.folder, weights, features })
      await worker.train(
        work,
        (message, environment) => this.take(worker, job, message, environment),
        (place) => this.refill(job, place),
      )
      this.mishaps.done()
    } catch (error) {
      this.mishaps.settle(entries, error)
    }
    slot.job = null
    // Started again while its worker was still saving, or broken off for another study.
    for (const entry of entries)
      if (entry.state === 'paused' && this.schedule.wants(entry)) this.setState(entry.id, 'queued')
    this.pump()
  }

  private take(worker: TrainingWorker, job: SlotJob, message: RunMessage, environment: Environment): void {
    const { entries, batch, way } = job
    const entry = entries.find(({ id }) => id === message.run)
    this.mishaps.orHold(() => {
      const run = entry && trained(entry, entries, batch.group, way)
      const { stored, state } = this.recorder.record(run, message, environment)
      if (stored !== undefined && message.run !== null) worker.stored(message.run, stored)
      if (state !== undefined && entry) this.ended(entry, state)
    })
  }

  /** The run that is to have a place of a job that is free. */
  private refill(job: SlotJob, place: FreePlace): JobRun | null {
    if (this.held !== null || this.entrance.measured !== null) return null
    const entry = nextFor(job, place, this.schedule, this.crew)
    if (entry === undefined) return null
    this.mishaps.orHold(() => this.setState(entry.id, 'running'))
    job.entries.push(entry)
    this.changed()
    return jobRunOf(entry, place.slot, this.options.weights ?? null)
  }

  private ended(entry: Entry, state: RunState): void {
    entry.state = state
    if (isSettled(state)) this.options.checkpoints.remove(entry.id)
    this.rest.look()
  }

  private changed(): void {
    this.options.events.emit({ type: 'queue-changed' })
  }
}
