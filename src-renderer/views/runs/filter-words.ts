import { completeFilter } from '../../../src-main/filter/complete'
import type { Vocabulary } from '../../../src-main/filter/complete'
import { FIELDS, OPERATORS_OF, fieldNamed } from '../../../src-main/filter/language'
import { parseFilter } from '../../../src-main/filter/parse'
import { FilterError } from '../../../src-main/filter/tokens'
import type { Explain, Suggest, TextProblem } from '../../components/editor/editor-words'

/** The filter language in the editor's words. */

/** What is wrong with a filter, at its place; null for one that can be read, and for none. */
export function filterProblem(source: string): TextProblem | null {
  if (source.trim() === '') return null
  try {
    parseFilter(source)
    return null
  } catch (error) {
    const message = sayShort(error instanceof Error ? error.message : String(error))
    if (!(error instanceof FilterError)) return { message, from: 0, to: source.length }
    // At the end there is no letter to mark but the last.
    const from = Math.min(error.from, source.length - 1)
    return { message, from, to: Math.max(error.to, from + 1) }
  }
}

/** The list of all fields is what completion is for. */
const sayShort = (message: string): string =>
  message.replace(/^filter: /, '').replace(/expected a field \(.*\)/, 'expected a field')

const KINDS = { field: 'name', operator: 'operator', value: 'value', joiner: 'key' } as const

export const suggestFilter =
  (vocabulary: Vocabulary): Suggest =>
  (text, at) => {
    const { from, options } = completeFilter(text, at, vocabulary)
    if (options.length === 0) return null
    return {
      from,
      options: options.map(({ text: label, about, kind }, i) => ({
        label,
        insert: `${label} `,
        detail: about,
        kind: KINDS[kind],
        rank: options.length - i,
        more: true,
      })),
    }
  }

/** What the field under the pointer is, and what it takes. */
export const explainFilter: Explain = (text, at) => {
  for (const { 0: word, index } of text.matchAll(/[^\s()<>=!~"']+/g)) {
    const name = fieldNamed(word)
    if (name === undefined || at < index || at > index + word.length) continue
    const { about, kind } = FIELDS[name]!
    return {
      from: index,
      to: index + word.length,
      title: name,
      lines: [about, `takes ${OPERATORS_OF[kind].join('  ')}`],
    }
  }
  return null
}
