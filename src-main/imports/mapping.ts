import { stringify } from 'yaml'
import { z } from 'zod'
import { InputError, InputErrors } from '../errors'
import { METRICS } from '../run'
import type { MetricName } from '../run'
import { oneOf, strict } from '../study/expect'
import { problemsOf } from '../study/problems'
import { parseYaml } from '../study/yaml'
import { readUtf8 } from './file-bytes'

/**
 * A mapping says which of a program's names are what: its fields (columns, parameters, tags) are a run's place in the grid,
 * its metrics are ours. Users write it as a YAML file; without one it is guessed and shown.
 */

/** What a run must or may say of itself. */
export const RUN_FIELDS = [
  'run',
  'task',
  'model',
  'setting',
  'learning_rate',
  'seed',
  'state',
  'steps',
  'best_step',
  'reason',
  'started_at',
  'finished_at',
] as const
export type RunField = (typeof RUN_FIELDS)[number]

/** What a row of `kind: published` says besides task, model and setting. */
export const PUBLISHED_FIELDS = ['kind', 'source', 'metric', 'mean', 'sem', 'n'] as const
export type PublishedField = (typeof PUBLISHED_FIELDS)[number]

/** Columns of a table of points, a row a point. */
export const POINT_FIELDS = ['run', 'metric', 'step', 'value', 'time'] as const
export type PointField = (typeof POINT_FIELDS)[number]

const named = z
  .string({ error: 'the name of a field' })
  .min(1, { error: 'the name of a field' })
  .max(1000, { error: 'the name of a field' })
const word = z.union([z.string().max(1000), z.number()], { error: 'a word or a number' })

/** A field by its name there, a value for all runs, or a field whose words are replaced. */
const fieldSource = z.union(
  [
    named,
    strict({ value: word }),
    strict({ from: named, words: z.record(z.string(), word, { error: 'a mapping of words' }) }),
  ],
  { error: 'the name of a field, {value: …} or {from: …, words: {…}}' },
)
export type FieldSource = z.infer<typeof fieldSource>

const optionals = <const Names extends readonly string[]>(names: Names, schema: z.ZodType) =>
  strict(Object.fromEntries(names.map((name) => [name, schema.optional()])))

const mappingFile = strict({
  table: oneOf('runs', 'points').optional(),
  points: optionals(POINT_FIELDS, named).optional(),
  name: named.optional(),
  decimal: oneOf('.', ',').optional(),
  accuracy: oneOf('fraction', 'percent').optional(),
  fields: optionals([...RUN_FIELDS, ...PUBLISHED_FIELDS], fieldSource.nullable()).optional(),
  metrics: optionals(METRICS, named.nullable()).optional(),
  keep: z.array(named, { error: 'a list of fields' }).optional(),
})

export interface Mapping {
  /** Of a CSV file: a row a run, or a row a point. */
  readonly table?: 'runs' | 'points'
  /** The columns of a table of points. */
  readonly points?: Readonly<Partial<Record<PointField, string>>>
  /** How a run's name is made, "{task}/{setting}-lr{learning_rate}-s{seed}": what stands in brackets becomes a field. */
  readonly name?: string
  readonly decimal?: '.' | ','
  /** How accuracies are written there. */
  readonly accuracy?: 'fraction' | 'percent'
  /** Null: not there, whatever a guess would say. */
  readonly fields?: Readonly<Partial<Record<RunField | PublishedField, FieldSource | null>>>
  /** Our metric to its name there; null: not there. */
  readonly metrics?: Readonly<Partial<Record<MetricName, string | null>>>
  /** Fields that are kept with the run as they are. */
  readonly keep?: readonly string[]
}

/** A mapping that is in nobody's file. */
export const mappingSchema = mappingFile as z.ZodType<Mapping, Mapping>

/** @throws {InputErrors} with file, line and field */
export async function readMapping(file: string): Promise<Mapping> {
  const text = await readUtf8(file, { largest: 1_000_000, follow: true })
  const yaml = parseYaml(text, file)
  const parsed = mappingFile.safeParse(yaml.value)
  const problems = parsed.success ? [] : problemsOf(parsed.error, yaml.value)
  const errors = [
    ...yaml.problems,
    ...problems.map(
      ({ path, problem }) =>
        new InputError(problem, { file, line: yaml.lineOf(path), field: path.join('.') || undefined }),
    ),
  ]
  if (parsed.success && errors.length === 0) return parsed.data
  throw errors.length === 1 && errors[0] ? errors[0] : new InputErrors(errors)
}

/** The mapping as a file that `--mapping` takes. */
export const mappingText = (mapping: Mapping): string => stringify(mapping, { lineWidth: 0 })

/** Where a field comes from, as people read it. */
export function sayField(source: FieldSource | null): string {
  if (source === null) return 'not there'
  if (typeof source === 'string') return source
  return 'value' in source ? `"${source.value}" for all` : source.from
}

/** The names there that become fields and metrics of ours. */
export const namesUsed = ({ fields = {}, metrics = {} }: Pick<Mapping, 'fields' | 'metrics'>): string[] =>
  [...Object.values(fields).map(nameIn), ...Object.values(metrics)].filter((name) => name !== null)

/** Null for a value that is in no file. */
export function nameIn(source: FieldSource | null): string | null {
  if (source === null || typeof source === 'string') return source
  return 'from' in source ? source.from : null
}
