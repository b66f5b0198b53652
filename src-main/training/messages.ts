import type {
  Environment,
  MetricName,
  ParameterRecord,
  RunConfig,
  RunState,
  Summary,
  TrainingWay,
} from '../run'
import type { ModelSource, TaskSource } from '../study/study'

/**
 * All that the queue and a training worker say to each other. The messages are the same whether the worker is a
 * thread or a child process; everything in them survives structured clone.
 */

/** One run of a job. */
export interface JobRun {
  readonly id: string
  /** Its row in the group, below the job's `slots`. */
  readonly slot: number
  readonly config: RunConfig
  /** Once it is complete its trained weights are kept in this folder, where they take at most so many bytes; absent: not. */
  readonly keep?: { readonly folder: string; readonly mostBytes: number }
}

/**
 * Work for one worker: runs of one fused group (same task, model, setting and shapes; rate and seed differ).
 * Every run resumes from its newest good checkpoint in `checkpoints/<run id>/` when there is one.
 */
export interface TrainingJob {
  readonly runs: readonly JobRun[]
  /**
   * K, the group's size. Runs that have ended, and places that never had one, leave slots empty. They are offered to the
   * queue; and the worker makes the group smaller only where a run's bits do not depend on its size.
   */
  readonly slots: number
  /** How a step is run; one that XLA cannot compile is run as a plain graph. */
  readonly path: TrainingWay['path']
  readonly task: TaskSource
  readonly model: ModelSource
  readonly startFrom: string | null
  /** Absolute; holds one folder per run id. */
  readonly checkpoints: string
  /** Absolute: where features of frozen trunks are kept. Absent: they are not. */
  readonly features?: string
}

export type ToWorker =
  | { readonly type: 'train'; readonly seq: number; readonly job: TrainingJob }
  /** Save a checkpoint of every run of the job and end them as `paused`. */
  | { readonly type: 'pause' }
  /** End one run of the job as `cancelled`. */
  | { readonly type: 'cancel'; readonly run: string }
  /**
   * Every `points` of this run sent so far is committed, up to this step (the run's highest). A worker makes a
   * checkpoint the one to resume from only after the points up to its step are stored, so that a kill at any moment
   * loses no logged step; and it waits when far ahead of the store (back-pressure).
   */
  | { readonly type: 'stored'; readonly run: string; readonly step: number }
  /** The answer to every `free`: the run that is to take the place, or none. It resumes as those of the job do. */
  | { readonly type: 'refill'; readonly slot: number; readonly run: JobRun | null }
  | { readonly type: 'close' }

/** Consecutive points of one metric of one run. */
export interface MetricChunk {
  readonly metric: MetricName
  readonly steps: Uint32Array
  readonly values: Float64Array
  /** Unix milliseconds. */
  readonly times: Float64Array
}

/** How a run ended, or stopped for now. */
export interface RunOutcome {
  readonly state: Extract<
    RunState,
    'finished' | 'early-stopped' | 'diverged' | 'failed' | 'paused' | 'cancelled'
  >
  readonly steps: number
  readonly bestStep: number | null
  /** `val/*` at the best step and `test/*` read there; empty unless complete. */
  readonly summary: Summary
  readonly reason: string | null
}

export type FromWorker =
  | { readonly type: 'ready'; readonly environment: Environment }
  | {
      readonly type: 'begun'
      readonly run: string
      /** 0, or the checkpoint's step: later points in the store are to be dropped before new ones arrive. */
      readonly fromStep: number
      /**
       * The last step whose validation scores the checkpoint knows. It may have been saved just before the evaluation of
       * its own step, which is then made again: validation points after this step are to be dropped too.
       */
      readonly evaluatedStep: number
      readonly parametersTrained: number
      readonly parametersTotal: number
      /** Floating-point operations of one step of this run (`trainingFlops`), the mean where batches differ in length; evaluations are apart. */
      readonly stepFlops: number
      /** Every tensor of the network. */
      readonly parameters: readonly ParameterRecord[]
    }
  | { readonly type: 'points'; readonly run: string; readonly chunks: readonly MetricChunk[] }
  /** A checkpoint of this step is safely on disk; all points up to it were sent before this message. */
  | { readonly type: 'checkpoint'; readonly run: string; readonly step: number }
  | { readonly type: 'ended'; readonly run: string; readonly outcome: RunOutcome }
  /**
   * A place of the job has no run while others of it go on. It is for a run that stands in this place of its own group,
   * which is of the same program and as large; with `anySize`, of whatever size, for the bits do not depend on it.
   */
  | { readonly type: 'free'; readonly slot: number; readonly anySize: boolean }
  /** Still at work where nothing else is sent for long: loading, compiling, a big evaluation. Every few seconds. */
  | { readonly type: 'alive' }
  | {
      readonly type: 'log'
      readonly level: 'info' | 'warning'
      readonly run: string | null
      readonly message: string
    }
  /** The job is over and the worker is free for the next. */
  | { readonly type: 'done'; readonly seq: number }
  /** The job could not go on; runs without an `ended` have failed for this reason. */
  | { readonly type: 'failed'; readonly seq: number; readonly message: string; readonly stack: string | null }
