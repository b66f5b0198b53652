import type {
  Environment,
  ImportedConfig,
  MetricName,
  ParameterRecord,
  PublishedCell,
  RunRecord,
  RunState,
  Series,
} from '../run'
import type { StudyChange } from '../study/changes'
import type { ImportedStudy, Plan, Study } from '../study/study'
import type { MetricChunk, RunOutcome } from '../training/messages'
import type { AnnotationReads, AnnotationWrites } from './annotations'
import type { RunMark, RunQuery, RunValue, SetupRuns } from './run-query'
import type { ChosenWay } from './training-ways'

export type { RunAnnotations, SavedView } from './annotations'
export type { RunMark, RunQuery, RunValue, SetupRuns, SortKey } from './run-query'
export type { ChosenWay } from './training-ways'
export { isBundle, openBundle, studyBatch, writeBundle } from './bundle'
export { openReadableStore, openStore } from './open'
export { StoreError } from './errors'
export type { StoreErrorCode } from './errors'

/** A study as the workspace keeps it. */
export interface StudyRecord {
  readonly name: string
  readonly study: Study | ImportedStudy
  /** Where its runs came from ("csv", "mlflow" …, "bundle"): its seal cannot be vouched for. Null: planned here. */
  readonly importedFrom: string | null
  /** The study file as last written; of imported runs, the mapping that they were read with. */
  readonly text: string
  readonly createdAt: string
  /** Planned runs only; states without a run are absent. */
  readonly runsByState: Readonly<Partial<Record<RunState, number>>>
  /** Test scores are withheld: a planned run is queued, running or paused, and nobody revealed the test. */
  readonly testSealed: boolean
  /** When the study's first run started; the selection rule of that moment is in the event `rule-frozen`. */
  readonly ruleFrozenAt: string | null
  /** When test scores of this study could first be seen. More runs seal it again, but what was seen stays seen. */
  readonly testOpenedAt: string | null
  /** When somebody opened the test before the last run ended. */
  readonly testRevealedAt: string | null
  /** When it was put away: it is listed last and offered nowhere. */
  readonly archivedAt: string | null
  /** What changed in the study after `testOpenedAt`; every table must say so. */
  readonly changedAfterTest: readonly StudyChange[]
}

/** What a study takes with it when it is deleted. */
export interface StudyDeletion {
  /** Runs that no other study holds. */
  readonly runs: number
  /** Runs that stay, because another study holds them. */
  readonly shared: number
  /** Of the runs that go: steps trained, and how many have a result. */
  readonly steps: number
  readonly results: number
}

/** Something worth remembering that happened to a study or a run, in order. */
export interface EventRecord {
  readonly seq: number
  readonly at: string
  readonly study: string | null
  readonly run: string | null
  readonly kind: string
  readonly detail: string
}

/** A range of steps, both ends included. */
export interface StepRange {
  readonly firstStep: number
  readonly lastStep: number
}

/** A metric as stored. `damaged` lists the ranges whose bytes no longer match their checksum and are missing here. */
export interface StoredSeries extends Series {
  readonly damaged: readonly StepRange[]
}

/** Points that were logged and can no longer be read. */
export interface Damage extends StepRange {
  readonly run: string
  readonly metric: MetricName
}

/** A run that another program trained, as it comes into the history. */
export interface ImportedRun extends Pick<
  RunRecord,
  | 'key'
  | 'task'
  | 'model'
  | 'setting'
  | 'steps'
  | 'bestStep'
  | 'summary'
  | 'reason'
  | 'startedAt'
  | 'finishedAt'
> {
  readonly config: ImportedConfig
  readonly state: Extract<RunState, 'finished' | 'early-stopped' | 'diverged' | 'failed' | 'cancelled'>
  /** Each metric once. */
  readonly points: readonly MetricChunk[]
}

/** Runs and published cells that come into one study together. */
export interface ImportBatch {
  /** What the study is once they are in it. */
  readonly study: ImportedStudy
  /** "csv", "tensorboard", "mlflow" … */
  readonly from: string
  /** What was read, in a few words, for the log. */
  readonly detail: string
  /** The mapping that it was read with. */
  readonly text: string
  readonly runs: readonly ImportedRun[]
  readonly published: readonly PublishedCell[]
}

/** A run with all its points, on its way from one history to another. */
export interface BundledRun {
  readonly run: RunRecord
  readonly points: readonly MetricChunk[]
  /** Ranges of points that could no longer be read. */
  readonly damaged: number
}

/** A study on its way from one history to another. */
export interface StudyBatch {
  readonly record: StudyRecord
  /** Of all its runs. */
  readonly keys: readonly string[]
  /** In the order of the plan, read one at a time: their points need not fit in memory together. */
  readonly runs: () => Iterable<BundledRun>
  readonly published: readonly PublishedCell[]
  /** What happened to the study as a whole. */
  readonly events: readonly EventRecord[]
}

/** What an import changed: nothing, the second time. */
export interface ImportOutcome {
  readonly added: number
  /** Runs that were there already. */
  readonly known: number
  /** Runs of earlier imports that their tracker has written on since; kept, but no longer in plan. */
  readonly replaced: number
  readonly points: number
  /** Ranges of points that could not be read where they came from. */
  readonly damaged: number
  readonly published: { readonly added: number; readonly known: number; readonly changed: number }
}

/**
 * Reading the history. Safe beside the one writer.
 *
 * Test scores (`test/*`, in summaries and in series) leave the store only while they are not sealed. A run is seen from
 * the study that the caller names and is sealed by that study's state; seen without a study it is sealed as soon as
 * any study that holds it is sealed. Sealed scores are null, sealed series empty.
 *
 * Unknown studies, runs and pages are an `InputError`; what the database itself refuses is a `StoreError` with a code.
 */
export interface ReadableStore extends AnnotationReads {
  /** What the user should know about where this database lies (a network file system), or null. */
  readonly advice: string | null
  /**
   * Another word after every change that conclusions of this study may rest on: of its runs, its plan, its seal, what stands
   * beside it. While it stays, the study says what it said; points alone, and other studies, leave it.
   */
  version(study: string): string
  /** In the order of their creation. */
  studies(): StudyRecord[]
  study(name: string): StudyRecord | null
  deletionOf(study: string): StudyDeletion
  /** Numbers from papers that stand beside this study, in the order of their import. */
  published(study: string): PublishedCell[]
  /** Each run once; without `study`, in the words of the first study that plans it. */
  runs(query?: RunQuery): RunRecord[]
  /** Null where there is no such run, or the study named does not hold it. */
  run(id: string, study?: string): RunRecord | null
  countRuns(query?: RunQuery): number
  /** As `countRuns`, by state; a state that no run is in is absent. */
  countStates(query?: RunQuery): Partial<Record<RunState, number>>
  /** How far those of these runs are that are in the history. */
  runMarks(runs: readonly string[]): RunMark[]
  /** All runs that were ever started, by what they have in common. */
  runsBySetup(): SetupRuns[]
  runIds(query?: RunQuery): string[]
  /** One row a run with the values of these fields of the filter language; null where it has none or it is sealed. */
  runValues(query: RunQuery, fields: readonly string[]): RunValue[][]
  /** Names of the studies that plan this run. */
  studiesOf(run: string): string[]
  /** All studies that hold this run. */
  holdersOf(run: string): { readonly name: string; readonly inPlan: boolean }[]
  /**
   * The runs of a study that differ from this one in learning rate and seed alone, at the nearest of both, itself included;
   * by rate, then seed.
   */
  kinOf(run: string, study: string): RunRecord[]
  /** The tensors of the run's network; null where no run of its kind was ever started. */
  parametersOf(run: string): ParameterRecord[] | null
  /** Studies in the order that somebody gave the queue. */
  queueOrder(): string[]
  /** Places in the queue, within the study, of the runs that somebody moved. */
  queuePlaces(study: string): Map<string, number>
  /** Ways of training that were chosen in this workspace, the newest first. */
  trainingWays(): ChosenWay[]
  /**
   * With `maxPoints` (at least 5), min/max downsampled: no spike is lost, and the first NaN of a bucket is kept.
   * Times are whole milliseconds. Empty where nothing was logged.
   */
  series(
    run: string,
    metric: MetricName,
    maxPoints?: number,
    study?: string,
    /** Only the points between these steps, and the nearest on either side, so that a line crosses the borders. */
    between?: StepRange,
  ): StoredSeries
  loggedMetrics(run: string): MetricName[]
  events(query?: { study?: string; run?: string; afterSeq?: number; limit?: number }): EventRecord[]
  /** Reads every point of a run, or of the whole workspace, and lists what does not match its checksum. */
  findDamage(run?: string): Damage[]
  close(): void
}

/** The one writer of a workspace. Every method is one transaction, on disk when it returns. */
export interface Store extends ReadableStore, AnnotationWrites {
  /**
   * Records a study and its plan: missing runs are queued, known ones (same key) are shared, planned runs that had
   * `failed` or were `cancelled` are queued again, runs no longer planned are kept and marked.
   * Once the study has started, changes of its rule, grid, seeds or protocol are logged, with whether the test was open.
   */
  saveStudy(plan: Plan): StudyRecord
  /** Adds what another program trained, or a paper reports; idempotent, all of it or nothing. */
  importRuns(batch: ImportBatch): ImportOutcome
  /**
   * Adds a study of another history, under this name, with its rule and when its test was opened there; idempotent, all of
   * it or nothing. Runs that are here already stay as they are; those that had not ended there are `cancelled` here.
   */
  importStudy(batch: StudyBatch, name: string): ImportOutcome
  /** Runs left `running` by a process that died become `queued` again; returns how many. */
  recoverInterrupted(): number
  setState(run: string, state: RunState, reason?: string): void
  /**
   * The run starts (`fromStep` 0: all its points are dropped), or goes on from a checkpoint (its points after `fromStep`
   * are dropped, validation points already after `evaluatedStep` where that is earlier, and its test scores, which
   * belong to an end); its state is `running`.
   * Freezes the selection rule of every study that plans it.
   */
  begin(
    run: string,
    start: {
      readonly fromStep: number
      readonly evaluatedStep?: number
      readonly parametersTrained: number
      readonly parametersTotal: number
      readonly stepFlops: number
      readonly parameters?: readonly ParameterRecord[]
      readonly environment: Environment
    },
  ): void
  /** Points must come after those stored; a step that is there already is refused, never doubled. */
  append(run: string, chunks: readonly MetricChunk[]): void
  end(run: string, outcome: RunOutcome): void
  /** Replaces the queue's order of studies. */
  setQueueOrder(studies: readonly string[]): void
  setQueuePlaces(study: string, places: ReadonlyMap<string, number>): void
  /** The first way that is kept for a study, program and device stays. */
  keepTrainingWay(chosen: ChosenWay): void
  log(event: Omit<EventRecord, 'seq' | 'at'>): void
  /** Opens the test of a study before its last run has ended. Logged; once open, it stays open. */
  revealTest(study: string): StudyRecord
  archiveStudy(study: string, archived: boolean): StudyRecord
  /**
   * Takes a study out of every list, and with it the runs that no other study holds. `restoreStudy` brings it back, as long
   * as nothing was purged and no other study took its name.
   */
  deleteStudy(study: string): StudyDeletion
  restoreStudy(study: string): StudyRecord
  /** What was deleted is gone for good; returns the ids of its runs. */
  purgeDeleted(): string[]
  /** Copies the history to a file while it is in use; whole or not at all. */
  backUp(path: string, stop?: AbortSignal): Promise<void>
  /** All writes that `work` makes become one transaction: all are kept, or, when it throws, none. */
  together<T>(work: () => T): T
}
