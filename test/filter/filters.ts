import fc from 'fast-check'
import { FIELDS, FLAG_WORDS, OPERATORS_OF, STATE_WORDS } from '../../src-main/filter/language'
import type { Field, Filter, Operator } from '../../src-main/filter/language'

/** Values of the runs that tests make, so that filters hit some of them, and some that no run has. */
const TEXTS = [
  'frozen',
  'FROZEN-pretrained',
  'mnist',
  'lr-sweep',
  'none',
  "it's",
  'two words',
  'and',
  '',
  'Ä',
  'cpu',
]
const NUMBERS = ['1e-4', '0.001', '0', '1', '0.5', '90', '-1', 'Infinity', '100', '0.25']
const DATES = ['2026', '2026-11', '2026-11-23', '2026-11-23T08:00', '2031-01-01']

const likes: readonly Operator[] = ['~', '!~']

function valuesOf({ kind }: Field, operator: Operator): readonly string[] {
  if (likes.includes(operator)) return [...TEXTS, '1', 'e-', 'ed', 'y']
  return {
    text: TEXTS,
    tags: ['keep', 'Ä', 'two words', 'gone'],
    number: NUMBERS,
    date: DATES,
    state: STATE_WORDS,
    flag: FLAG_WORDS,
  }[kind]
}

const comparison = fc
  .constantFrom(...Object.entries(FIELDS))
  .chain(([field, of]) =>
    fc
      .constantFrom(...OPERATORS_OF[of.kind])
      .chain((operator) =>
        fc
          .constantFrom(...valuesOf(of, operator))
          .map((value): Filter => ({ kind: 'comparison', field, operator, value })),
      ),
  )
const missing = fc.record({
  kind: fc.constant('missing' as const),
  field: fc.constantFrom(...Object.keys(FIELDS)),
  missing: fc.boolean(),
})
const words = fc.record({
  kind: fc.constant('words' as const),
  words: fc.array(
    fc.constantFrom('frozen', 'KEEP', 'lr', 'or', 'two words', 'note', 'none', 'ä', '7', 'ad'),
    {
      minLength: 1,
      maxLength: 2,
    },
  ),
})

/** Any filter that can be said. */
export const filters: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => {
  const parts = fc.array(tie('filter'), { minLength: 2, maxLength: 3 })
  return {
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof({ weight: 4, arbitrary: comparison }, missing, words),
      fc.record({ kind: fc.constantFrom('all' as const, 'any' as const), parts }),
      fc.record({ kind: fc.constant('not' as const), part: tie('filter') }),
    ),
  }
}).filter
