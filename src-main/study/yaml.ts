import { Composer, CST, Document, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml'
import { InputError, InputErrors } from '../errors'

/**
 * YAML for files that people hand around: the core schema of YAML 1.2, without what makes YAML dangerous or
 * surprising. No tags, no merge keys, no directives, one document, string keys, each key once. The bounds below are
 * checked while reading, before anything is expanded, so that no file takes longer than a second.
 */
export const LARGEST_BYTES = 1_000_000
const DEEPEST = 64
const MOST_ALIASES = 50
const MOST_TOKENS = 20_000

/** Steps from the root of a document to a value. */
export type Path = readonly PropertyKey[]

export interface YamlText {
  /** Mappings are plain objects without inherited keys, never with a key `__proto__`. */
  readonly value: unknown
  /** Keys that were refused, and so are not in `value`. */
  readonly problems: readonly InputError[]
  /** 1-based line of the key (or list entry) at the path, or of the nearest thing around it. */
  lineOf(path: Path): number
}

/** @throws {InputError} with the line, where the text is no YAML that could be read any further. */
export function parseYaml(text: string, file?: string): YamlText {
  const lines = new LineCounter()
  const document = composeYaml(text, file, lines)
  const lineAt = (offset: number): number => lines.linePos(offset).line
  return {
    ...plain(document, lineAt, file),
    lineOf: (path) => lineAt(offsetOf(document, path)),
  }
}

/** The document itself, within the same bounds, for edits that keep its comments. */
export function composeYaml(text: string, file?: string, lines: LineCounter = new LineCounter()): Document {
  checkCharacters(text, file)
  // Duplicate keys are found in plain(), in linear time.
  const composer = new Composer({
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    version: '1.2',
  })
  const documents = [...composer.compose(tokensOf(text, lines, file), true, text.length)]
  const document = documents[0]
  if (document === undefined || documents.length > 1) {
    const line = lines.linePos(documents[1]?.range[0] ?? 0).line
    throw new InputError('found a second document, expected one only', { file, line })
  }
  const problems = [...document.errors, ...document.warnings].map(
    ({ message, pos }) => new InputError(`not YAML: ${message}`, { file, line: lines.linePos(pos[0]).line }),
  )
  if (problems.length === 1 && problems[0]) throw problems[0]
  if (problems.length > 1) throw new InputErrors(problems.slice(0, 20))
  return document
}

function checkCharacters(text: string, file: string | undefined): void {
  const bytes = Buffer.byteLength(text)
  if (bytes > LARGEST_BYTES) {
    throw new InputError(`found ${bytes} bytes, expected at most ${LARGEST_BYTES}`, { file })
  }
  const control = /[^\P{Cc}\t\n\r]|\p{Cs}/u.exec(text)
  if (control === null) return
  const code = control[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  const line = text.slice(0, control.index).split('\n').length
  throw new InputError(`found the character U+${code}, expected text`, { file, line })
}

function* tokensOf(text: string, lines: LineCounter, file: string | undefined): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine)
  let [offset, tokens, aliases] = [0, 0, 0]
  let previous: string | null = null
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    // What follows a SCALAR mark is text, whatever it looks like.
    const kind = previous === CST.SCALAR ? 'text' : CST.tokenType(lexeme)
    previous = lexeme
    const refuse = (problem: string): never => {
      throw new InputError(problem, { file, line: lines.linePos(offset).line })
    }
    if (++tokens > MOST_TOKENS) refuse(`found more than ${MOST_TOKENS} YAML tokens, expected a study`)
    if (kind === 'tag') refuse(`found the tag ${lexeme}, expected none`)
    if (kind === 'directive-line') refuse(`found the directive ${lexeme}, expected none`)
    if (kind === 'alias' && ++aliases > MOST_ALIASES) refuse(`found more than ${MOST_ALIASES} aliases`)
    yield* parser.next(lexeme)
    if (parser.stack.length > DEEPEST + 2) refuse(`nested more than ${DEEPEST} deep`)
    if (lexeme !== CST.DOCUMENT && lexeme !== CST.FLOW_END && lexeme !== CST.SCALAR) offset += lexeme.length
  }
  yield* parser.end()
}

/** The values alone. Aliases are expanded; the bounds on them and on depth keep that small. */
function plain(
  document: Document,
  lineAt: (offset: number) => number,
  file: string | undefined,
): Pick<YamlText, 'value' | 'problems'> {
  const problems: InputError[] = []
  let values = 0

  const at = (node: unknown): number => lineAt(rangeStart(node) ?? 0)
  const convert = (node: unknown, path: string, depth: number): unknown => {
    if (++values > MOST_TOKENS || depth > DEEPEST) {
      throw new InputError('aliases expand to too much', { file, line: at(node) })
    }
    if (isAlias(node)) {
      const target = node.resolve(document)
      if (target !== undefined) return convert(target, path, depth + 1)
      throw new InputError(`no anchor for the alias *${node.source}`, { file, line: at(node), field: path })
    }
    if (isSeq(node)) return node.items.map((item, i) => convert(item, join(path, i), depth + 1))
    if (!isMap(node)) return isScalar(node) ? node.value : null
    const object: Record<string, unknown> = {}
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.source ?? key.value) : null
      const problem = keyProblem(name, object)
      if (name === null || problem !== null) {
        problems.push(
          new InputError(problem ?? '', { file, line: at(key ?? value), field: path || undefined }),
        )
      } else object[name] = convert(value, join(path, name), depth + 1)
    }
    return object
  }

  return { value: convert(document.contents, '', 0), problems }
}

function keyProblem(name: string | null, object: Record<string, unknown>): string | null {
  if (name === null) return 'found a list or mapping as a key, expected a word'
  if (name === '__proto__') return 'the key __proto__ is refused'
  if (name === '<<') return 'merge keys (<<) are refused, expected the keys themselves'
  if (Object.hasOwn(object, name)) return `the key ${name} is there twice`
  return null
}

function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents
  let offset = rangeStart(node) ?? 0
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isSeq(node)) node = node.items[Number(step)]
    else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.source ?? key.value) === step)
      offset = rangeStart(pair?.key) ?? offset
      node = pair?.value
      continue
    } else return offset
    offset = rangeStart(node) ?? offset
  }
  return offset
}

function rangeStart(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined
}

const join = (path: string, step: string | number): string => (path === '' ? String(step) : `${path}.${step}`)
