import { uniformInt } from 'pure-rand/distribution/uniformInt'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/**
 * ListOps (Nangia & Bowman 2018) as Long Range Arena draws it: nested lists such as `[MAX 4 [MED 3 9 1 ] 0 ]`, each with
 * an operator over the digits in it, whose value is a digit again.
 *
 * Tokens are 0 for padding, 1 to 10 for the digits, then the four operators with their opening bracket, and `]`.
 */
export const PADDING = 0
const DIGIT = 1
export const OPERATORS = ['[MIN', '[MAX', '[MED', '[SM'] as const
export const OPERATOR = 11
export const END = OPERATOR + OPERATORS.length
/** Kinds of token, padding included. */
export const VOCABULARY = END + 1

/** What the generator draws. */
export interface ListopsSizes {
  /** A sequence has more tokens than this … */
  readonly minLength: number
  /** … and fewer than this. */
  readonly maxLength: number
  /** At this depth, counted from 1, there are only digits. */
  readonly maxDepth: number
  /** A list holds 2 to this many values. */
  readonly maxArgs: number
}

export interface Expression {
  readonly tokens: Uint8Array
  /** 0 to 9. */
  readonly value: number
}

/** A node below the deepest level is a list this often, as 32-bit draws: one in four. */
const LIST_BELOW = 2 ** 30

/**
 * Draws expressions until one has the length asked for, as LRA does.
 * @returns null after `attempts` without one
 */
export function drawExpression(
  random: RandomGenerator,
  sizes: ListopsSizes,
  attempts = Infinity,
): Expression | null {
  const drawing = new Drawing(random, sizes)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const value = drawing.start()
    if (value !== null && drawing.length > sizes.minLength) return { tokens: drawing.tokens(), value }
  }
  return null
}

/** One expression while it is drawn. */
class Drawing {
  readonly #tokens: Uint8Array
  length = 0

  constructor(
    private readonly random: RandomGenerator,
    private readonly sizes: ListopsSizes,
  ) {
    this.#tokens = new Uint8Array(sizes.maxLength)
  }

  /** The value of a new expression; null where it grew too long. */
  start(): number | null {
    this.length = 0
    const value = this.#node(1)
    return this.length < this.sizes.maxLength ? value : null
  }

  tokens(): Uint8Array {
    return this.#tokens.slice(0, this.length)
  }

  #node(depth: number): number {
    const { random, sizes } = this
    if (depth >= sizes.maxDepth || random.next() >>> 0 >= LIST_BELOW) {
      const digit = uniformInt(random, 0, 9)
      this.#add(DIGIT + digit)
      return digit
    }
    const count = uniformInt(random, 2, sizes.maxArgs)
    const operator = uniformInt(random, 0, OPERATORS.length - 1)
    this.#add(OPERATOR + operator)
    const values: number[] = []
    // What is too long already is not drawn to its end.
    while (values.length < count && this.length < sizes.maxLength) values.push(this.#node(depth + 1))
    this.#add(END)
    return valueOf(operator, values)
  }

  #add(token: number): void {
    if (this.length < this.sizes.maxLength) this.#tokens[this.length++] = token
  }
}

/** The median of an even number of digits is the mean of the middle two, rounded down; `[SM` is their sum modulo 10. */
function valueOf(operator: number, values: readonly number[]): number {
  switch (OPERATORS[operator]) {
    case '[MIN':
      return Math.min(...values)
    case '[MAX':
      return Math.max(...values)
    case '[MED': {
      const sorted = values.toSorted((a, b) => a - b)
      const middle = Math.floor(sorted.length / 2)
      const [below = 0, above = 0] = [sorted[middle - 1], sorted[middle]]
      return sorted.length % 2 === 1 ? above : Math.floor((below + above) / 2)
    }
    default:
      return values.reduce((sum, value) => sum + value, 0) % 10
  }
}

/** An expression as LRA writes it: every value after an operator closes one more round bracket. */
export function expressionText(tokens: Uint8Array): string {
  let at = 0
  const node = (): string => {
    const token = tokens[at++] ?? 0
    if (token < OPERATOR) return String(token - DIGIT)
    let text: string = OPERATORS[token - OPERATOR] ?? ''
    while (tokens[at] !== END) text = `( ${text} ${node()} )`
    at++
    return `( ${text} ] )`
  }
  return node()
}

const [SPACE, ROUND_OPEN, ROUND_CLOSE, ZERO, SQUARE_OPEN, SQUARE_CLOSE] = Array.from(' ()0[]', (sign) =>
  sign.charCodeAt(0),
) as [number, number, number, number, number, number]
const OPERATOR_BYTES = OPERATORS.map((name) => Buffer.from(name))

/**
 * Reads an expression in LRA's text, whose round brackets say nothing that the square ones do not.
 * @param into takes the tokens, where there is one
 * @returns how many tokens there are, or at which byte there is something else
 */
export function readExpression(
  text: Uint8Array,
  into: Int32Array | null,
): { readonly length: number } | { readonly wrongAt: number } {
  let length = 0
  let at = 0
  while (at < text.length) {
    let end = at
    while (end < text.length && text[end] !== SPACE) end++
    const first = text[at] ?? 0
    const isSingle = end === at + 1
    let token = -1
    if (isSingle && first >= ZERO && first <= ZERO + 9) token = DIGIT + first - ZERO
    else if (isSingle && first === SQUARE_CLOSE) token = END
    else if (first === SQUARE_OPEN) {
      const operator = OPERATOR_BYTES.findIndex((name) => name.equals(text.subarray(at, end)))
      if (operator >= 0) token = OPERATOR + operator
    }
    if (token >= 0) {
      if (into !== null && length < into.length) into[length] = token
      length++
    } else if (!(end === at || (isSingle && (first === ROUND_OPEN || first === ROUND_CLOSE)))) {
      return { wrongAt: at }
    }
    at = end + 1
  }
  return { length }
}
