import { expect, test } from 'vitest'
import { TextHistory } from '../../../../src-renderer/views/design/text-history'

test('every edit can be taken back and made again; quick edits from one place are one', () => {
  const history = new TextHistory('a')
  history.push('ab', 'text', 1000)
  history.push('abc', 'text', 1100)
  history.push('abc!', 'seeds', 1150)
  history.push('abc!?', 'seeds', 3000)
  expect([history.undo(), history.undo(), history.undo(), history.undo()]).toEqual(['abc!', 'abc', 'a', null])
  expect(history.canUndo).toBe(false)
  expect([history.redo(), history.redo()]).toEqual(['abc', 'abc!'])
  history.push('other', 'text', 5000)
  expect(history.redo()).toBeNull()
  expect(history.undo()).toBe('abc!')
})

test('the text that undo brings back is not taken for a new edit', () => {
  const history = new TextHistory('a')
  history.push('b', 'text', 1000)
  expect(history.undo()).toBe('a')
  history.push('a', 'text', 1001)
  expect(history.redo()).toBe('b')
})
