import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../../src-main/analysis/comparison'
import type { ComparisonInput, StudyOutline } from '../../../src-main/analysis/comparison'
import type { LoggedPoints } from '../../../src-main/analysis/audit/imported'
import type { RunRecord } from '../../../src-main/run'
import { aStudy, sweep } from '../factory'

const study: StudyOutline = {
  ...aStudy({ learning_rates: [1e-4, 1e-3] }),
  training: null,
  validation: null,
  test: null,
  overrides: [],
}

type Options = Readonly<Record<string, string | number | boolean>>

/** Runs of two settings at two rates as a tracker had them. */
const imported = (options: Options = {}, change: (run: RunRecord) => Partial<RunRecord> = () => ({})) =>
  sweep({
    'frozen-pretrained': { 1e-4: [0.5, 0.52], 1e-3: [0.4, 0.42] },
    'unfrozen-pretrained': { 1e-4: [0.6, 0.61], 1e-3: [0.3, 0.33] },
  }).map((run): RunRecord => {
    const { learningRate: learning_rate, seed } = run
    const config = { imported: { from: 'csv', run: run.id }, options, learning_rate, seed }
    const record: RunRecord = { ...run, config, bestStep: 200 }
    return { ...record, ...change(record) }
  })

const onTest = (runs: readonly RunRecord[], more: Partial<ComparisonInput> = {}) =>
  compareStudy({ study, runs, testSealed: false, importedFrom: 'csv', ...more }).audit.findings.filter(
    ({ id }) => id === 'selected-on-test',
  )

const points =
  (curves: Readonly<Record<'val/accuracy' | 'test/accuracy', readonly number[]>>): LoggedPoints =>
  (_, metric) => {
    const values = metric in curves ? curves[metric as keyof typeof curves] : []
    return values.length === 0 ? null : { steps: [100, 200, 300], values }
  }

describe('imported runs', () => {
  it('that give nothing away are said not to be vouched for, and no more', () => {
    expect(onTest(imported())).toEqual([])
    const { findings } = compareStudy({
      study,
      runs: imported(),
      testSealed: false,
      importedFrom: 'csv',
    }).audit
    expect(findings.find(({ id }) => id === 'imported')?.explanation).toContain('cannot be vouched for')
  })

  it('without any validation score can only have been selected on the test', () => {
    const [found] = onTest(imported({}, () => ({ summary: { 'test/accuracy': 0.7 }, bestStep: null })))
    expect(found).toMatchObject({ severity: 'error', numbers: { runs: 8 } })
    expect(found?.runs).toHaveLength(8)
  })

  it.each<[string, Options]>([
    ["a trainer's metric", { metric_for_best_model: 'test_accuracy' }],
    ["a callback's monitor", { 'checkpoint.monitor': 'test/acc' }],
    ['a column of the rule', { rule: 'best test epoch' }],
  ])('were selected on the test where %s says so', (_, options) => {
    expect(onTest(imported(options))).toMatchObject([{ severity: 'error', numbers: { runs: 8 } }])
  })

  it.each<[string, Options]>([
    ['validation', { metric_for_best_model: 'eval_accuracy', monitor: 'val_loss' }],
    ['something else', { dataset: 'test', optimizer: 'latest' }],
  ])('were not where their options name %s', (_, options) => {
    expect(onTest(imported(options))).toEqual([])
  })

  it('were where the step that counts is the best one on test and not on validation', () => {
    const pointsOf = points({ 'val/accuracy': [0.5, 0.4, 0.6], 'test/accuracy': [0.3, 0.7, 0.6] })
    const [found] = onTest(imported(), { pointsOf })
    expect(found).toMatchObject({ severity: 'error', numbers: { picked: 8, of: 8 } })
    const fair = points({ 'val/accuracy': [0.5, 0.6, 0.6], 'test/accuracy': [0.3, 0.7, 0.6] })
    expect(onTest(imported(), { pointsOf: fair })).toMatchObject([{ severity: 'warning' }])
  })

  it('may have been where the test was read all along', () => {
    const pointsOf = points({ 'val/accuracy': [0.5, 0.6, 0.4], 'test/accuracy': [0.3, 0.5, 0.6] })
    expect(onTest(imported(), { pointsOf })).toMatchObject([
      { severity: 'warning', numbers: { read: 8, of: 8, readings: 3 } },
    ])
    const once: LoggedPoints = (_, metric) =>
      metric === 'test/accuracy' ? { steps: [200], values: [0.5] } : null
    expect(onTest(imported(), { pointsOf: once })).toEqual([])
  })

  it('are searched in the metric of the rule, where less loss is better', () => {
    const rule: StudyOutline = { ...study, selection: { ...study.selection, metric: 'loss' } }
    const runs = imported({}, () => ({ summary: { 'val/loss': 1, 'test/loss': 1 } }))
    const pointsOf: LoggedPoints = (_, metric) =>
      metric === 'test/loss'
        ? { steps: [100, 200], values: [2, 1] }
        : metric === 'val/loss'
          ? { steps: [100, 200], values: [1, 2] }
          : null
    expect(onTest(runs, { study: rule, pointsOf })).toMatchObject([{ severity: 'error' }])
  })
})
