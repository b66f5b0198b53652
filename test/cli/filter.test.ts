import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFilter } from '../../src-main/cli/filter'
import { InputError } from '../../src-main/errors'
import type { RunRecord } from '../../src-main/run'
import { plannedRun } from '../queue/planned-runs'

const run = (change: Partial<RunRecord> = {}): RunRecord => ({
  id: 'abc123abc123',
  key: 'abc123',
  study: 'mnist study',
  task: 'mnist',
  model: 'minilm-l6',
  setting: 'frozen-pretrained',
  learningRate: 1e-4,
  seed: 2,
  state: 'finished',
  inPlan: true,
  steps: 500,
  bestStep: 400,
  parametersTrained: 10,
  parametersTotal: 100,
  stepFlops: null,
  summary: { 'val/accuracy': 0.91, 'test/accuracy': null },
  reason: null,
  environment: null,
  startedAt: null,
  finishedAt: null,
  config: plannedRun().config,
  ...change,
})

describe('a filter', () => {
  it.each([
    ['lr = 1e-4', true],
    ['lr = 0.0001', true],
    ['lr < 1e-4', false],
    ['lr <= 1e-4 and lr >= 1e-4', true],
    ['learning_rate != 1e-3', true],
    ['seed>1', true],
    ['state = finished', true],
    ['state = complete', true],
    ['state != complete', false],
    ['state ~ finish', true],
    ['setting ~ FROZEN', true],
    ['setting !~ random', true],
    ["study = 'mnist study'", true],
    ['val/accuracy > 0.9', true],
    ['not lr = 1e-4', false],
    ['lr < 1e-4 and state = finished and setting ~ frozen', false],
    ['seed = 0 or seed = 2 and state = failed', false],
    ['(seed = 0 or seed = 2) and state = finished', true],
    ['NOT (seed = 0 OR seed = 1) AND in_plan = yes', true],
  ])('%s is %s', (source, expected) => {
    expect(parseFilter(source)(run())).toBe(expected)
  })

  it('a value that the run does not have matches nothing', () => {
    for (const operator of ['=', '!=', '<', '>=', '~', '!~']) {
      expect(parseFilter(`test/accuracy ${operator} 0.5`)(run())).toBe(false)
      expect(parseFilter(`reason ${operator} oom`)(run())).toBe(false)
    }
  })

  it.each([
    ['', 1, 'found the end, expected a field'],
    ['lr', 3, 'found the end, expected an operator'],
    ['lr <', 5, 'found the end, expected a value'],
    ['rate < 1', 1, "found 'rate', expected a field"],
    ['lr < 1 seed = 2', 8, "found 'seed', expected 'and', 'or' or the end"],
    ['(lr < 1', 8, "found the end, expected ')'"],
    ['lr < 1)', 7, "found ')'"],
    ["task = 'mnist", 8, 'the quote is not closed'],
    ['state = done', 9, "found 'done', expected a state"],
    ['lr ! 1', 4, "found '!'"],
    ['lr < fast', 6, "found 'fast', expected a number"],
    ['constructor = 1', 1, "found 'constructor', expected a field"],
  ])('%s is refused at column %i', (source, column, words) => {
    expect(() => parseFilter(source)).toThrow(InputError)
    expect(() => parseFilter(source)).toThrow(`--filter: column ${column}: ${words}`)
  })

  it('that nests for ever is refused or read, never a crash', () => {
    expect(parseFilter(`${'('.repeat(990)}lr < 1${')'.repeat(990)}`)(run())).toBe(true)
    expect(() => parseFilter('('.repeat(100_000))).toThrow('expected at most 2000')
  })

  it('never fails in any other way, whatever is typed', () => {
    const pieces = fc.constantFrom(
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
    )
    const typed = fc.oneof(
      fc.string(),
      fc.array(pieces).map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(typed, (source) => {
        try {
          expect(typeof parseFilter(source)(run())).toBe('boolean')
        } catch (error) {
          expect(error).toBeInstanceOf(InputError)
        }
      }),
    )
  })
})
