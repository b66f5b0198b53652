import type { Environment, MetricName, RunRecord, RunState, Series } from '../run'
import type { Plan, Study } from '../study/study'
import type { MetricChunk, RunOutcome } from '../training/messages'

/** A study as the workspace keeps it. */
export interface StudyRecord {
  readonly name: string
  readonly study: Study
  /** The study file as last written. */
  readonly text: string
  readonly createdAt: string
  readonly runsByState: Readonly<Partial<Record<RunState, number>>>
}

export interface RunQuery {
  readonly study?: string
  readonly states?: readonly RunState[]
  /** Keyset paging over the history, newest first. */
  readonly after?: string
  readonly limit?: number
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

/** Reading the history. Safe beside the one writer. */
export interface ReadableStore {
  studies(): StudyRecord[]
  study(name: string): StudyRecord | null
  runs(query?: RunQuery): RunRecord[]
  run(id: string): RunRecord | null
  countRuns(query?: RunQuery): number
  /** With `maxPoints`, min/max downsampled: no spike is lost. Empty where nothing was logged. */
  series(run: string, metric: MetricName, maxPoints?: number): Series
  loggedMetrics(run: string): MetricName[]
  events(query?: { study?: string; run?: string; afterSeq?: number }): EventRecord[]
  close(): void
}

/** The one writer of a workspace. Every method is one transaction. */
export interface Store extends ReadableStore {
  /**
   * Records a study and its plan: missing runs are queued, known ones (same key) are shared, planned runs that had
   * `failed` or were `cancelled` are queued again, runs no longer planned are kept and marked.
   */
  saveStudy(plan: Plan): StudyRecord
  /** Runs left `running` by a process that died become `queued` again; returns how many. */
  recoverInterrupted(): number
  setState(run: string, state: RunState, reason?: string): void
  /** The run starts, or goes on from a checkpoint: its points after `fromStep` are dropped, its state is `running`. */
  begin(
    run: string,
    start: {
      readonly fromStep: number
      readonly parametersTrained: number
      readonly parametersTotal: number
      readonly environment: Environment
    },
  ): void
  append(run: string, chunks: readonly MetricChunk[]): void
  end(run: string, outcome: RunOutcome): void
  log(event: Omit<EventRecord, 'seq' | 'at'>): void
}
