import { FIELDS, FLAG_WORDS, JOINERS, NONE, OPERATORS_OF, STATE_WORDS, fieldNamed } from './language'
import { printValue } from './print'
import { tokenise } from './tokens'
import type { Token } from './tokens'

/** What may stand at the cursor. */
export interface Completion {
  /** The part of the source that an option takes the place of. */
  readonly from: number
  readonly to: number
  readonly options: readonly CompletionOption[]
}

export interface CompletionOption {
  readonly text: string
  readonly about: string
  readonly kind: 'field' | 'operator' | 'value' | 'joiner'
}

/** Values that are there, by the name of their field. */
export type Vocabulary = Readonly<Record<string, readonly string[]>>

const OPTIONS_AT_MOST = 40
const SAID: Readonly<Record<string, string>> = {
  '=': 'is',
  '!=': 'is not',
  '<': 'below',
  '<=': 'at most',
  '>': 'above',
  '>=': 'at least',
  '~': 'contains',
  '!~': 'does not contain',
}

/** What a user who has typed `source` up to `cursor` may go on with, best first. */
export function completeFilter(source: string, cursor: number, vocabulary: Vocabulary): Completion {
  const before = tokensBefore(source, cursor)
  const last = before.at(-1)
  const isTyping = last !== undefined && last.to === cursor && last.kind !== 'bracket'
  const typed = isTyping && last.kind !== 'operator' ? last : null
  const settled = typed === null ? before : before.slice(0, -1)
  const from = typed?.from ?? cursor
  const options = optionsAfter(settled, vocabulary)
  return { from, to: cursor, options: fitting(options, typed?.text ?? '').slice(0, OPTIONS_AT_MOST) }
}

/** An open quote reaches to the cursor; a sign of no meaning ends what can be understood. */
function tokensBefore(source: string, cursor: number): Token[] {
  const head = source.slice(0, cursor)
  for (const closed of [head, `${head}'`, `${head}"`]) {
    try {
      return tokenise(closed, 'filter').map((token) => ({ ...token, to: Math.min(token.to, cursor) }))
    } catch {
      continue
    }
  }
  return []
}

function optionsAfter(tokens: readonly Token[], vocabulary: Vocabulary): CompletionOption[] {
  const last = tokens.at(-1)
  const field = last?.kind === 'operator' ? fieldNamed(tokens.at(-2)?.text ?? '') : undefined
  if (field !== undefined) return valuesOf(field, vocabulary)
  if (last === undefined || last.text === '(') return STARTS
  const isJoiner = last.kind === 'word' && JOINERS.includes(last.text.toLowerCase())
  if (isJoiner && !isValue(tokens)) return STARTS
  const named = last.kind === 'word' && !isValue(tokens) ? fieldNamed(last.text) : undefined
  if (named === undefined) return ENDS
  return OPERATORS_OF[FIELDS[named]!.kind].map((text) => ({ text, about: SAID[text]!, kind: 'operator' }))
}

/** The last token stands after an operator. */
const isValue = (tokens: readonly Token[]): boolean => tokens.at(-2)?.kind === 'operator'

const STARTS: CompletionOption[] = [
  ...Object.entries(FIELDS).map(([text, { about }]) => ({ text, about, kind: 'field' as const })),
  { text: 'not', about: 'the opposite', kind: 'joiner' },
]

const ENDS: CompletionOption[] = [
  { text: 'and', about: 'both', kind: 'joiner' },
  { text: 'or', about: 'one of them', kind: 'joiner' },
]

function valuesOf(field: string, vocabulary: Vocabulary): CompletionOption[] {
  const { kind } = FIELDS[field]!
  const known = { state: STATE_WORDS, flag: FLAG_WORDS, text: null, tags: null, number: null, date: null }[
    kind
  ]
  const values = (known ?? vocabulary[field] ?? []).map((value) => ({
    text: printValue(value),
    about: '',
    kind: 'value' as const,
  }))
  return [...values, { text: NONE, about: 'it has none', kind: 'value' }]
}

/** Those that start with what is typed, then those that hold it. */
function fitting(options: readonly CompletionOption[], typed: string): CompletionOption[] {
  const wanted = typed.toLowerCase()
  const at = ({ text }: CompletionOption): number => text.toLowerCase().replace(/^'/, '').indexOf(wanted)
  return [...options.filter((option) => at(option) === 0), ...options.filter((option) => at(option) > 0)]
}
