import { describe, expect, test } from 'vitest'
import { findByWords } from '../../src-renderer/palette-search'

const ITEMS = [
  'Studies',
  'Compare',
  'Change the theme',
  'mnist-sweep study complete',
  'unfrozen-random at 1e-4, seed 2',
]
const find = (needle: string): string[] => findByWords(ITEMS, (item) => item, needle)

describe('the palette finds', () => {
  test('everything, in its order, while nothing is typed', () => {
    expect(find('  ')).toEqual(ITEMS)
  })

  test('by the beginning of a word first', () => {
    expect(find('stu')[0]).toBe('Studies')
    expect(find('theme')).toEqual(['Change the theme'])
  })

  test('with letters left out', () => {
    expect(find('cmpare')[0]).toBe('Compare')
    expect(find('unfrzn')[0]).toContain('unfrozen-random')
  })

  test('with words in any order', () => {
    expect(find('1e-4 unfrozen')).toEqual(['unfrozen-random at 1e-4, seed 2'])
  })

  test('nothing, where nothing is called so', () => {
    expect(find('zzzz')).toEqual([])
  })

  test('nothing that somebody could break it with', () => {
    for (const needle of ['(', '[a', '\\', '*', '?', '.*', '"', '$', '1e-'])
      expect(() => find(needle)).not.toThrow()
  })
})
