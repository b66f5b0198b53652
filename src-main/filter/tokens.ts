import { InputError } from '../errors'
import { OPERATORS } from './language'

export interface Token {
  readonly kind: 'word' | 'text' | 'operator' | 'bracket' | 'end'
  /** Without its quotes. */
  readonly text: string
  /** Where it starts and ends in the source, counted from 0; the end is not part of it. */
  readonly from: number
  readonly to: number
}

/** A filter that cannot be read, and the place in it. */
export class FilterError extends InputError {
  constructor(
    problem: string,
    field: string,
    /** Counted from 0; the end is not part of it. */
    readonly from: number,
    readonly to: number,
  ) {
    super(`column ${from + 1}: ${problem}`, { field })
  }
}

const WORD = /[^\s()<>=!~"']+/y

/** @throws {FilterError} for a quote that is not closed, and for signs that are none of the language */
export function tokenise(source: string, field: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (kind: Token['kind'], text: string, length: number): void => {
    tokens.push({ kind, text, from: at, to: at + length })
    at += length
  }
  while (at < source.length) {
    const sign = source[at]!
    const operator = OPERATORS.find((known) => source.startsWith(known, at))
    WORD.lastIndex = at
    if (/\s/.test(sign)) at++
    else if (sign === '(' || sign === ')') take('bracket', sign, 1)
    else if (operator !== undefined) take('operator', operator, operator.length)
    else if (sign === '"' || sign === "'") {
      const quoted = readQuoted(source, at)
      if (quoted === null) throw new FilterError('the quote is not closed', field, at, source.length)
      take('text', quoted.text, quoted.length)
    } else {
      const word = WORD.exec(source)?.[0]
      if (word === undefined) {
        throw new FilterError(`found '${sign}', expected a field, a value or an operator`, field, at, at + 1)
      }
      take('word', word, word.length)
    }
  }
  return tokens
}

/** A quote doubled inside quotes stands for itself. Null: the quote is not closed. */
function readQuoted(source: string, from: number): { text: string; length: number } | null {
  const quote = source[from]!
  let text = ''
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] !== quote) text += source[at]!
    else if (source[at + 1] === quote) text += source[at++]!
    else return { text, length: at + 1 - from }
  }
  return null
}
