import type { MetricName, RunState } from '../run'

/**
 * What a study is doing: `running` has runs in training, `waiting` has queued ones that will be trained,
 * `paused` has open runs that nobody trains until it is resumed, `incomplete` has failed or cancelled runs and none
 * open, `complete` has a result for every planned run.
 */
export const STUDY_STATES = ['running', 'waiting', 'paused', 'incomplete', 'complete'] as const
export type StudyState = (typeof STUDY_STATES)[number]

export interface RunProgress {
  readonly run: string
  readonly studies: readonly string[]
  readonly step: number
  /** The step of its newest checkpoint: where it would go on after a crash. */
  readonly savedStep: number
  /** `max_steps`; a run may stop early. */
  readonly of: number
  readonly stepsPerSecond: number | null
  /** Until `of` at this speed. */
  readonly secondsLeft: number | null
  /** Ids of the runs that the same worker advances together, this one included. */
  readonly group: readonly string[]
}

/** How far a measurement for a forecast has come; the cell is the one at work. */
export interface Measuring {
  readonly done: number
  readonly of: number
  readonly cell: string
}

/** New points of one metric of one run, steps rising. Never of `test/*`: those leave through the store alone. */
export interface PointsDelta {
  readonly metric: MetricName
  readonly steps: readonly number[]
  readonly values: readonly number[]
}

/** Something that happened, numbered by a rising `cursor`; `at` is Unix milliseconds. */
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
  /** A study was put away, deleted or brought back: every list of studies and of runs may be another. */
  | { readonly type: 'studies-changed' }
  /** A model or data set was added, removed, brought back or verified. */
  | { readonly type: 'library-changed' }
  /** A backup was made, or the installation of the engine goes on. */
  | { readonly type: 'settings-changed' }
  /** Tags, notes, runs put away or saved views. */
  | { readonly type: 'annotations-changed' }
  /** Studies or groups changed places, a job began or ended, or the queue is held or released. */
  | { readonly type: 'queue-changed' }
  /** A forecast's measurement goes on, or has ended (null). */
  | { readonly type: 'measuring'; readonly measuring: Measuring | null }
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
