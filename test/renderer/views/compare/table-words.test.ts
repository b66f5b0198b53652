import { describe, expect, test } from 'vitest'
import { cellWords, headWords } from '../../../../src-renderer/views/compare/table-words'

describe('a table of the report in the window', () => {
  test('has heads that begin with a capital, but for symbols and the names of tasks', () => {
    const names = new Set(['listops', 'mnist (gpt2)'])
    const heads = [
      'best step',
      'a step',
      'by',
      '95 % interval',
      'ms a step',
      'n',
      'p (Holm)',
      'a − b',
      'listops',
    ]
    expect(heads.map((head) => headWords(head, names))).toEqual([
      'Best step',
      'A step',
      'By',
      '95 % interval',
      'ms a step',
      'n',
      'p (Holm)',
      'a − b',
      'listops',
    ])
    expect(headWords('minus mask-1', names)).toBe('minus mask-1')
  })

  test('has counts with their thousands apart, and leaves every other number alone', () => {
    expect(cellWords('52000')).toBe('52,000')
    expect(cellWords('not within 20000 (1 of 3)')).toBe('not within 20,000 (1 of 3)')
    expect(cellWords('1500 [1000 to 12000] (3 of 3, 0.13 s, 135 MFLOP)')).toBe(
      '1,500 [1,000 to 12,000] (3 of 3, 0.13 s, 135 MFLOP)',
    )
    for (const text of ['0.12345', '−0.0001 to +1234.5', '1e-2, 3.16e-7', '96.1 ± 2.0', 'mask-2000', '–'])
      expect(cellWords(text)).toBe(text)
  })
})
