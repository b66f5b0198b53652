import type { RateDraw } from './rates'
import type {
  ExecutionOptions,
  RunConfig,
  SelectionRule,
  Setting,
  TestOptions,
  TrainingOptions,
  ValidationOptions,
} from '../run'

/** A task as a study names it: its kind and options, the path of its data if it has one, and the word tables use for it. */
export interface TaskSpec {
  readonly name: string
  readonly kind: string
  readonly options: Readonly<Record<string, string | number | boolean>>
}

/** A model as a study names it. */
export type ModelSpec =
  | {
      readonly name: string
      readonly from: 'catalogue'
      /** What the library calls it, where the study calls it otherwise. */
      readonly installed?: string
      readonly layers?: number
    }
  | { readonly name: string; readonly from: 'directory'; readonly path: string; readonly layers?: number }
  | {
      readonly name: string
      readonly from: 'random'
      readonly type: string
      readonly shape: Readonly<Record<string, number>>
    }

/** Training or validation options for the cells named by task or model; never for one setting alone. */
export interface Override {
  readonly task?: string
  readonly model?: string
  readonly training?: Partial<TrainingOptions>
  readonly validation?: Partial<ValidationOptions>
}

/** A study file, checked and with every default filled in. */
export interface Study {
  readonly name: string
  readonly tasks: readonly TaskSpec[]
  readonly models: readonly ModelSpec[]
  readonly settings: readonly Setting[]
  readonly learning_rates: readonly number[]
  /** How they were drawn, where they are no list and no grid. */
  readonly rate_draw?: RateDraw
  readonly extra_learning_rates: Readonly<Record<string, readonly number[]>>
  readonly seeds: readonly number[]
  readonly training: TrainingOptions
  readonly validation: ValidationOptions
  readonly test: TestOptions
  readonly selection: SelectionRule
  readonly execution: ExecutionOptions
  readonly overrides: readonly Override[]
  readonly start_from: string | null
  readonly notes: string | null
}

/** A setting of which an import knows the name alone. */
export interface UnknownSetting {
  readonly name: string
  readonly init: null
  readonly train: null
}

/** A study that was gathered from another program's runs: what they came to, under a protocol that is not known. */
export interface ImportedStudy extends Pick<
  Study,
  'name' | 'learning_rates' | 'extra_learning_rates' | 'seeds' | 'selection' | 'notes'
> {
  readonly tasks: readonly { readonly name: string }[]
  readonly models: readonly { readonly name: string }[]
  readonly settings: readonly (Setting | UnknownSetting)[]
  readonly training: null
  readonly validation: null
  readonly test: null
  readonly overrides: readonly []
}

/** The protocol of the runs is ours, so the study can be trained; else they were imported and can be compared only. */
export const isTrainable = (study: Study | ImportedStudy): study is Study => study.training !== null

/** Where a worker finds a task's data; absolute paths, never part of a run's identity. */
export interface TaskSource {
  readonly kind: string
  readonly options: Readonly<Record<string, string | number | boolean>>
  /** Files by role ("train-images" …), absolute. Empty for generated tasks. */
  readonly files: Readonly<Record<string, string>>
}

/** Where a worker finds a model. */
export type ModelSource =
  | {
      readonly source: 'directory'
      readonly path: string
      /** Only the first so many; all where it is not given. */
      readonly layers?: number
    }
  | { readonly source: 'random'; readonly type: string; readonly shape: Readonly<Record<string, number>> }

/** One run that a study asks for. */
export interface PlannedRun {
  readonly key: string
  readonly config: RunConfig
  /** The study's words, for tables: task, model and setting names. */
  readonly task: string
  readonly model: string
  readonly setting: string
  readonly taskSource: TaskSource
  readonly modelSource: ModelSource
  readonly startFrom: string | null
}

/** What a study asks for, in the order it should be trained: by task and model, then by seed, setting and learning rate. */
export interface Plan {
  readonly study: Study
  /** The study file's text as written, kept with the study. */
  readonly text: string
  readonly runs: readonly PlannedRun[]
}
