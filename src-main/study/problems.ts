import { closest, distance } from 'fastest-levenshtein'
import type { z } from 'zod'
import { formatRate } from './rates'
import type { Path } from './yaml'

/** Something wrong with a study, before it is known in which file and line. */
export interface Problem {
  readonly path: Path
  readonly problem: string
}

type Issue = z.core.$ZodIssue

/** Sentences "found …, expected …" for what zod refused; the phrases after "expected" come from the schema itself. */
export function problemsOf(error: z.ZodError, input: unknown): Problem[] {
  const problems = error.issues.flatMap((issue) => explain(issue, [], input))
  // A number may break two rules of one sentence.
  const sentences = problems.map(({ path, problem }) => `${path.join('.')}: ${problem}`)
  return problems.filter((_, i) => sentences.indexOf(sentences[i] ?? '') === i)
}

/** "; did you mean x?" when one of the words is near enough to be a slip of the pen. */
export function suggestion(word: string, words: readonly string[]): string {
  if (words.length === 0) return ''
  const nearest = closest(word.toLowerCase(), [...words])
  const near = distance(word.toLowerCase(), nearest.toLowerCase()) <= Math.ceil(nearest.length / 3)
  return near && nearest !== word ? `; did you mean ${nearest}?` : ''
}

/** A value as an error shows it: short, on one line, its type recognisable. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'number') return formatRate(value)
  if (typeof value !== 'string') return typeof value === 'object' ? 'a mapping' : JSON.stringify(value)
  const text = JSON.stringify(value).replace(/\p{C}/gu, escapeSign)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** What cannot be seen, or turns text around, is shown by its number. */
const escapeSign = (sign: string): string => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`

function explain(issue: Issue, base: Path, input: unknown): Problem[] {
  const path = [...base, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(' ')
    return issue.keys.map((key) => ({
      path: [...path, key],
      problem: `unknown key${suggestion(key, known) || `, expected one of ${known.join(', ')}`}`,
    }))
  }
  if (issue.code === 'invalid_union') {
    const branch = branchMeant(issue.errors)
    if (branch !== null) return branch.flatMap((inner) => explain(inner, path, input))
  }
  const found = valueAt(input, path)
  if (found === undefined) return [{ path, problem: `missing, expected ${issue.message}` }]
  const hint = hintFor(found, issue)
  return [{ path, problem: `found ${show(found)}, expected ${issue.message}${hint}` }]
}

/** The alternative of a union that the user meant: of the right type at its root, and with the fewest faults inside. */
function branchMeant(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const candidates = branches.filter((branch) => !branch.some(failsAtRoot))
  return candidates.sort((a, b) => countIssues(a) - countIssues(b))[0] ?? null
}

function failsAtRoot(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_type' || issue.code === 'invalid_value') return true
  return (
    issue.code === 'invalid_union' &&
    issue.errors.length > 0 &&
    issue.errors.every((b) => b.some(failsAtRoot))
  )
}

/** A missing or unknown kind stands for all the keys of that kind. */
const countIssues = (issues: readonly Issue[]): number =>
  issues.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length
    return sum + (issue.code === 'invalid_union' ? 2 : 1)
  }, 0)

function hintFor(found: unknown, issue: Issue): string {
  if (typeof found === 'number' && issue.code === 'invalid_type' && issue.expected === 'string') {
    return ' (write it in quotes)'
  }
  if (typeof found !== 'string') return ''
  const words = wordsOf(issue)
  if (words.length > 0) return suggestion(found, words)
  if (/^(yes|no|on|off|y|n)$/i.test(found)) return ' (YAML 1.2 knows only true and false)'
  if (found.trim() !== '' && Number.isFinite(Number(found.replaceAll('_', '')))) {
    return /_/.test(found) ? ' (write it without _)' : ' (write it without quotes)'
  }
  return ''
}

/** The words that would have been right, where the choice is among words. */
function wordsOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.filter((value) => typeof value === 'string')
  if (issue.code === 'invalid_union') {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
    return [
      ...options.filter((option) => typeof option === 'string'),
      ...issue.errors.flat().flatMap(wordsOf),
    ]
  }
  return []
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<PropertyKey, unknown>)[step]
  }
  return value
}
