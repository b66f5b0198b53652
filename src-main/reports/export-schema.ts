import { z } from 'zod'
import { METRICS, PRECISIONS } from '../run'
import { LATER_OPTIONS } from '../study/later-options'
import { exportNumber, runPlaceSchema, runResultSchema, runTimesSchema } from './run-fields'
import type { ExportNumber } from './run-fields'

/** The JSON export, as it is promised to users and their scripts. Unknown keys are errors: a key is added here first. */

const metric = z.enum(METRICS)
const step = z.int().nonnegative()
const examples = z.union([z.int().positive(), z.literal('all')])
const open = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const texts = z.record(z.string(), z.string())

const training = z.strictObject({
  batch_size: z.int().positive(),
  max_steps: z.int().positive(),
  optimizer: z.enum(['adam', 'adamw', 'sgd']),
  grad_clip: z.number(),
  dropout: z.number(),
  shuffle: z.boolean(),
  // Exports of earlier versions do not say the following.
  weight_decay: z.number().default(LATER_OPTIONS.weight_decay),
  momentum: z.number().default(LATER_OPTIONS.momentum),
  betas: z.tuple([z.number(), z.number()]).default(LATER_OPTIONS.betas),
  eps: z.number().default(LATER_OPTIONS.eps),
  schedule: z.enum(['constant', 'linear', 'cosine']).default(LATER_OPTIONS.schedule),
  warmup_steps: z.int().nonnegative().default(LATER_OPTIONS.warmup_steps),
  accumulate_steps: z.int().positive().default(LATER_OPTIONS.accumulate_steps),
  label_smoothing: z.number().default(LATER_OPTIONS.label_smoothing),
})

const validation = z.strictObject({
  fraction: z.number(),
  seed: z.int(),
  examples,
  every: z.int().positive(),
  patience: z.int(),
  metric: z.enum(['accuracy', 'loss']),
})

const test = z.strictObject({ examples })

const selection = z.strictObject({
  metric: z.enum(['accuracy', 'loss']),
  seeds: z.enum(['mean', 'median']),
  tie: z.enum(['lowest-rate', 'highest-rate']),
  diverged: z.enum(['exclude-arm', 'as-chance']),
  /** How often at most a setting may be tried beyond the shared rates. */
  extensions: z.int().nonnegative().optional(),
})

const setting = z.strictObject({
  name: z.string(),
  init: z.enum(['pretrained', 'random', 'statistics']),
  train: z.array(z.union([z.string(), z.strictObject({ last_layers: z.int().positive() })])).readonly(),
})

const model = z.union([
  z.strictObject({
    source: z.literal('directory'),
    type: z.string(),
    files: texts,
    /** Only the first so many. */
    layers: z.int().positive().optional(),
  }),
  z.strictObject({ source: z.literal('random'), type: z.string(), shape: z.record(z.string(), z.number()) }),
])

/** The parts of a study that its runs share. */
export const protocolSchemas = { training, validation, test, selection, setting }

/** All that decides what a run computes; its hash is the run's key. */
const config = z.strictObject({
  task: z.strictObject({ kind: z.string(), options: open, data: texts }),
  model,
  setting,
  learning_rate: z.number(),
  seed: z.int(),
  training,
  validation,
  test,
  start_from: z.string().nullable(),
  precision: z.enum(PRECISIONS),
})

/** What another program's tracker recorded of a run. */
const importedConfig = z.strictObject({
  imported: z.strictObject({ from: z.string(), run: z.string() }),
  options: open,
  learning_rate: z.number(),
  seed: z.int(),
})

/** What a run was trained with, as far as it is known. */
export const runConfigSchema = z.union([config, importedConfig])

export const environmentSchema = z.strictObject({
  engine: z.string(),
  device: z.string(),
  versions: texts,
  threads: z.number(),
  group_size: z.number(),
  path: z.enum(['graph', 'xla']).optional(),
  workers: z.number().optional(),
  precision: z.enum(PRECISIONS).optional(),
  commit: z.string().nullable(),
})

const run = z.strictObject({
  /** First 12 hex digits of the key. */
  id: z.string(),
  key: z.string(),
  ...runPlaceSchema,
  reason: z.string().nullable(),
  ...runResultSchema,
  /** Every logged point as [step, value]. */
  series: z.partialRecord(metric, z.array(z.tuple([step, exportNumber]))).optional(),
  /** First and last step of logged points that can no longer be read and are missing in `series`. */
  damaged: z.partialRecord(metric, z.array(z.tuple([step, step]))).optional(),
  environment: environmentSchema.nullable(),
  ...runTimesSchema,
  config: runConfigSchema,
})

export const exportDocument = z.strictObject({
  study: z.string(),
  /** Null: the runs were imported, and how they were trained is not known. */
  protocol: z.strictObject({
    training: training.nullable(),
    validation: validation.nullable(),
    test: test.nullable(),
    selection,
  }),
  /** Test scores are withheld: planned runs are still to end. */
  test_sealed: z.boolean(),
  /** What was changed in the study after its test scores could be seen. */
  changed_after_test: z.array(z.enum(['rule', 'grid', 'seeds', 'protocol'])).readonly(),
  /** In the order of the plan, those no longer planned last. */
  runs: z.array(run),
})

export type ExportDocument = z.infer<typeof exportDocument>
export type ExportRun = ExportDocument['runs'][number]

export function fromExportNumber(value: ExportNumber): number {
  return Number(value)
}
