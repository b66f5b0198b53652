import { join } from 'node:path'
import type { Comparison } from './analysis/comparison'
import type { StudyVerdict } from './analysis/study-verdict'
import type { CompareOptions } from './conclude'
import { InputError } from './errors'
import { Forecaster } from './forecast/forecaster'
import { installation } from './installation'
import type { Library } from './library/library'
import { CheckpointShelf } from './queue/checkpoint-shelf'
import { QueueDesk } from './queue/desk'
import { EventStream } from './queue/event-stream'
import type { EventReplay, RunProgress, StudyState, WorkbenchEvent } from './queue/events'
import { studyState } from './queue/study-state'
import type { StudyStatus } from './queue/study-state'
import { isComplete, isOpen } from './run'
import type { RunRecord } from './run'
import type { ReadableStore, StudyRecord } from './store/store'
import { planStudy } from './study/plan'
import { readStudy } from './study/read'
import { isTrainable } from './study/study'
import type { Plan } from './study/study'
import { Annotations } from './workbench/annotations'
import { Backups } from './workbench/backups'
import { AnswerThread } from './workbench/answer-thread'
import { Conclusions } from './workbench/conclusions'
import { ImportDesk } from './workbench/import-desk'
import { Machine } from './workbench/machine'
import { openParts } from './workbench/open-parts'
import type { Access, OwnedParts, WorkbenchOptions } from './workbench/open-parts'
import { OpenedFiles } from './workbench/opened-files'
import { checkExport, runAgain } from './workbench/run-again'
import type { GivenPlaces, RunAgain } from './workbench/run-again'
import type { StudyShelf } from './workbench/study-shelf'
import { WeightDesk } from './workbench/weight-desk'
import { findOwner } from './workspace/owner'

export { STUDY_STATES } from './queue/events'
export type * from './queue/events'
export type { SavedCheckpoint } from './queue/checkpoint-shelf'
export type { MachineLoad } from './queue/machine'
export type * from './queue/overview'
export type { StudyStatus } from './queue/study-state'

/**
 * One workspace, opened: store, library and queue behind one object. Every entry (window, command line, HTTP door)
 * goes through it. The owner trains and writes; a reader only looks, beside whoever owns the workspace.
 */
export class Workbench {
  /** What trains now and next, and in which order. */
  readonly queue: QueueDesk
  readonly checkpoints: CheckpointShelf
  /** Other programs' runs, papers' numbers and bundles. */
  readonly imports: ImportDesk
  /** Files that were opened from outside: by a double-click. */
  readonly opened = new OpenedFiles()
  /** Copies of the history. */
  readonly backups: Backups
  /** What this machine computes with. */
  readonly machine: Machine
  /** What complete runs were trained to. */
  readonly weights: WeightDesk
  /** What pages ask about studies of very many runs is answered beside this, and about study files that ask for as many. */
  readonly answers: AnswerThread
  readonly drafts: AnswerThread
  private readonly conclusions: Conclusions
  private isClosed = false
  /** The state of each study that was told last. */
  private readonly told = new Map<string, StudyState>()

  constructor(
    /** Absolute path of the workspace's folder. */
    readonly workspace: string,
    readonly store: ReadableStore,
    readonly library: Library,
    private readonly events: EventStream,
    /** Null for a reader. */
    private readonly owned: OwnedParts | null,
    /** What training a study would take on this machine. */
    readonly forecaster: Forecaster,
  ) {
    this.queue = new QueueDesk(store, owned?.queue ?? null)
    this.checkpoints = new CheckpointShelf(join(workspace, 'checkpoints'))
    this.imports = new ImportDesk(store, owned?.store ?? null, events)
    this.weights = new WeightDesk({ workspace, store, library, installation })
    this.backups = new Backups(workspace, store, owned?.store ?? null, events)
    this.answers = new AnswerThread(installation.answerEntry, workspace, store, events)
    this.drafts = new AnswerThread(installation.answerEntry, workspace, store, events)
    this.conclusions = new Conclusions(store, library, events)
    this.machine = new Machine({ installation, events, isTraining: () => this.progress().length > 0 })
    events.subscribe((event) => {
      if (event.type === 'run-changed') for (const study of event.studies) this.tellState(study)
    })
  }

  /** Puts studies away, deletes them, brings them back. */
  get studyShelf(): StudyShelf {
    return this.mine.studies
  }

  /** Tags, notes, runs put away, saved views. */
  get annotations(): Annotations {
    return new Annotations(this.mine.store, this.events)
  }

  get access(): Access {
    return this.owned === null ? 'reader' : 'owner'
  }

  /** Why nothing more is trained until a study is started or resumed; null when all is well. */
  get heldBecause(): string | null {
    return this.owned?.queue.held?.because ?? null
  }

  /** Reads, checks and expands a study file; InputError with file, line and field where it is wrong. */
  checkStudy(text: string, file?: string): Promise<Plan> {
    return planStudy(readStudy(text, file), text, this.library, file)
  }

  /** The study that trains a run of an export again; `file` is the export's name. */
  async runAgain(
    exported: unknown,
    { file, run, ...places }: GivenPlaces & { readonly file: string; readonly run?: string | undefined },
  ): Promise<RunAgain> {
    return runAgain(this.library, checkExport(exported, file), run, file, places)
  }

  /** The plan of a study that the workspace knows, its data and weights looked up anew. */
  savedPlan(name: string): Promise<Plan> {
    const { study, text } = this.known(name)
    if (!isTrainable(study))
      throw new InputError(`the study '${name}' was imported; it can be compared, not trained`)
    return planStudy(study, text, this.library)
  }

  /** Saves the study and queues what it still lacks; failed, cancelled and paused runs too. */
  startStudy(plan: Plan): Promise<StudyRecord> {
    return promised(() => {
      const { store, queue } = this.mine
      const record = store.saveStudy(plan)
      void this.forecaster.stop()
      queue.start(plan)
      this.tellState(record.name)
      return record
    })
  }

  /** Saves the state of its running runs and starts no more of them, until it is resumed. */
  async pauseStudy(name: string): Promise<void> {
    const { queue } = this.mine
    this.known(name)
    await queue.pause(name)
    this.tellState(name)
  }

  async resumeStudy(name: string): Promise<void> {
    await this.startStudy(await this.savedPlan(name))
  }

  /** As pauseStudy, and queued runs are paused too, so that nothing of it is waiting in any later session. */
  async stopStudy(name: string): Promise<void> {
    const { queue } = this.mine
    await this.pauseStudy(name)
    const waiting = this.store.runs({ study: name, states: ['queued'] })
    this.mine.store.together(() => waiting.forEach(({ id }) => queue.setState(id, 'paused')))
    this.tellState(name)
  }

  /** Ends one run as `cancelled`; a queued one never starts. */
  cancelRun(id: string): Promise<void> {
    return promised(() => {
      const { state } = this.knownRun(id)
      if (!isOpen(state)) throw new InputError(`run ${id} has ended as ${state}; nothing is left to cancel`)
      this.mine.queue.cancel(id)
    })
  }

  /** Queues a failed, cancelled or paused run again, with what else its study lacks. */
  async rerun(id: string): Promise<void> {
    const run = this.knownRun(id)
    if (isComplete(run.state) || run.state === 'diverged') {
      throw new InputError(`run ${id} has a result (${run.state}) and would come to the same again`)
    }
    if (run.state !== 'running') await this.resumeStudy(run.study)
  }

  /** Opens the test of a study before its last run has ended; logged, and for good. */
  revealTest(name: string): StudyRecord {
    this.known(name)
    return this.mine.store.revealTest(name)
  }

  /** The study's conclusions from the runs there are. */
  compare(name: string, options: CompareOptions = {}): Promise<Comparison> {
    return this.conclusions.compare(() => this.known(name), options)
  }

  /** What the study's card says of its runs. */
  verdict(name: string): Promise<StudyVerdict> {
    return this.conclusions.verdict(() => this.known(name))
  }

  status(): StudyStatus[] {
    return this.store.studies().map((record) => ({
      name: record.name,
      state: this.stateOf(record),
      runs: record.runsByState,
      planned: Object.values(record.runsByState).reduce((sum, count) => sum + count, 0),
      secondsLeft: this.owned?.queue.survey.secondsLeft(record.name) ?? null,
    }))
  }

  /** What this process trains at this moment. */
  progress(): RunProgress[] {
    return this.owned?.queue.progress() ?? []
  }

  /** Calls the listener with each event from now on, until unsubscribed. */
  subscribe(listener: (event: WorkbenchEvent) => void): () => void {
    return this.events.subscribe(listener)
  }

  /** What happened after the event with this cursor (0: since opening). */
  eventsSince(cursor: number): EventReplay {
    return this.events.since(cursor)
  }

  /** Resolves when nothing (of the study) is running or waiting to run. */
  async idle(study?: string): Promise<void> {
    await this.owned?.queue.idle(study)
  }

  /** Saves what is in training and lets go of the workspace. */
  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    await Promise.all([
      this.forecaster.stop(),
      this.backups.stop(),
      this.machine.stopInstalling(),
      this.answers.stop(),
      this.drafts.stop(),
    ])
    await this.owned?.queue.close()
    this.owned?.studies.purge()
    if (this.owned !== null) await this.library.purge()
    this.owned?.letGo()
    this.store.close()
  }

  private get mine(): NonNullable<typeof this.owned> {
    if (this.owned === null) throw new Error('this workbench only looks on')
    return this.owned
  }

  private known(name: string): StudyRecord {
    const record = this.store.study(name)
    if (record === null) throw new InputError(`no study '${name}' in ${this.workspace}`)
    return record
  }

  private knownRun(id: string): RunRecord {
    const run = this.store.run(id)
    if (run === null) throw new InputError(`no run ${id} in ${this.workspace}`)
    return run
  }

  private stateOf({ name, runsByState }: StudyRecord): StudyState {
    // A reader sees what the database says; whether somebody acts on it depends on there being an owner.
    const isActive = this.owned?.queue.isActive(name) ?? findOwner(this.workspace) !== null
    return studyState(runsByState, isActive || this.progress().some(({ studies }) => studies.includes(name)))
  }

  private tellState(study: string): void {
    const state = this.stateOf(this.known(study))
    if (this.told.get(study) === state) return
    this.told.set(study, state)
    this.events.emit({ type: 'study-changed', study, state })
  }
}

/**
 * Opens a workspace; an owner makes its folder where there is none, and queues again what a dead owner left running.
 * @throws {WorkspaceInUseError} when another process owns it
 * @throws {InputError} when its folder cannot be made
 * @throws {StoreError} when its database cannot be read, or is newer than this program
 */
export async function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  const { workspace, store, library, events, owned, forecaster } = await openParts(options)
  const workbench = new Workbench(workspace, store, library, events, owned, forecaster)
  void workbench.backups.daily()
  return workbench
}

/** What may be slow one day is a promise today, its errors too. */
const promised = <T>(work: () => T): Promise<T> => new Promise((resolve) => resolve(work()))
