import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../src-main/errors'
import { completeFilter } from '../../src-main/filter/complete'
import { mentions } from '../../src-main/filter/language'
import { parseFilter } from '../../src-main/filter/parse'
import { bothFilters, equalTo, printFilter } from '../../src-main/filter/print'
import { FilterError } from '../../src-main/filter/tokens'
import { filters } from './filters'

describe('a filter', () => {
  it.each([
    ['', 1, 'found the end, expected a field'],
    ['lr', 3, 'found the end, expected an operator'],
    ['lr <', 5, 'found the end, expected a value'],
    ['rate < 1', 1, "found 'rate', expected a field"],
    ['lr < 1 seed = 2', 8, "found 'seed', expected 'and', 'or' or the end"],
    ['lr < 1 warm', 8, "found 'warm', expected 'and', 'or' or the end"],
    ['(lr < 1', 8, "found the end, expected ')'"],
    ['lr < 1)', 7, "found ')'"],
    ["task = 'mnist", 8, 'the quote is not closed'],
    ['state = done', 9, "found 'done', expected a state"],
    ['state < finished', 7, "found '<', expected an operator (= != ~ !~)"],
    ['archived = maybe', 12, "found 'maybe', expected 'yes' or 'no'"],
    ['finished_at > soon', 15, "found 'soon', expected a date"],
    ['lr ! 1', 4, "found '!'"],
    ['lr < fast', 6, "found 'fast', expected a number"],
    ["lr = ''", 6, "found '', expected a number"],
    ['constructor = 1', 1, "found 'constructor', expected a field"],
    ["'lr' = 1", 1, "found 'lr', expected a field"],
  ])('%s is refused at column %i', (source, column, words) => {
    expect(() => parseFilter(source, '--filter')).toThrow(InputError)
    expect(() => parseFilter(source, '--filter')).toThrow(`--filter: column ${column}: ${words}`)
  })

  it('that is wrong says the place from its first to its last letter', () => {
    const wrong = (source: string): FilterError | null => {
      try {
        parseFilter(source)
        return null
      } catch (error) {
        return error as FilterError
      }
    }
    expect(wrong('seed = 1 and lr < fast')).toMatchObject({ from: 18, to: 22 })
    expect(wrong('lr <')).toMatchObject({ from: 4, to: 4 })
  })

  it('that nests for ever is refused or read, never a crash', () => {
    expect(parseFilter(`${'('.repeat(990)}lr < 1${')'.repeat(990)}`)).toMatchObject({ field: 'lr' })
    expect(parseFilter(`${'not '.repeat(400)}lr < 1`)).toMatchObject({ field: 'lr' })
    expect(() => parseFilter('('.repeat(100_000))).toThrow('expected at most 2000')
    expect(() => parseFilter(`${'not(a or '.repeat(120)}b${')'.repeat(120)}`)).toThrow('more than 100')
  })

  it('binds and before or, and not before both', () => {
    expect(parseFilter('seed = 0 or seed = 1 and not state = failed')).toEqual(
      parseFilter('seed = 0 or (seed = 1 and (not (state = failed)))'),
    )
  })

  it('takes words that name no field as words to look for, quoted ones whole', () => {
    expect(parseFilter(`frozen "two words" and lr < 1`)).toMatchObject({
      parts: [{ kind: 'words', words: ['frozen', 'two words'] }, { field: 'lr' }],
    })
    expect(parseFilter("'lr'")).toEqual({ kind: 'words', words: ['lr'] })
  })

  it('knows other words for a field, and none', () => {
    expect(parseFilter('learning_rate < 1e-3')).toEqual(parseFilter('lr < 1e-3'))
    expect(parseFilter('note = none')).toEqual({ kind: 'missing', field: 'note', missing: true })
    expect(parseFilter("note = 'none'")).toMatchObject({ kind: 'comparison', value: 'none' })
  })

  it('tells which fields it asks about', () => {
    expect(mentions(parseFilter('lr < 1 or not (warm or archived = yes)'), 'archived')).toBe(true)
    expect(mentions(parseFilter('lr < 1 and warm archived_one'), 'archived')).toBe(false)
  })

  it('printed and read again is the same', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        const read = parseFilter(printFilter(filter))
        expect(parseFilter(printFilter(read))).toEqual(read)
      }),
    )
  })

  it('is put together from parts that keep their meaning', () => {
    expect(parseFilter(bothFilters('seed = 0 or seed = 1', '', equalTo('setting', "it's")))).toEqual(
      parseFilter("(seed = 0 or seed = 1) and setting = 'it''s'"),
    )
    expect(equalTo('best_step', null)).toBe('best_step = none')
    expect(bothFilters('', ' ')).toBe('')
  })

  it('never fails in any other way than in words, whatever is typed', () => {
    const words = [
      'lr',
      'state',
      '<',
      '=',
      '~',
      'and',
      'or',
      'not',
      '(',
      ')',
      '1e-4',
      "'a'",
      ' ',
      'done',
      'tag',
    ]
    const pieces = fc.array(fc.constantFrom(...words)).map((all) => all.join(' '))
    fc.assert(
      fc.property(fc.oneof(fc.string(), pieces), (source) => {
        try {
          parseFilter(source)
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
        const { from, to } = completeFilter(source, source.length, {})
        expect(from).toBeLessThanOrEqual(to)
      }),
    )
  })
})

describe('completion', () => {
  const vocabulary = { setting: ['frozen-pretrained', 'my own'], tag: ['keep'] }
  const texts = (source: string): string[] =>
    completeFilter(source, source.length, vocabulary).options.map(({ text }) => text)

  it.each([
    ['', 'study'],
    ['lr ', '='],
    ['lr < 1 ', 'and'],
    ['lr < 1 and ', 'study'],
    ['lr < 1 and not (', 'study'],
    ['state = ', 'queued'],
    ['state = comp', 'complete'],
    ['setting ~ fro', 'frozen-pretrained'],
    ['setting = ', 'frozen-pretrained'],
    ["setting = 'my", "'my own'"],
    ['tag = ', 'keep'],
    ['archived = ', 'yes'],
    ['warmup ', 'and'],
  ])('after "%s" offers %s', (source, first) => {
    expect(texts(source)[0]).toBe(first)
  })

  it('takes the place of what is typed so far, in the middle too', () => {
    expect(completeFilter('lr < 1 and sta = 2', 14, vocabulary)).toMatchObject({ from: 11, to: 14 })
    expect(completeFilter('val/acc', 7, vocabulary).options.map(({ text }) => text)).toEqual([
      'val/accuracy',
      'val/accuracy_masked',
    ])
  })

  it('offers only what can be read on', () => {
    for (const source of ['', 'lr < 1 and ', 'lr < 1 or not ']) {
      for (const { text, kind } of completeFilter(source, source.length, vocabulary).options) {
        const rest = kind === 'field' ? ' = none' : ' lr = none'
        expect(() => parseFilter(source + text + rest), source + text).not.toThrow()
      }
    }
  })
})
