/**
 * A run, as every room of the house knows it: its states, its configuration, its metrics and its row in the history.
 *
 * Types that mirror the study file or an export keep the file's snake_case keys (they are promises to users,
 * see docs/contract of the study file); everything else is camelCase.
 */

/** States of a run. `finished` and `early-stopped` are both complete. */
export const RUN_STATES = [
  'queued',
  'running',
  'paused',
  'finished',
  'early-stopped',
  'diverged',
  'failed',
  'cancelled',
] as const
export type RunState = (typeof RUN_STATES)[number]

/** The run reached its own end and its scores count. */
export const isComplete = (state: RunState): boolean => state === 'finished' || state === 'early-stopped'

/** The run has a result that no further training would change: complete, or diverged (a result too). */
export const isSettled = (state: RunState): boolean => isComplete(state) || state === 'diverged'

/** The run may still produce a result without anyone asking for it again. */
export const isOpen = (state: RunState): boolean =>
  state === 'queued' || state === 'running' || state === 'paused'

/** Metric names in the database and in every export. */
export const METRICS = [
  'train/loss',
  'train/grad_norm',
  'train/accuracy',
  'train/accuracy_masked',
  'val/loss',
  'val/accuracy',
  'val/accuracy_masked',
  'test/loss',
  'test/accuracy',
  'test/accuracy_masked',
  'time/step_ms',
] as const
export type MetricName = (typeof METRICS)[number]

/** The parts of a network that a setting may train. */
export const PARTS = ['input', 'output', 'layer_norm', 'positions', 'attention', 'feed_forward'] as const
export type Part = (typeof PARTS)[number]
/**
 * What a parameter belongs to. BERT's token type table and an LSTM's weights are no part that a setting can name: they
 * train with everything, or as one of the last layers.
 */
export type ParameterPart = Part | 'token_type' | 'recurrent'

/** How the trunk is treated. `train` lists what receives gradients; `last_layers: k` adds the whole of the last k layers. */
export interface Setting {
  readonly name: string
  readonly init: 'pretrained' | 'random' | 'statistics'
  readonly train: readonly (Part | { readonly last_layers: number })[]
}

export interface TrainingOptions {
  readonly batch_size: number
  readonly max_steps: number
  readonly optimizer: 'adam' | 'adamw' | 'sgd'
  /** adam, sgd: added to the gradients, times the weights; adamw: taken off the weights, times the rate. */
  readonly weight_decay: number
  /** Of sgd. */
  readonly momentum: number
  /** Of adam and adamw: how much of the running means of gradients and of their squares a step keeps. */
  readonly betas: [number, number]
  /** Of adam and adamw: added to the root of the mean square. */
  readonly eps: number
  /** How the rate changes over a run's steps (`training/learning-schedule.ts`); the learning rate of an arm is its peak. */
  readonly schedule: 'constant' | 'linear' | 'cosine'
  /** First steps, over which the rate rises from 0. */
  readonly warmup_steps: number
  /** A step's batch is taken in so many parts of equal size, one after the other, and is the same step. */
  readonly accumulate_steps: number
  /** Share of the target that is spread over all classes in what is minimised; scores of validation and test have none. */
  readonly label_smoothing: number
  /** Global-norm clip per run; 0 turns clipping off. */
  readonly grad_clip: number
  readonly dropout: number
  readonly shuffle: boolean
}

export interface ValidationOptions {
  /** Share of the training split set apart; ignored by tasks with a validation split of their own. */
  readonly fraction: number
  readonly seed: number
  /** A fixed random subset of the validation split, chosen once per study. */
  readonly examples: number | 'all'
  /** Steps between evaluations. */
  readonly every: number
  /** Evaluations without improvement before a run stops early. */
  readonly patience: number
  readonly metric: 'accuracy' | 'loss'
}

export interface TestOptions {
  readonly examples: number | 'all'
}

/** How a winner is chosen from the arms of a cell. Not part of a run's key: it can change without retraining. */
export interface SelectionRule {
  readonly metric: 'accuracy' | 'loss'
  readonly seeds: 'mean' | 'median'
  readonly tie: 'lowest-rate' | 'highest-rate'
  readonly diverged: 'exclude-arm' | 'as-chance'
  /** How often any setting may be tried half a decade beyond the grid, until its best rate is interior; absent: no limit. */
  readonly extensions?: number
}

/** Of which complete runs the trained weights stay on disk: all, those of at most `SMALL_WEIGHTS_BYTES`, or none. */
export const KEPT_WEIGHTS = ['all', 'small', 'none'] as const
export type KeptWeights = (typeof KEPT_WEIGHTS)[number]

/** A frozen GPT-2 trains 4 MB, MiniLM unfrozen 43 MB, GPT-2 unfrozen 500 MB: a sweep of those would fill a disk unasked. */
export const SMALL_WEIGHTS_BYTES = 100_000_000

/**
 * `bf16`: products by the trunk's frozen matrices are computed in bfloat16, everything else in float32. `tf32`: an NVIDIA
 * GPU may round what it multiplies to TF32.
 */
export const PRECISIONS = ['float32', 'bf16', 'tf32'] as const

export interface ExecutionOptions {
  readonly precision: (typeof PRECISIONS)[number]
  readonly isolation: 'thread' | 'process'
  /** Changes nothing in a run, and is no part of its key. Absent in studies of earlier versions: the default. */
  readonly keep_weights?: KeptWeights
}

/** What makes two arms comparable. */
export interface Protocol {
  readonly training: TrainingOptions
  readonly validation: ValidationOptions
  readonly test: TestOptions
  readonly selection: SelectionRule
}

/** The task of a run: kind, its effective options, and the SHA-256 of every data file it reads (by role, not by path). */
export interface TaskIdentity {
  readonly kind: string
  readonly options: Readonly<Record<string, string | number | boolean>>
  readonly data: Readonly<Record<string, string>>
}

/** The model of a run: a directory's files by hash, or the shape of a random trunk. */
export type ModelIdentity =
  | {
      readonly source: 'directory'
      readonly type: string
      readonly files: Readonly<Record<string, string>>
      /** Only the first so many; not there where all are used. */
      readonly layers?: number
    }
  | { readonly source: 'random'; readonly type: string; readonly shape: Readonly<Record<string, number>> }

/**
 * The canonical configuration of a run. The SHA-256 of its canonical JSON is the run's key: two runs with the same
 * key are the same run, whatever study asked for them.
 */
export interface RunConfig {
  readonly task: TaskIdentity
  readonly model: ModelIdentity
  readonly setting: Setting
  /** Rounded to 3 significant digits. */
  readonly learning_rate: number
  readonly seed: number
  readonly training: TrainingOptions
  readonly validation: ValidationOptions
  readonly test: TestOptions
  /** SHA-256 of the `start_from` file, or null. */
  readonly start_from: string | null
  readonly precision: ExecutionOptions['precision']
}

/** What is known of a run that another program trained; its tracker's record, not a configuration of ours. */
export interface ImportedConfig {
  readonly imported: {
    /** The kind of record: "csv", "tensorboard", "mlflow" … */
    readonly from: string
    /** The run's id or name there. */
    readonly run: string
  }
  /** Options that the tracker recorded and the mapping kept, by their names there. */
  readonly options: Readonly<Record<string, string | number | boolean>>
  readonly learning_rate: number
  readonly seed: number
}

export const isImported = <Config extends object>(
  config: Config,
): config is Extract<Config, { imported: unknown }> => 'imported' in config

/** A cell of someone's published table: no seeds, no rates, nothing to recompute. */
export interface PublishedCell {
  /** Whose number: a citation in a few words. */
  readonly source: string
  readonly task: string
  readonly model: string
  readonly setting: string
  /** Of the test split. */
  readonly metric: 'accuracy' | 'loss'
  /** In the metric's units (accuracy 0..1). */
  readonly mean: number
  readonly sem: number | null
  readonly n: number | null
}

/** One tensor of a run's network. */
export interface ParameterRecord {
  /** As in the model's file. */
  readonly name: string
  readonly shape: readonly number[]
  readonly part: ParameterPart
  readonly trained: boolean
}

/** How the runs of a cell are trained on a device: measured once for a study, kept with it, and used ever after. */
export interface TrainingWay {
  /** One TensorFlow graph a step as it is, or compiled by XLA. */
  readonly path: 'graph' | 'xla'
  /** Runs of one seed that advance together in one graph, at most. */
  readonly groupSize: number
  /** Workers that train side by side. */
  readonly workers: number
  /** Of each worker; null: as many as the machine has cores. */
  readonly threads: number | null
  /** What was chosen against what, in words with figures; empty: nothing was measured. */
  readonly why: string
}

/** Where and with what a run was trained. */
export interface Environment {
  readonly engine: string
  readonly device: string
  readonly versions: Readonly<Record<string, string>>
  readonly threads: number
  readonly group_size: number
  /** The way of training that was chosen; absent for runs of earlier versions. */
  readonly path?: TrainingWay['path']
  readonly workers?: number
  /** Of the numbers that are multiplied; absent for runs of earlier versions, which computed in float32. */
  readonly precision?: ExecutionOptions['precision']
  readonly commit: string | null
}

/** Summary scores of a run: validation at the best step, test read once at that step. Null: not known, or sealed. */
export type Summary = Readonly<Partial<Record<MetricName, number | null>>>

/** The run's id in a workspace: the first 12 hex digits of its key. */
export const idOf = (key: string): string => key.slice(0, 12)

/** One row of the history, seen from a study (whose words for task and model it carries). */
export interface RunRecord {
  /** First 12 hex digits of the key; unique in a workspace. */
  readonly id: string
  readonly key: string
  readonly study: string
  readonly task: string
  readonly model: string
  readonly setting: string
  readonly learningRate: number
  readonly seed: number
  readonly state: RunState
  /** False: the study's file no longer asks for this run. */
  readonly inPlan: boolean
  /** Steps trained so far. */
  readonly steps: number
  readonly bestStep: number | null
  readonly parametersTrained: number | null
  readonly parametersTotal: number | null
  /** Floating-point operations of one training step: its matrix products (`models/flops.ts`). Null: not recorded. */
  readonly stepFlops: number | null
  readonly summary: Summary
  /** Why it failed, diverged or was cancelled, in one sentence. */
  readonly reason: string | null
  readonly environment: Environment | null
  /** ISO 8601, UTC. */
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly config: RunConfig | ImportedConfig
}

/**
 * One metric of one run; `steps`, `values` and `times` (Unix milliseconds, `NO_TIME` where none was recorded) are of
 * equal length, steps rising.
 */
export interface Series {
  readonly steps: Uint32Array
  readonly values: Float64Array
  readonly times: Float64Array
}

/** The time of a point whose time is not known: other programs' points may have none. */
export const NO_TIME = 0
