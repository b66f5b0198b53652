import { describe, expect, test } from 'vitest'
import type { StudySummary } from '../../../src-main/api/studies'
import { copyName, orderStudies } from '../../../src-renderer/views/studies/study-order'

const study = (name: string, changes: Partial<StudySummary> = {}): StudySummary => ({
  name,
  state: 'complete',
  runs: {},
  planned: 0,
  secondsLeft: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  archivedAt: null,
  importedFrom: null,
  testSealed: false,
  testOpenedAt: null,
  testRevealedAt: null,
  changedAfterTest: [],
  asks: { tasks: ['mnist'], models: ['minilm-l6'], settings: ['frozen-random'], rates: 3, seeds: 1 },
  ...changes,
})
const namesOf = (studies: readonly StudySummary[], words = '', archived = false): string[] =>
  orderStudies(studies, { words, archived }).map(({ name }) => name)

describe('cards of studies', () => {
  test('stand with what trains first, then what waits for somebody, then the newest', () => {
    const studies = [
      study('old', { createdAt: '2025-01-01T00:00:00.000Z' }),
      study('new', { createdAt: '2026-05-01T00:00:00.000Z' }),
      study('paused', { state: 'paused', createdAt: '2024-01-01T00:00:00.000Z' }),
      study('running', { state: 'running' }),
    ]
    expect(namesOf(studies)).toEqual(['running', 'paused', 'new', 'old'])
  })

  test('are of one shelf at a time', () => {
    const studies = [study('a'), study('b', { archivedAt: '2026-01-02T00:00:00.000Z' })]
    expect([namesOf(studies), namesOf(studies, '', true)]).toEqual([['a'], ['b']])
  })

  test('are found by all of the words, wherever they stand', () => {
    const asks = { tasks: ['listops'], models: ['gpt2'], settings: ['x'], rates: 1, seeds: 1 }
    const studies = [study('first'), study('second', { asks })]
    expect(namesOf(studies, ' GPT2  sec')).toEqual(['second'])
    expect(namesOf(studies, 'gpt2 first')).toEqual([])
  })
})

test('a copy gets a name that no study has', () => {
  expect(copyName('a', [])).toBe('a-copy')
  expect(copyName('a', ['a-copy', 'a-copy-2'])).toBe('a-copy-3')
})
