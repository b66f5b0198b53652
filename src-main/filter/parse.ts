import { InputError } from '../errors'
import { FIELDS, FLAG_WORDS, JOINERS, NONE, OPERATORS_OF, STATE_WORDS, fieldNamed } from './language'
import type { Filter, Operator } from './language'
import { FilterError, tokenise } from './tokens'
import type { Token } from './tokens'

/** Brackets nest by recursion, which this bounds. */
const LONGEST = 2_000
/** Whoever reads a filter recurses into it; nobody writes one of half this depth. */
const DEEPEST = 100
const DATE = /^\d{4}(-\d{2}(-\d{2}(T\d{2}(:\d{2}(:\d{2}(\.\d{1,3})?)?)?)?)?)?Z?$/

/**
 * @param field what the source is called in messages
 * @throws {FilterError} with the column, what was found and what was expected
 */
export function parseFilter(source: string, field = 'filter'): Filter {
  if (source.length > LONGEST) {
    throw new InputError(`found ${source.length} characters, expected at most ${LONGEST}`, { field })
  }
  return new Parser(source, field).whole()
}

class Parser {
  private readonly tokens: readonly Token[]
  private position = 0

  constructor(
    private readonly source: string,
    private readonly field: string,
  ) {
    this.tokens = tokenise(source, field)
  }

  whole(): Filter {
    const filter = this.either()
    if (this.next.kind !== 'end') throw this.unexpected("'and', 'or' or the end")
    if (depthOf(filter) > DEEPEST) {
      throw new InputError(`found more than ${DEEPEST} conditions inside one another`, { field: this.field })
    }
    return filter
  }

  /** either = both { "or" both } */
  private either(): Filter {
    const parts = [this.both()]
    while (this.takeWord('or')) parts.push(this.both())
    return parts.length === 1 ? parts[0]! : { kind: 'any', parts: flat('any', parts) }
  }

  /** both = term { "and" term } */
  private both(): Filter {
    const parts = [this.term()]
    while (this.takeWord('and')) parts.push(this.term())
    return parts.length === 1 ? parts[0]! : { kind: 'all', parts: flat('all', parts) }
  }

  /** term = "not" term | "(" either ")" | field operator value | word { word } */
  private term(): Filter {
    if (this.takeWord('not')) {
      const part = this.term()
      return part.kind === 'not' ? part.part : { kind: 'not', part }
    }
    if (this.takeBracket('(')) {
      const inner = this.either()
      if (!this.takeBracket(')')) throw this.unexpected("')'")
      return inner
    }
    return this.isSearched ? this.words() : this.comparison()
  }

  private words(): Filter {
    const words: string[] = []
    while (this.isSearched) {
      words.push(this.next.text)
      this.position++
    }
    return { kind: 'words', words }
  }

  /** A word to look for: quoted, or the name of nothing; what an operator follows was meant as a field. */
  private get isSearched(): boolean {
    const { kind, text } = this.next
    if (this.tokens[this.position + 1]?.kind === 'operator') return false
    const isName = fieldNamed(text) !== undefined || JOINERS.includes(text.toLowerCase())
    return kind === 'text' || (kind === 'word' && !isName)
  }

  private comparison(): Filter {
    const name = this.next.kind === 'word' ? fieldNamed(this.next.text) : undefined
    if (name === undefined) throw this.unexpected(`a field (${Object.keys(FIELDS).join(', ')})`)
    this.position++
    const { kind } = FIELDS[name]!
    const operators = OPERATORS_OF[kind]
    const operator = operators.find((known) => this.next.kind === 'operator' && this.next.text === known)
    if (operator === undefined) throw this.unexpected(`an operator (${operators.join(' ')})`)
    this.position++
    const value = this.next
    if (value.kind !== 'word' && value.kind !== 'text') throw this.unexpected('a value')
    const isNone = value.kind === 'word' && value.text === NONE
    if (isNone && (operator === '=' || operator === '!=')) {
      this.position++
      return { kind: 'missing', field: name, missing: operator === '=' }
    }
    this.checkValue(kind, operator, value.text)
    this.position++
    return { kind: 'comparison', field: name, operator, value: value.text }
  }

  private checkValue(kind: (typeof FIELDS)[string]['kind'], operator: Operator, value: string): void {
    if (operator === '~' || operator === '!~') return
    if (kind === 'state' && !STATE_WORDS.includes(value))
      throw this.unexpected(`a state (${STATE_WORDS.join(', ')})`)
    if (kind === 'flag' && !FLAG_WORDS.includes(value)) throw this.unexpected("'yes' or 'no'")
    if (kind === 'number' && (value.trim() === '' || Number.isNaN(Number(value))))
      throw this.unexpected('a number')
    if (kind === 'date' && !DATE.test(value)) throw this.unexpected('a date such as 2026-11-23')
  }

  private takeBracket(bracket: '(' | ')'): boolean {
    if (this.next.kind !== 'bracket' || this.next.text !== bracket) return false
    this.position++
    return true
  }

  private takeWord(word: string): boolean {
    if (this.next.kind !== 'word' || this.next.text.toLowerCase() !== word) return false
    this.position++
    return true
  }

  private get next(): Token {
    const end = this.source.length
    return this.tokens[this.position] ?? { kind: 'end', text: '', from: end, to: end }
  }

  private unexpected(expected: string): FilterError {
    const { kind, text, from, to } = this.next
    const found = kind === 'end' ? 'the end' : `'${text}'`
    return new FilterError(`found ${found}, expected ${expected}`, this.field, from, to)
  }
}

const flat = (kind: 'all' | 'any', parts: readonly Filter[]): Filter[] =>
  parts.flatMap((part) => (part.kind === kind ? part.parts : [part]))

function depthOf(filter: Filter): number {
  if (filter.kind === 'not') return 1 + depthOf(filter.part)
  if (filter.kind === 'all' || filter.kind === 'any') return 1 + Math.max(...filter.parts.map(depthOf))
  return 1
}
