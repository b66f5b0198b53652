import { z } from 'zod'
import { InputError } from '../errors'
import { isImported, KEPT_WEIGHTS, METRICS, PRECISIONS, RUN_STATES } from '../run'
import { environmentSchema, protocolSchemas, runConfigSchema } from '../reports/export-schema'
import type { BundledRun, StudyBatch } from '../store/store'
import { label } from '../study/expect'
import { keyOf } from '../study/key'
import { RATE_SAMPLES } from '../study/rates'

/**
 * A bundle may come from anybody, and what is in the history is trusted from then on: everything in it is checked against the
 * same descriptions that our own exports follow, and a run's key against its configuration.
 */

const word = z.string().max(1000)
const rate = z.number().positive()
const rates = z.array(rate).max(10_000).readonly()
const options = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const step = z.int().nonnegative()
const time = z.iso.datetime().nullable()
const { training, validation, test, selection, setting } = protocolSchemas

const shared = {
  name: word,
  learning_rates: rates,
  extra_learning_rates: z.record(z.string(), rates),
  rate_draw: z
    .strictObject({ from: rate, to: rate, count: z.int(), sample: z.enum(RATE_SAMPLES), seed: z.int() })
    .optional(),
  seeds: z.array(z.int()),
  selection,
  notes: z.string().nullable(),
}

const trainedStudy = z.strictObject({
  ...shared,
  tasks: z.array(z.strictObject({ name: word, kind: word, options })),
  models: z.array(
    z.union([
      z.strictObject({ name: word, from: z.literal('catalogue') }),
      z.strictObject({ name: word, from: z.literal('directory'), path: z.string() }),
      z.strictObject({
        name: word,
        from: z.literal('random'),
        type: word,
        shape: z.record(z.string(), z.number()),
      }),
    ]),
  ),
  settings: z.array(setting),
  training,
  validation,
  test,
  execution: z.strictObject({
    precision: z.enum(PRECISIONS),
    isolation: z.enum(['thread', 'process']),
    keep_weights: z.enum(KEPT_WEIGHTS).optional(),
  }),
  overrides: z.array(
    z.strictObject({
      task: word.optional(),
      model: word.optional(),
      training: training.partial().optional(),
      validation: validation.partial().optional(),
    }),
  ),
  start_from: z.string().nullable(),
})

const importedStudy = z.strictObject({
  ...shared,
  tasks: z.array(z.strictObject({ name: word })),
  models: z.array(z.strictObject({ name: word })),
  settings: z.array(z.union([setting, z.strictObject({ name: word, init: z.null(), train: z.null() })])),
  training: z.null(),
  validation: z.null(),
  test: z.null(),
  overrides: z.array(z.never()),
})

const record = z.object({
  study: z.union([trainedStudy, importedStudy]),
  text: z.string().max(1_000_000),
  createdAt: z.iso.datetime(),
  ruleFrozenAt: time,
  testOpenedAt: time,
  testRevealedAt: time,
  changedAfterTest: z.array(z.enum(['rule', 'grid', 'seeds', 'protocol'])),
})

const run = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  task: word,
  model: word,
  setting: word,
  learningRate: rate,
  seed: z.int(),
  state: z.enum(RUN_STATES),
  steps: step,
  bestStep: step.nullable(),
  parametersTrained: step.nullable(),
  parametersTotal: step.nullable(),
  stepFlops: step.nullable(),
  summary: z.partialRecord(
    z.enum(METRICS),
    z.union([z.number(), z.nan(), z.literal([Infinity, -Infinity])]).nullable(),
  ),
  reason: z.string().max(100_000).nullable(),
  environment: environmentSchema.nullable(),
  startedAt: time,
  finishedAt: time,
  config: runConfigSchema,
})

/**
 * The same batch, each part checked before it is handed on.
 * @param file for errors
 * @throws {InputError} with the run and field that is not as it should be; from `runs` too, while they are read
 */
export function checkedBundle(batch: StudyBatch, file: string): StudyBatch {
  refuse(record.safeParse(batch.record), file, 'the study')
  refuse(label().safeParse(batch.record.name), file, "the study's name")
  return {
    ...batch,
    *runs() {
      for (const bundled of batch.runs()) yield checkedRun(bundled, file)
    },
  }
}

function checkedRun(bundled: BundledRun, file: string): BundledRun {
  const { config, key, id, learningRate, seed } = bundled.run
  refuse(run.safeParse(bundled.run), file, `run ${id}`)
  const isSame = config.learning_rate === learningRate && config.seed === seed
  if (!isSame || (!isImported(config) && keyOf(config) !== key)) {
    throw new InputError(`run ${id} is not the one that its key says`, { file })
  }
  const wrong = bundled.points.find(({ metric }) => !METRICS.includes(metric))
  if (wrong) throw new InputError(`run ${id} has a metric that nobody knows`, { file })
  return bundled
}

function refuse(parsed: z.ZodSafeParseResult<unknown>, file: string, what: string): void {
  if (parsed.success) return
  const [issue] = parsed.error.issues
  throw new InputError(`${what} is not as Fairsweep writes it (${issue?.message ?? 'unknown'})`, {
    file,
    field: issue?.path.join('.') || undefined,
  })
}
