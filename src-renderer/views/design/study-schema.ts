/** Reading the study file's JSON schema: which parts of it stand for a place in a file. */

export interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

/** Steps from the root of a file to a value. */
export type SchemaPath = readonly (string | number)[]

/** All that may stand at a path: alternatives apart, those of another `kind` than the file names left out. */
export function schemasAt(root: Schema, path: SchemaPath, values: unknown): Schema[] {
  let found = alternatives(root, values)
  let here = values
  for (const step of path) {
    here = valueAt(here, step)
    const below = found.flatMap((schema) => stepInto(schema, step))
    found = below.flatMap((schema) => alternatives(schema, here))
  }
  return found
}

/** The options of the mapping at a path, by key: of the alternatives that know every key which is there, or of all. */
export function optionsAt(root: Schema, path: SchemaPath, values: unknown): ReadonlyMap<string, Schema> {
  const written = path.reduce(valueAt, values)
  const keys = typeof written === 'object' && written !== null ? Object.keys(written) : []
  const all = schemasAt(root, path, values)
  const fitting = all.filter(({ properties = {} }) => keys.every((key) => Object.hasOwn(properties, key)))
  return new Map(
    (fitting.length > 0 ? fitting : all).flatMap(({ properties = {} }) => Object.entries(properties)),
  )
}

/** The sentence that the schema says about the key at a path; alternatives may leave it to what holds them. */
export function describedAt(root: Schema, path: SchemaPath, values: unknown): Schema | null {
  const last = path.at(-1)
  if (last === undefined) return null
  const parents = schemasAt(root, path.slice(0, -1), path.slice(0, -1).reduce(valueAt, values) ?? values)
  const own = parents.flatMap((schema) => stepInto(schema, last))
  return own.find(({ description }) => description !== undefined) ?? null
}

/** "a whole number from 1 to 100", "one of mean, median": what a value may be, in words. */
export function rangeWords(schemas: readonly Schema[]): string | null {
  const words = schemas.flatMap(
    ({ type, minimum, maximum, exclusiveMaximum, enum: choices, const: only }) => {
      if (choices !== undefined) return choices.map(String)
      if (typeof only === 'string') return [only]
      if (type === 'boolean') return ['true', 'false']
      if (type !== 'integer' && type !== 'number') return []
      const most = maximum ?? exclusiveMaximum
      const kind = type === 'integer' ? 'a whole number' : 'a number'
      const range = minimum === undefined || most === undefined ? '' : ` from ${minimum} to ${most}`
      return [
        `${kind}${maximum === undefined && most !== undefined ? range.replace(' to ', ' to below ') : range}`,
      ]
    },
  )
  return words.length === 0 ? null : [...new Set(words)].join(', ').replace(/, ([^,]*)$/, ' or $1')
}

export function valueAt(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    ? (value as Record<string | number, unknown>)[step]
    : undefined
}

function stepInto({ properties, additionalProperties, items }: Schema, step: string | number): Schema[] {
  if (typeof step === 'number') return items === undefined ? [] : [items]
  const named = properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined
  if (named !== undefined) return [named]
  return typeof additionalProperties === 'object' ? [additionalProperties] : []
}

function alternatives(schema: Schema, value: unknown): Schema[] {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return choices.flatMap((choice) => alternatives(choice, value))
  const kind = schema.properties?.['kind']?.const
  const written = valueAt(value, 'kind')
  const isOther = kind !== undefined && typeof written === 'string' && written !== '' && written !== kind
  return isOther ? [] : [schema]
}
