import type { Explanation, Suggestion, Suggestions } from '../../components/editor/editor-words'
import { NAMED_SETTINGS } from '../../../src-main/study/settings'
import { placeAt } from './cursor-place'
import { describedAt, rangeWords, schemasAt, valueAt } from './study-schema'
import type { Schema, SchemaPath } from './study-schema'

/** What the editor says and offers in a study file: the schema's keys and values, and the names that exist here. */

export interface KnownName {
  readonly name: string
  readonly about: string
}

/** Names of this workspace that a study may use. */
export interface KnownNames {
  readonly tasks: readonly KnownName[]
  readonly models: readonly KnownName[]
}

export function suggestInStudy(
  text: string,
  at: number,
  schema: Schema,
  names: KnownNames,
): Suggestions | null {
  const place = placeAt(text, at)
  if (place === null) return null
  const { path, isKey, mayBeKey, from, values, taken } = place
  const schemas = schemasAt(schema, path, values)
  const options = isKey
    ? keysOf(schemas, taken, path, values)
    : [
        ...valuesOf(schemas),
        ...namesAt(path, names, values),
        ...(mayBeKey ? keysOf(schemas, [], path, values) : []),
      ]
  const labels = options.map(({ label }) => label)
  return { from, options: options.filter(({ label }, i) => labels.indexOf(label) === i) }
}

export function explainInStudy(text: string, at: number, schema: Schema): Explanation | null {
  const word = wordAt(text, at)
  const place = word && placeAt(text, word.to)
  if (!word || !place) return null
  const key = text.slice(word.from, word.to)
  const path = place.isKey ? [...place.path, key] : place.path
  const described = describedAt(schema, path, place.values)
  if (described?.description === undefined) return null
  const range = rangeWords(schemasAt(schema, path, place.values))
  return {
    ...word,
    title: path.filter((step) => typeof step === 'string').join('.'),
    lines: [
      described.description,
      ...(range === null ? [] : [`Takes ${range}.`]),
      ...(described.default === undefined ? [] : [`Default: ${yamlWords(described.default)}`]),
    ],
  }
}

function keysOf(
  schemas: readonly Schema[],
  taken: readonly string[],
  path: SchemaPath,
  values: unknown,
): Suggestion[] {
  const keys = schemas.flatMap(({ properties = {} }) => Object.entries(properties))
  const fromSchema = keys
    .filter(([key]) => !taken.includes(key))
    .map(([key, { description, default: fallback }], index): Suggestion => ({
      label: key,
      insert: `${key}: `,
      detail: fallback === undefined ? undefined : yamlWords(fallback),
      about: description,
      kind: 'key',
      // As the schema orders them: what every study has comes first.
      rank: Math.max(-90, 20 - index),
      more: true,
    }))
  if (path.at(-1) !== 'extra_learning_rates') return fromSchema
  return settingNames(values)
    .filter((name) => !taken.includes(name))
    .map((name) => ({ label: name, insert: `${name}: []`, kind: 'key' }))
}

function valuesOf(schemas: readonly Schema[]): Suggestion[] {
  return schemas.flatMap(({ const: only, enum: choices, type, default: fallback, description }) => {
    const words = only !== undefined ? [only] : (choices ?? (type === 'boolean' ? [true, false] : []))
    const own = words.map((word): Suggestion => ({
      label: String(word),
      detail: word === fallback ? 'default' : undefined,
      kind: 'value',
    }))
    const isNumber = type === 'integer' || type === 'number'
    if (!isNumber || fallback === undefined) return own
    return [...own, { label: yamlWords(fallback), detail: 'default', about: description, kind: 'value' }]
  })
}

/** Names that the schema cannot know. */
function namesAt(path: SchemaPath, { tasks, models }: KnownNames, values: unknown): Suggestion[] {
  const [key, , inner] = path
  const length = path.length
  if (key === 'task' && (length === 1 || (length === 2 && typeof path[1] === 'number')))
    return tasks.map(suggestionOf)
  if (key === 'model' && (length === 1 || (length === 2 && typeof path[1] === 'number')))
    return models.map(suggestionOf)
  if (key === 'settings' && length === 2) {
    return NAMED_SETTINGS.map(({ name, train }) => ({
      label: name,
      kind: 'name',
      about: `Trains ${train.map((part) => (typeof part === 'string' ? part : `the last ${part.last_layers} layers`)).join(', ')}.`,
    }))
  }
  if (key === 'overrides' && inner === 'task')
    return namesIn(valueAt(values, 'task')).map((label) => ({ label, kind: 'name' }))
  if (key === 'overrides' && inner === 'model')
    return namesIn(valueAt(values, 'model')).map((label) => ({ label, kind: 'name' }))
  return []
}

const suggestionOf = ({ name, about }: KnownName): Suggestion => ({ label: name, about, kind: 'name' })

/** Names of entries as a file writes them: words, or mappings with a name, kind or path. */
function namesIn(written: unknown): string[] {
  const list: unknown[] = Array.isArray(written) ? written : [written]
  return list.flatMap((entry) => {
    if (typeof entry === 'string') return [entry]
    const name = valueAt(entry, 'name') ?? valueAt(entry, 'kind')
    return typeof name === 'string' ? [name] : []
  })
}

function settingNames(values: unknown): string[] {
  const written = valueAt(values, 'settings')
  const names = namesIn(written ?? [])
  return names.length > 0 ? names : NAMED_SETTINGS.slice(0, 4).map(({ name }) => name)
}

function wordAt(text: string, at: number): { from: number; to: number } | null {
  const from = at - (/[\w+.-]*$/.exec(text.slice(0, at))?.[0].length ?? 0)
  const to = at + (/^[\w+.-]*/.exec(text.slice(at))?.[0].length ?? 0)
  return from === to ? null : { from, to }
}

/** A default as a file would write it. */
function yamlWords(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlWords).join(', ')}]`
  if (typeof value !== 'object' || value === null)
    return typeof value === 'number' ? numberWords(value) : String(value)
  return `{${Object.entries(value)
    .map(([key, each]) => `${key}: ${yamlWords(each)}`)
    .join(', ')}}`
}

const numberWords = (value: number): string =>
  value !== 0 && Math.abs(value) < 0.05 ? value.toExponential() : String(value)
