import { InputError } from '../errors'
import { METRICS, RUN_STATES, isComplete } from '../run'
import type { RunRecord } from '../run'

/**
 * The language of `--filter`: comparisons of a run's fields, joined by `and`, `or`, `not` and brackets.
 *
 *   lr < 1e-4 and state = finished and setting ~ frozen
 *   (seed = 0 or seed = 1) and not state = complete and val/accuracy >= 0.9
 *
 * `~` asks whether the text contains the other, whatever the case. Text needs quotes only when it holds spaces,
 * brackets or operators. A comparison with a value that the run does not have (a score before its end) is false.
 */
export type RunFilter = (run: RunRecord) => boolean

/** Brackets nest by recursion, which this bounds. */
const LONGEST = 2_000

/** @throws {InputError} with the column, what was found and what was expected */
export function parseFilter(source: string): RunFilter {
  if (source.length > LONGEST) {
    throw new InputError(`found ${source.length} characters, expected at most ${LONGEST}`, {
      field: '--filter',
    })
  }
  const parser = new Parser(source)
  const filter = parser.expression()
  parser.expectEnd()
  return filter
}

const TEXTS: Readonly<Record<string, (run: RunRecord) => string | null>> = {
  id: (run) => run.id,
  study: (run) => run.study,
  task: (run) => run.task,
  model: (run) => run.model,
  setting: (run) => run.setting,
  state: (run) => run.state,
  in_plan: (run) => (run.inPlan ? 'yes' : 'no'),
  reason: (run) => run.reason,
  started_at: (run) => run.startedAt,
  finished_at: (run) => run.finishedAt,
}

const NUMBERS: Readonly<Record<string, (run: RunRecord) => number | null>> = {
  lr: (run) => run.learningRate,
  learning_rate: (run) => run.learningRate,
  seed: (run) => run.seed,
  steps: (run) => run.steps,
  best_step: (run) => run.bestStep,
  parameters_trained: (run) => run.parametersTrained,
  ...Object.fromEntries(METRICS.map((metric) => [metric, (run: RunRecord) => run.summary[metric] ?? null])),
}

const OPERATORS = ['<=', '>=', '!=', '!~', '=', '<', '>', '~'] as const
type Operator = (typeof OPERATORS)[number]

interface Token {
  readonly kind: 'word' | 'text' | 'operator' | 'bracket' | 'end'
  readonly text: string
  /** 1-based. */
  readonly column: number
}

class Parser {
  private readonly tokens: readonly Token[]
  private position = 0

  constructor(private readonly source: string) {
    this.tokens = tokenise(source)
  }

  /** expression = conjunction { "or" conjunction } */
  expression(): RunFilter {
    const first = this.conjunction()
    if (!this.takeWord('or')) return first
    const rest = this.expression()
    return (run) => first(run) || rest(run)
  }

  expectEnd(): void {
    if (this.next.kind !== 'end') throw this.unexpected("'and', 'or' or the end")
  }

  /** conjunction = term { "and" term } */
  private conjunction(): RunFilter {
    const first = this.term()
    if (!this.takeWord('and')) return first
    const rest = this.conjunction()
    return (run) => first(run) && rest(run)
  }

  /** term = "not" term | "(" expression ")" | field operator value */
  private term(): RunFilter {
    if (this.takeWord('not')) {
      const inner = this.term()
      return (run) => !inner(run)
    }
    if (this.next.kind === 'bracket' && this.next.text === '(') {
      this.position++
      const inner = this.expression()
      this.close()
      return inner
    }
    return this.comparison()
  }

  private comparison(): RunFilter {
    const field = this.next.kind === 'word' ? this.next.text : ''
    const text = Object.hasOwn(TEXTS, field) ? TEXTS[field] : undefined
    const number = Object.hasOwn(NUMBERS, field) ? NUMBERS[field] : undefined
    if (!text && !number)
      throw this.unexpected(`a field (${[...Object.keys(TEXTS), ...Object.keys(NUMBERS)].join(', ')})`)
    this.position++
    const operator = OPERATORS.find((known) => this.next.kind === 'operator' && this.next.text === known)
    if (operator === undefined) throw this.unexpected(`an operator (${OPERATORS.join(' ')})`)
    this.position++
    const value = this.next
    if (value.kind !== 'word' && value.kind !== 'text') throw this.unexpected('a value')
    if (field === 'state') return this.stateComparison(operator, value)
    if (number && !/~/.test(operator) && Number.isNaN(Number(value.text))) throw this.unexpected('a number')
    this.position++
    const read = text ?? number
    return (run) => holds(read?.(run) ?? null, operator, value.text)
  }

  private stateComparison(operator: Operator, value: Token): RunFilter {
    const states: readonly string[] = [...RUN_STATES, 'complete']
    if ((operator === '=' || operator === '!=') && !states.includes(value.text)) {
      throw this.unexpected(`a state (${states.join(', ')})`)
    }
    this.position++
    if (value.text !== 'complete') return (run) => holds(run.state, operator, value.text)
    return (run) => isComplete(run.state) === (operator === '=')
  }

  private close(): void {
    if (this.next.text !== ')') throw this.unexpected("')'")
    this.position++
  }

  private takeWord(word: string): boolean {
    if (this.next.kind !== 'word' || this.next.text.toLowerCase() !== word) return false
    this.position++
    return true
  }

  private get next(): Token {
    return this.tokens[this.position] ?? { kind: 'end', text: '', column: this.source.length + 1 }
  }

  private unexpected(expected: string): InputError {
    const found = this.next.kind === 'end' ? 'the end' : `'${this.next.text}'`
    return new InputError(`column ${this.next.column}: found ${found}, expected ${expected}`, {
      field: '--filter',
    })
  }
}

function holds(actual: string | number | null, operator: Operator, wanted: string): boolean {
  if (actual === null) return false
  if (operator === '~' || operator === '!~') {
    return String(actual).toLowerCase().includes(wanted.toLowerCase()) === (operator === '~')
  }
  const order =
    typeof actual === 'number' ? actual - Number(wanted) : actual < wanted ? -1 : Number(actual > wanted)
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

function tokenise(source: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < source.length) {
    const rest = source.slice(at)
    const column = at + 1
    const operator = OPERATORS.find((known) => rest.startsWith(known))
    const quote = rest[0] === '"' || rest[0] === "'" ? rest[0] : null
    if (rest[0] === ' ' || rest[0] === '\t') at++
    else if (rest[0] === '(' || rest[0] === ')') {
      tokens.push({ kind: 'bracket', text: rest[0], column })
      at++
    } else if (operator !== undefined) {
      tokens.push({ kind: 'operator', text: operator, column })
      at += operator.length
    } else if (quote !== null) {
      const end = rest.indexOf(quote, 1)
      if (end < 0) throw new InputError(`column ${column}: the quote is not closed`, { field: '--filter' })
      tokens.push({ kind: 'text', text: rest.slice(1, end), column })
      at += end + 1
    } else {
      const word = /^[^\s()<>=!~"']+/.exec(rest)?.[0]
      if (word === undefined) {
        const found = `column ${column}: found '${rest[0]}', expected a field, a value or an operator`
        throw new InputError(found, { field: '--filter' })
      }
      tokens.push({ kind: 'word', text: word, column })
      at += word.length
    }
  }
  return tokens
}
