import { describe, expect, test } from 'vitest'
import {
  RUN_COLUMNS,
  USUAL_COLUMNS,
  inSight,
  moved,
  nextSort,
  readColumns,
  writeColumns,
} from '../../../../src-renderer/views/runs/run-columns'
import { FIELDS } from '../../../../src-main/filter/language'

const fields = (columns: readonly { readonly field: string }[]): string[] => columns.map(({ field }) => field)

describe('columns', () => {
  test('are fields of the filter language, each once', () => {
    for (const { field } of RUN_COLUMNS) expect(Object.hasOwn(FIELDS, field), field).toBe(true)
    expect(new Set(fields(RUN_COLUMNS)).size).toBe(RUN_COLUMNS.length)
  })

  test('come back from the URL as they were put in', () => {
    const columns = readColumns('setting.200p,val/accuracy,lr.p')
    expect(columns.map(({ field, width, pinned }) => [field, width, pinned])).toEqual([
      ['setting', 200, true],
      ['val/accuracy', 84, false],
      ['lr', 76, true],
    ])
    expect(writeColumns(columns)).toBe('setting.200p,val/accuracy,lr.p')
    expect(readColumns(writeColumns(columns))).toEqual(columns)
  })

  test('that are the usual ones need no word', () => {
    expect(readColumns('')).toBe(USUAL_COLUMNS)
    expect(writeColumns(USUAL_COLUMNS)).toBe('')
  })

  test('that nobody knows, or come twice, are left out; widths stay usable', () => {
    expect(fields(readColumns('nothing,lr,lr.90,seed.1,state.9999'))).toEqual(['lr', 'seed', 'state'])
    expect(readColumns('seed.1,state.9999').map(({ width }) => width)).toEqual([48, 800])
    expect(readColumns('nothing')).toBe(USUAL_COLUMNS)
  })

  test('move to where they are dropped, and pinned ones stand first', () => {
    const columns = readColumns('state,setting,lr.p')
    expect(fields(moved(columns, 'state', 'lr'))).toEqual(['setting', 'lr', 'state'])
    expect(fields(moved(columns, 'lr', 'state'))).toEqual(['lr', 'state', 'setting'])
    expect(fields(moved(columns, 'lr', 'nothing'))).toEqual(['state', 'setting', 'lr'])
    expect(fields(inSight(columns))).toEqual(['lr', 'state', 'setting'])
  })
})

describe('a press on a head', () => {
  test('sorts one way, then the other, then not at all', () => {
    expect(nextSort([], 'val/accuracy', false, false)).toEqual(['-val/accuracy'])
    expect(nextSort(['-val/accuracy'], 'val/accuracy', false, false)).toEqual(['val/accuracy'])
    expect(nextSort(['val/accuracy'], 'val/accuracy', false, false)).toEqual([])
    expect(nextSort(['seed'], 'lr', false, true)).toEqual(['lr'])
  })

  test('with Shift keeps the order there was', () => {
    expect(nextSort(['setting'], 'lr', true, true)).toEqual(['setting', 'lr'])
    expect(nextSort(['setting', 'lr'], 'setting', true, true)).toEqual(['-setting', 'lr'])
    expect(nextSort(['-setting', 'lr'], 'setting', true, true)).toEqual(['lr'])
  })
})
