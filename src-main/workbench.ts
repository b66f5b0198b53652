import type { MetricName, RunRecord, RunState } from './run'
import type { Plan } from './study/study'
import type { ReadableStore, StudyRecord } from './store/store'
import { NotYetError } from './errors'

/**
 * One workspace, opened: store, library and queue behind one object. Every entry (window, command line, HTTP door)
 * goes through it. The owner trains and writes; a reader only looks, beside whoever owns the workspace.
 */
export interface Workbench {
  /** Absolute path of the workspace's folder. */
  readonly workspace: string
  readonly access: Access
  readonly store: ReadableStore

  /** Reads, checks and expands a study file; InputError with file, line and field where it is wrong. */
  checkStudy(text: string, file?: string): Promise<Plan>
  /** Saves the study and queues what it still lacks. */
  startStudy(plan: Plan): Promise<StudyRecord>
  /** Saves the state of its running runs and starts no more of them, until it is resumed. */
  pauseStudy(name: string): Promise<void>
  /** Queues its paused runs, and those a dead process left behind. Failed and cancelled ones too. */
  resumeStudy(name: string): Promise<void>
  /** As pauseStudy, and queued runs are paused too: nothing of the study is open but `paused`. */
  stopStudy(name: string): Promise<void>
  /** Ends one run as `cancelled`; a queued one never starts. */
  cancelRun(id: string): Promise<void>
  /** Queues a failed, cancelled or diverged run again. */
  rerun(id: string): Promise<void>

  status(): StudyStatus[]
  /** What is being trained at this moment. */
  progress(): RunProgress[]

  /** Calls the listener with each event from now on, until unsubscribed. */
  subscribe(listener: (event: WorkbenchEvent) => void): () => void
  /** What happened after the event with this cursor (0: since opening). */
  eventsSince(cursor: number): EventReplay

  /** Resolves when nothing (of the study) is running or waiting to run. */
  idle(study?: string): Promise<void>
  /** Pauses running work, saves, and lets go of the workspace. */
  close(): Promise<void>
}

/** The one process that trains and writes, or any that looks on. */
export type Access = 'owner' | 'reader'

export interface WorkbenchOptions {
  readonly workspace: string
  readonly access: Access
}

/**
 * What a study is doing: `running` has runs in training, `waiting` has queued ones that will be trained,
 * `paused` has open runs that nobody trains until it is resumed, `incomplete` has failed or cancelled runs and none
 * open, `complete` has a result for every planned run.
 */
export type StudyState = 'running' | 'waiting' | 'paused' | 'incomplete' | 'complete'

export interface StudyStatus {
  readonly name: string
  readonly state: StudyState
  /** Runs in plan, by state. */
  readonly runs: Readonly<Partial<Record<RunState, number>>>
  readonly planned: number
  /** Seconds until the study's last run ends at the speed measured so far; null when unknown or nothing is trained. */
  readonly secondsLeft: number | null
}

export interface RunProgress {
  readonly run: string
  readonly studies: readonly string[]
  readonly step: number
  /** `max_steps`; a run may stop early. */
  readonly of: number
  readonly stepsPerSecond: number | null
  /** Until `of` at this speed. */
  readonly secondsLeft: number | null
  /** Ids of the runs that the same worker advances together, this one included. */
  readonly group: readonly string[]
}

/** New points of one metric of one run, steps rising. */
export interface PointsDelta {
  readonly metric: MetricName
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

/** Something that happened, numbered by a rising `cursor`. */
export type WorkbenchEvent = { readonly cursor: number; readonly at: number } & WorkbenchHappening

export type WorkbenchHappening =
  | {
      readonly type: 'run-changed'
      readonly run: string
      readonly state: RunState
      readonly studies: readonly string[]
    }
  | {
      readonly type: 'points'
      readonly run: string
      /** Not null: the run goes on from this step, and what a listener holds after it is to be dropped first. */
      readonly replaceAfter: number | null
      readonly deltas: readonly PointsDelta[]
    }
  | { readonly type: 'study-changed'; readonly study: string; readonly state: StudyState }
  | { readonly type: 'progress'; readonly running: readonly RunProgress[] }
  | {
      readonly type: 'log'
      readonly level: 'info' | 'warning' | 'error'
      readonly study: string | null
      readonly run: string | null
      readonly message: string
    }

/** Events after a cursor. `complete` is false when the ring no longer holds them all: fetch everything afresh. */
export interface EventReplay {
  readonly events: readonly WorkbenchEvent[]
  readonly complete: boolean
  /** Of the newest event, whether replayed or not. */
  readonly cursor: number
}

export type { RunRecord }

/**
 * Opens a workspace, making its folder if the access is `owner`.
 * @throws {InputError} when it is owned by another process, cannot be read, or its database is newer than this program.
 */
export function openWorkbench(options: WorkbenchOptions): Promise<Workbench> {
  return Promise.reject(new NotYetError(`opening ${options.workspace}`))
}
