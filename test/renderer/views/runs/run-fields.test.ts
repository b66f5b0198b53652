import { describe, expect, test } from 'vitest'
import type { RunRow } from '../../../../src-main/api/runs'
import { FIELDS } from '../../../../src-main/filter/language'
import { RUN_COLUMNS } from '../../../../src-renderer/views/runs/run-columns'
import { wordsOf } from '../../../../src-renderer/views/runs/run-fields'

const RUN: RunRow = {
  id: '0123456789ab',
  study: 'sweep',
  task: 'mnist',
  model: 'minilm-l6',
  setting: 'frozen-pretrained',
  learningRate: 3.16e-4,
  seed: 0,
  state: 'finished',
  inPlan: true,
  steps: 12_000,
  bestStep: 9_500,
  parametersTrained: 52_000,
  parametersTotal: null,
  stepFlops: null,
  summary: { 'val/accuracy': 0.9847, 'val/loss': 0.123456, 'test/accuracy': 0.98, 'test/loss': null },
  reason: null,
  startedAt: '2019-11-03T08:05:00.000Z',
  finishedAt: null,
  tags: [],
  note: '\n# Odd\nmore',
  archivedAt: null,
}

describe('the words of a run in a table', () => {
  test.each([
    ['lr', '3.16e-4', '0.000316'],
    ['seed', '0', '0'],
    ['val/accuracy', '98.5', '0.9847'],
    ['val/loss', '0.1235', '0.123456'],
    ['test/accuracy', '98.0', '0.98'],
    ['steps', '12,000', undefined],
    ['best_step', '9,500', '9500'],
    ['parameters_total', '–', undefined],
    ['note', '# Odd', '# Odd'],
    ['reason', '', undefined],
    ['finished_at', '', undefined],
    ['id', '0123456789ab', '0123456789ab'],
  ])('%s is %s, and %s under the pointer', (field, text, exact) => {
    expect(wordsOf(RUN, field)).toMatchObject({ text, ...(exact === undefined ? {} : { exact }) })
  })

  test('are none where a mark says it: a state, a setting, tags, a complete run under seal', () => {
    expect(wordsOf(RUN, 'state')).toBeNull()
    expect(wordsOf(RUN, 'setting')).toBeNull()
    expect(wordsOf({ ...RUN, tags: ['keep'] }, 'tag')).toBeNull()
    expect(wordsOf(RUN, 'test/loss')).toBeNull()
    expect(wordsOf({ ...RUN, state: 'running' }, 'test/loss')).toEqual({ text: '–', look: 'faint' })
    expect(wordsOf({ ...RUN, summary: {} }, 'val/loss')).toEqual({ text: '–', look: 'faint' })
  })

  test('are there for every column', () => {
    const whole = { ...RUN, reason: 'why', tags: ['keep'], finishedAt: RUN.startedAt, parametersTotal: 1 }
    for (const { field } of RUN_COLUMNS) {
      expect(Object.keys(FIELDS)).toContain(field)
      expect(wordsOf(whole, field)?.text, field).not.toBe('')
    }
  })
})
