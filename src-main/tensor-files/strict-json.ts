/**
 * JSON as a file format needs it: stricter than `JSON.parse`, which keeps the last of two equal keys, rounds large
 * integers in silence and accepts half of a surrogate pair. Objects become Maps, so that no key ("__proto__") is
 * special; numbers keep their text, so that the reader decides what a whole number is.
 */

export class JsonNumber {
  constructor(readonly text: string) {}
}

export type StrictJson = string | boolean | null | JsonNumber | StrictJson[] | Map<string, StrictJson>

/** Nesting that no honest file needs; the reference reader of safetensors stops at the same depth. */
const MAX_DEPTH = 127
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORDS = { true: true, false: false, null: null }

/** @throws SyntaxError naming the position (in UTF-16 units) and what was wrong there. */
export function parseStrictJson(text: string): StrictJson {
  const parser = new Parser(text)
  return parser.document()
}

class Parser {
  private at = 0

  constructor(private readonly text: string) {}

  document(): StrictJson {
    const value = this.value(0)
    this.skipBlanks()
    if (this.at < this.text.length) throw this.wrong('something follows the value')
    return value
  }

  private value(depth: number): StrictJson {
    if (depth > MAX_DEPTH) throw this.wrong(`nesting deeper than ${MAX_DEPTH}`)
    this.skipBlanks()
    const first = this.text[this.at]
    if (first === '{') return this.object(depth)
    if (first === '[') return this.array(depth)
    if (first === '"') return this.string()
    for (const [word, value] of Object.entries(WORDS)) {
      if (!this.text.startsWith(word, this.at)) continue
      this.at += word.length
      return value
    }
    return this.number()
  }

  private object(depth: number): Map<string, StrictJson> {
    const members = new Map<string, StrictJson>()
    this.at++
    if (this.took('}')) return members
    do {
      this.skipBlanks()
      const start = this.at
      const key = this.string()
      if (members.has(key)) throw this.wrong(`the key ${JSON.stringify(key)} appears twice`, start)
      if (!this.took(':')) throw this.wrong('":" expected')
      members.set(key, this.value(depth + 1))
    } while (this.took(','))
    if (!this.took('}')) throw this.wrong('"," or "}" expected')
    return members
  }

  private array(depth: number): StrictJson[] {
    const items: StrictJson[] = []
    this.at++
    if (this.took(']')) return items
    do items.push(this.value(depth + 1))
    while (this.took(','))
    if (!this.took(']')) throw this.wrong('"," or "]" expected')
    return items
  }

  private string(): string {
    const start = this.at
    if (this.text[start] !== '"') throw this.wrong('a string expected')
    let end = start + 1
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === '\\' ? 2 : 1
    if (end >= this.text.length) throw this.wrong('a string without end', start)
    this.at = end + 1
    const raw = this.text.slice(start, this.at)
    let value: string
    try {
      value = JSON.parse(raw) as string
    } catch {
      throw this.wrong('a string with a bad escape or a control character', start)
    }
    if (/\p{Surrogate}/u.test(value)) throw this.wrong('a string with half of a surrogate pair', start)
    return value
  }

  private number(): JsonNumber {
    NUMBER.lastIndex = this.at
    const found = NUMBER.exec(this.text)?.[0]
    if (found === undefined) throw this.wrong('a value expected')
    this.at += found.length
    return new JsonNumber(found)
  }

  private took(sign: string): boolean {
    this.skipBlanks()
    if (this.text[this.at] !== sign) return false
    this.at++
    return true
  }

  private skipBlanks(): void {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'end')) this.at++
  }

  private wrong(problem: string, at = this.at): SyntaxError {
    return new SyntaxError(`${problem} at character ${at}`)
  }
}
