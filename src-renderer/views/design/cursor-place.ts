import { isMap, isScalar, isSeq, parseDocument } from 'yaml'
import type { Node, Pair } from 'yaml'
import type { SchemaPath } from './study-schema'

/** Where in a study file a place of its text is, while the file is being written and often is no good YAML. */
export interface CursorPlace {
  /** Of the value, or of the mapping whose key is being written. */
  readonly path: SchemaPath
  readonly isKey: boolean
  /** The value could also become a mapping: it stands on a line below its key. */
  readonly mayBeKey: boolean
  /** Start of the word that is being written. */
  readonly from: number
  /** The file's values, without that word. */
  readonly values: unknown
  /** Keys that the mapping has already. */
  readonly taken: readonly string[]
}

/** Stands for the word at the cursor while the text is parsed; no study has such a key or value. */
const MARK = 'cursorplaceholder'

/** Null: within a comment, or where the text cannot be made sense of. */
export function placeAt(text: string, at: number): CursorPlace | null {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1
  if (/(^|\s)#/.test(text.slice(lineStart, at))) return null
  const from = at - (/[\w+.-]*$/.exec(text.slice(lineStart, at))?.[0].length ?? 0)
  const end = at + (/^[\w+.-]*/.exec(text.slice(at))?.[0].length ?? 0)
  const document = parseDocument(`${text.slice(0, from)}${MARK}${text.slice(end)}`, {
    logLevel: 'silent',
    strict: false,
    uniqueKeys: false,
  })
  const values: unknown = withoutErrors(() => withoutMark(document.toJS({ maxAliasCount: 50 })))
  return find(document.contents, [], from, values)
}

function find(node: unknown, path: SchemaPath, from: number, values: unknown): CursorPlace | null {
  const place = (
    isKey: boolean,
    mayBeKey: boolean,
    at: SchemaPath,
    taken: readonly string[] = [],
  ): CursorPlace => ({
    ...{ path: at, isKey, mayBeKey, from, values, taken },
  })
  if (isScalar(node)) return isMark(node) ? place(path.length === 0, true, path) : null
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const found = find(item, [...path, index], from, values)
      if (found !== null) return found
    }
    return null
  }
  if (!isMap(node)) return null
  const keys = node.items.map(keyOf).filter((key) => !key.includes(MARK))
  for (const pair of node.items) {
    if (isMark(pair.key)) return place(true, false, path, keys)
    const found = find(pair.value, [...path, keyOf(pair)], from, values)
    if (found === null) continue
    const isOwn = found.path.length === path.length + 1 && isScalar(pair.value)
    return isOwn ? { ...found, mayBeKey: !isInLine(pair) } : found
  }
  return null
}

const isMark = (node: unknown): boolean => isScalar(node) && String(node.value).includes(MARK)
const keyOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : '')

/** `key: value` on one line, as far as the source tells: the value begins right behind the key. */
function isInLine({ key, value }: Pair): boolean {
  const keyEnd = (key as Node | null)?.range?.[1] ?? 0
  const valueStart = (value as Node | null)?.range?.[0] ?? 0
  return valueStart - keyEnd <= 2
}

function withoutMark(value: unknown): unknown {
  if (typeof value === 'string') return value.includes(MARK) ? '' : value
  if (Array.isArray(value)) return value.map(withoutMark)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutMark(each)]))
}

function withoutErrors<T>(work: () => T): T | null {
  try {
    return work()
  } catch {
    return null
  }
}
