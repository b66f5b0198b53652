import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { comparisonSchema } from '../../src-main/cli/comparison-document'
import {
  doctorSchema,
  dryRunSchema,
  runSchema,
  runsSchema,
  statusSchema,
  studyOfSchema,
  weightsSchema,
} from '../../src-main/cli/documents'
import { importSchema } from '../../src-main/cli/commands/import'
import { exportDocument } from '../../src-main/reports/export-schema'
import { asJson } from '../../src-main/cli/terminal'

const SCHEMAS = {
  run: runSchema,
  'dry-run': dryRunSchema,
  compare: comparisonSchema,
  status: statusSchema,
  runs: runsSchema,
  doctor: doctorSchema,
  export: exportDocument,
  import: importSchema,
  'export-weights': weightsSchema,
  'study-of': studyOfSchema,
}

const page = readFileSync(join(import.meta.dirname, '../../docs/json.md'), 'utf8')
const examples = new Map(
  [...page.matchAll(/```json (\S+)\n(.*?)```/gs)].map(([, name = '', text = '']) => [
    name,
    JSON.parse(text) as unknown,
  ]),
)

describe('docs/json.md', () => {
  it('shows a document of each kind', () => {
    expect([...examples.keys()].sort()).toEqual(Object.keys(SCHEMAS).sort())
  })

  it.each(Object.entries(SCHEMAS))(
    'shows %s exactly as the program prints it, no key more or less',
    (name, schema) => {
      expect(() => schema.parse(examples.get(name))).not.toThrow()
    },
  )
})

it('numbers that JSON has no word for are strings', () => {
  expect(JSON.parse(asJson({ a: NaN, b: [Infinity, -Infinity], c: -0, d: 1e-7 }))).toEqual({
    a: 'NaN',
    b: ['Infinity', '-Infinity'],
    c: 0,
    d: 1e-7,
  })
})
