import { describe, expect, test } from 'vitest'
import { parseFilter } from '../../../../src-main/filter/parse'
import { explainFilter, filterProblem, suggestFilter } from '../../../../src-renderer/views/runs/filter-words'
import {
  boundsText,
  readBounds,
  stretchesOf,
  wordsWithin,
} from '../../../../src-renderer/views/runs/axis-bounds'
import {
  AXIS_FIELDS,
  brushFilter,
  readAxes,
  readBrush,
  turned,
} from '../../../../src-renderer/views/runs/parallel-axes'
import { diffRows } from '../../../../src-renderer/views/runs/run-diff'
import { sayEstimate } from '../../../../src-renderer/views/runs/say-estimate'

describe('the filter in the editor', () => {
  test('is marked where it is wrong, at its last letter when it ends too soon', () => {
    expect(filterProblem('lr < fast')).toEqual({
      message: "column 6: found 'fast', expected a number",
      from: 5,
      to: 9,
    })
    expect(filterProblem('lr <')).toMatchObject({ from: 3, to: 4 })
    expect(filterProblem('rate < 1')?.message).toBe("column 1: found 'rate', expected a field")
    expect(filterProblem(' ')).toBeNull()
    expect(filterProblem('lr < 1 and frozen'.replace('frozen', 'seed = 1'))).toBeNull()
  })

  test('is completed, and asked on at once', () => {
    const suggest = suggestFilter({ setting: ['frozen-random'] })
    expect(suggest('setting = fro', 13, false)?.options[0]).toMatchObject({
      insert: 'frozen-random ',
      more: true,
    })
    expect(suggest('lr < 1 ', 7, true)?.options.map(({ label }) => label)).toEqual(['and', 'or'])
  })

  test('says what a field is', () => {
    expect(explainFilter('seed = 1 and lr < 1', 14)).toMatchObject({ title: 'lr', from: 13, to: 15 })
    expect(explainFilter('seed = 1', 7)).toBeNull()
  })
})

describe('parallel axes', () => {
  test('are logarithmic where rates and losses are, unless turned', () => {
    expect(readAxes(['lr', '~lr', 'val/accuracy', '-~val/loss', 'setting', 'nothing', 'note'])).toMatchObject(
      [
        { field: 'lr', scale: 'log', flipped: false },
        { field: 'lr', scale: 'linear' },
        { field: 'val/accuracy', scale: 'linear', percent: true },
        { field: 'val/loss', scale: 'linear', flipped: true },
        { field: 'setting', scale: 'words' },
      ],
    )
    expect(turned('lr', '~')).toBe('~lr')
    expect(turned('~lr', '-')).toBe('-~lr')
    expect(turned('-~lr', '~')).toBe('-lr')
    expect(AXIS_FIELDS).not.toContain('note')
  })

  test('that are brushed are a filter that can be read', () => {
    const axes = [
      { field: 'lr', words: null },
      { field: 'setting', words: ['a b', 'c', 'd'] },
      { field: 'seed', words: null },
    ]
    const brushed = brushFilter(axes, [[[1e-5, 0.0012345]], [[0, 1.2]], []])
    expect(brushed).toBe("lr >= 1e-5 and lr <= 1.234e-3 and (setting = 'a b' or setting = c)")
    expect(() => parseFilter(brushed)).not.toThrow()
    expect(
      brushFilter(axes, [
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    ).toBe('(lr >= 1 and lr <= 2 or lr >= 3 and lr <= 4)')
    expect(brushFilter(axes, [])).toBe('')
    // Between two words lies nothing.
    expect(() => parseFilter(brushFilter(axes, [[], [[1.6, 1.7]]]))).not.toThrow()
  })
})

describe('a brush in the URL', () => {
  const axes = [
    { field: 'lr', words: null },
    { field: 'setting', words: ['a b', 'c', 'd'] },
    { field: 'val/accuracy', words: null },
  ]

  test.each([
    ['', [[], [], []]],
    ['lr >= 1e-5 and lr <= 1e-3', [[[1e-5, 1e-3]], [], []]],
    ["val/accuracy >= 0.5 and (setting = 'a b' or setting = c)", [[], [[-0.4, 1.4]], [[0.5, Infinity]]]],
    ['setting = d', [[], [[1.6, 2.4]], []]],
    [
      '(lr >= 1 and lr <= 2 or lr >= 3 and lr <= 4)',
      [
        [
          [1, 2],
          [3, 4],
        ],
        [],
        [],
      ],
    ],
    // What no brush says, and what is on none of the axes.
    ['lr < 1 or seed = 1', [[], [], []]],
    ['lr >= 1 and seed !!', [[], [], []]],
    ['seed <= 1', [[], [], []]],
  ])('%s is drawn where it was', (brush, stretches) => {
    const read = readBrush(axes, brush)
    expect(read).toEqual(stretches)
    if (!brush.includes('seed')) expect(readBrush(axes, brushFilter(axes, read))).toEqual(read)
  })
})

describe('a part of an axis', () => {
  test('is typed as its ends, of which one or both may be open', () => {
    expect(readBounds({ from: '50', to: '75' }, true)).toEqual([[0.5, 0.75]])
    expect(readBounds({ from: '', to: '1e-3' }, false)).toEqual([[0, 1e-3]])
    expect(readBounds({ from: '1e-3', to: '1e-5' }, false)).toEqual([[1e-5, 1e-3]])
    expect(readBounds({ from: '', to: ' ' }, false)).toEqual([])
    expect(readBounds({ from: 'fast', to: '' }, false)).toBeNull()
    expect(boundsText([[0.5, Infinity]], true)).toEqual({ from: '50', to: '' })
    expect(
      boundsText(
        [
          [1e-5, 1e-4],
          [1e-3, 1e-2],
        ],
        false,
      ),
    ).toEqual({ from: '1e-5', to: '0.01' })
    expect(boundsText([], false)).toEqual({ from: '', to: '' })
    const open = brushFilter(
      [{ field: 'lr', words: null }],
      [readBounds({ from: '1e-4', to: '' }, false) ?? []],
    )
    expect(open).toBe('lr >= 1e-4')
  })

  test('is chosen as its words, those that stand side by side in one stretch', () => {
    const words = ['a', 'b', 'c', 'd']
    const stretches = stretchesOf(words, ['d', 'a', 'b'])
    expect(stretches).toHaveLength(2)
    expect(wordsWithin(words, stretches)).toEqual(['a', 'b', 'd'])
    expect(brushFilter([{ field: 'setting', words }], [stretches])).toBe(
      '((setting = a or setting = b) or setting = d)',
    )
    expect(stretchesOf(words, [])).toEqual([])
  })
})

describe('differences', () => {
  test('are told field by field, missing ones too', () => {
    const rows = diffRows([
      { a: 1, deep: { list: [1, 2], same: 'x' }, only: true },
      { a: 2, deep: { list: [1, 2], same: 'x' }, only: null },
    ])
    expect(rows).toEqual([
      { field: 'a', values: ['1', '2'], differs: true },
      { field: 'deep.list', values: ['1, 2', '1, 2'], differs: false },
      { field: 'deep.same', values: ['x', 'x'], differs: false },
      { field: 'only', values: ['true', '–'], differs: true },
    ])
    expect(diffRows([{ a: 1 }, {}])).toEqual([{ field: 'a', values: ['1', null], differs: true }])
  })
})

describe('an estimate', () => {
  test.each([
    [{ mean: 0.9251, sem: 0.0021 }, 'val/accuracy', '92.5 ± 0.2'],
    [{ mean: 0.23641, sem: 0.00541 }, 'val/loss', '0.2364 ± 0.0054'],
    [{ mean: 2.2811, sem: 0.0002 }, 'val/loss', '2.281 ± 0.000'],
    [{ mean: 1666.7, sem: 333.3 }, 'steps', '1,667 ± 333'],
    [{ mean: 0.5, sem: null }, 'test/accuracy', '50.0'],
    [{ mean: null, sem: null }, 'val/loss', 'not finite'],
    [{ mean: 0, sem: 0 }, 'val/loss', '0.000 ± 0.000'],
  ])('%j of %s is %s', (value, field, said) => {
    expect(sayEstimate(value, field)).toBe(said)
  })
})
