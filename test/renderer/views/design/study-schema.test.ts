import { describe, expect, it } from 'vitest'
import { optionsAt } from '../../../../src-renderer/views/design/study-schema'
import type { Schema } from '../../../../src-renderer/views/design/study-schema'

const whole: Schema = { type: 'integer' }
const text: Schema = { type: 'string' }
const root: Schema = {
  properties: {
    model: {
      anyOf: [
        text,
        { properties: { path: text, layers: whole } },
        { properties: { installed: text, layers: whole } },
        { properties: { kind: { const: 'gpt2' }, layers: whole, width: whole, heads: whole } },
      ],
    },
  },
}
const optionsOf = (model: unknown): string[] => [...optionsAt(root, ['model'], { model }).keys()]

describe('optionsAt', () => {
  it('offers each option once, of the alternative that the file has chosen by its keys', () => {
    expect(optionsOf({ kind: 'gpt2', layers: 2 })).toEqual(['kind', 'layers', 'width', 'heads'])
    expect(optionsOf({ installed: 'minilm-l6' })).toEqual(['installed', 'layers'])
  })

  it('offers those of all alternatives, once each, where the file fits none', () => {
    expect(optionsOf({ depth: 3 })).toEqual(['path', 'layers', 'installed', 'kind', 'width', 'heads'])
  })
})
