import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { installation } from '../../src-main/installation'
import { studyJsonSchema } from '../../src-main/study/schema'
import { NAMED_SETTINGS } from '../../src-main/study/settings'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly const?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMaximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
}

const manual = readFileSync(join(installation.root, 'docs/study-file.md'), 'utf8')
const schema = studyJsonSchema() as Schema

/** Every key of a mapping, with the row that the manual has for it. */
function rowsOf(mapping: Schema): string[] {
  return Object.entries(mapping.properties ?? {}).map(([key, value]) => {
    const fallback =
      value.default === undefined ? '' : `\`${JSON.stringify(value.default).replaceAll('"', '')}\``
    return `| \`${key}\` | ${rangeOf(value)} | ${fallback} | ${value.description ?? ''} |`
  })
}

function rangeOf(value: Schema): string {
  if (value.const !== undefined) return `\`${value.const}\``
  if (value.enum) return value.enum.map((word) => `\`${String(word)}\``).join(', ')
  const choices = value.anyOf ?? value.oneOf
  if (choices) return [...new Set(choices.map(rangeOf).filter((range) => range !== 'null'))].join(' or ')
  if (value.type === 'array') return 'list'
  if (value.type === 'object') return 'mapping'
  if (value.type === 'integer' || value.type === 'number') {
    const kind = value.type === 'integer' ? 'whole, ' : ''
    const end =
      value.exclusiveMaximum === undefined ? `to ${value.maximum}` : `to below ${value.exclusiveMaximum}`
    return `${kind}${value.minimum} ${end}`
  }
  return value.type === 'string' ? 'text' : (value.type ?? '')
}

/** All mappings of the file that have keys of their own. */
function mappingsOf(value: Schema): Schema[] {
  const inner = [
    ...Object.values(value.properties ?? {}),
    value.items,
    ...(value.anyOf ?? []),
    ...(value.oneOf ?? []),
  ]
  const below = inner.flatMap((each) => (each === undefined ? [] : mappingsOf(each)))
  return value.properties === undefined ? below : [value, ...below]
}

const rows = [...new Set(mappingsOf(schema).flatMap(rowsOf))]

describe('the manual of the study file', () => {
  it.each(rows)('has the row %s', (row) => {
    const squeezed = manual.replace(/ +/g, ' ')
    expect(squeezed).toContain(row.replace(/ +/g, ' '))
  })

  it.each(NAMED_SETTINGS.map(({ name }) => name))('explains the setting %s', (name) => {
    expect(manual).toContain(`\`${name}\``)
  })
})

describe('the schema for editors', () => {
  it('knows every key, and refuses others', () => {
    expect(schema.properties).toHaveProperty('learning_rates')
    for (const mapping of mappingsOf(schema)) expect(mapping).toHaveProperty('additionalProperties', false)
  })
})
