import type { ExecutionOptions } from '../run'
import type { RunProgress } from './events'

/** Why nothing more is trained, and what to do about it. */
export interface Held {
  readonly because: string
  readonly remedy: string
}

/** A run as the queue shows it. */
export interface QueuedRun {
  readonly id: string
  readonly learningRate: number
  readonly seed: number
  readonly maxSteps: number
  /** Jobs that failed, or whose worker died, with this run among theirs. */
  readonly faults: number
}

/** Runs that one worker trains together, or will. */
export interface QueuedGroup {
  /** From whose plan it is taken. */
  readonly study: string
  readonly task: string
  readonly model: string
  readonly setting: string
  readonly isolation: ExecutionOptions['isolation']
  /** Runs of the group that are to be trained now; others of it have ended, or wait for a try of their own. */
  readonly runs: readonly QueuedRun[]
  /** How many runs the group's program is written for. */
  readonly size: number
  /** How it is trained and why, in words with figures; empty: nothing was measured (yet). */
  readonly way: string
}

export interface RunningGroup extends QueuedGroup {
  /** All studies that want one of its runs. */
  readonly studies: readonly string[]
  /** Null while its worker starts. */
  readonly device: string | null
  /** Of a worker process; null for a thread. */
  readonly pid: number | null
  /** Unix milliseconds. */
  readonly since: number
  /** It is saving its state and will end. */
  readonly isPausing: boolean
  readonly progress: readonly RunProgress[]
}

/** A started study's part of the queue. */
export interface QueuedStudy {
  readonly name: string
  readonly groups: number
  readonly runs: number
  /** Until its last run would end, were it trained alone; null before any speed was measured. */
  readonly secondsLeft: number | null
}

export interface QueueOverview {
  readonly held: Held | null
  /** The study of which it is being measured how it trains best here; nothing is trained meanwhile. */
  readonly measuring: string | null
  /** How many groups are trained at a time. */
  readonly workers: number
  readonly running: readonly RunningGroup[]
  /** Started studies, in the order in which they are trained; what waits of each. */
  readonly studies: readonly QueuedStudy[]
  /** The order that studies were given, those that are not started included. */
  readonly order: readonly string[]
  /** Until everything that is running or waits would have ended; null before any speed was measured. */
  readonly secondsLeft: number | null
}

/** Some of what waits, in the order in which it will be trained. */
export interface QueuePage {
  readonly groups: readonly QueuedGroup[]
  /** How many groups wait in all. */
  readonly total: number
}
