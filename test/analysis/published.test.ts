import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import type { ComparisonInput, StudyOutline } from '../../src-main/analysis/comparison'
import { welchOfSummaries } from '../../src-main/analysis/difference'
import type { ImportedConfig, PublishedCell, RunRecord } from '../../src-main/run'
import { aStudy, FOUR_SETTINGS, sweep } from './factory'

const cell = (
  setting: string,
  mean: number,
  sem: number | null = 0.003,
  n: number | null = 3,
): PublishedCell => ({
  source: 'Paper 2021',
  task: 'mnist',
  model: 'gpt2',
  setting,
  metric: 'accuracy',
  mean,
  sem,
  n,
})

const imported: StudyOutline = {
  ...aStudy(),
  learning_rates: [],
  seeds: [],
  training: null,
  validation: null,
  test: null,
  overrides: [],
}
const compare = (more: Partial<ComparisonInput> = {}) =>
  compareStudy({ study: imported, runs: [], testSealed: false, importedFrom: 'csv', ...more })
const [FROZEN, UNFROZEN] = ['frozen-pretrained', 'unfrozen-pretrained'] as const

describe('published cells', () => {
  it("are set against each other by Welch's interval of their summaries", () => {
    const { groups } = compare({ published: [cell(FROZEN, 0.461), cell(UNFROZEN, 0.563, 0.009)] })
    // SciPy: ttest_ind_from_stats with std = sem·√3; interval from t.ppf(0.975, 2.4391).
    expect(groups[0]?.sentences).toEqual([
      'Published (Paper 2021, gpt2): frozen-pretrained − unfrozen-pretrained: −10.2 points (95 % interval −13.7 to −6.7).',
    ])
    expect(groups[0]?.published).toHaveLength(2)
  })

  it('have no interval where standard errors or numbers of seeds are missing or 0', () => {
    const full = { mean: 0.5, sem: 0.1, n: 3 }
    for (const [other, reason] of [
      [{ ...full, sem: null }, 'a standard error is not known'],
      [{ ...full, n: null }, 'a number of seeds is not known'],
      [{ ...full, n: 1 }, 'one seed shows no spread'],
    ] as const) {
      expect(welchOfSummaries(full, other)).toEqual({ mean: 0, interval: null, noInterval: reason })
    }
    const exact = { ...full, sem: 0 }
    expect(welchOfSummaries(exact, exact).noInterval).toContain('no spread is reported')
  })

  it('say that what needs seeds or rates is not available', () => {
    expect(compare({ published: [cell(FROZEN, 0.461), cell(UNFROZEN, 0.5)] }).groups[0]?.notProven).toEqual([
      'Anything about learning rates, seeds, curves or rankings by rate of Paper 2021 (gpt2): not available for published cells, whose intervals come from standard errors as printed, that is rounded.',
    ])
  })

  it('stand beside runs of the same task and setting, whatever their model, and choose nothing', () => {
    const runs = sweep({ [FROZEN]: { 1e-4: [0.48, 0.5, 0.52] }, [UNFROZEN]: { 1e-4: [0.6, 0.61, 0.62] } })
    const input = { study: aStudy({ learning_rates: [1e-4] }), runs, testSealed: false }
    const without = compareStudy(input)
    const beside = compareStudy({
      ...input,
      published: [cell(FROZEN, 0.9), { ...cell(FROZEN, 0.1), task: 'other' }],
    })
    expect(beside.groups[0]?.sentences).toEqual([
      ...without.groups[0]!.sentences,
      expect.stringMatching(
        /^Beside a published number, on test: frozen-pretrained here − frozen-pretrained \(Paper 2021, gpt2\): −41\.0 points/,
      ),
    ])
    expect(beside.groups[0]?.cells).toEqual(without.groups[0]?.cells)
    expect(beside.groups[0]?.best).toEqual(without.groups[0]?.best)
    const sealed = compareStudy({ ...input, testSealed: true, published: [cell(FROZEN, 0.9)] })
    expect(sealed.groups[0]?.sentences.join()).not.toContain('published number')
  })
})

describe('a study of imported runs', () => {
  const config: ImportedConfig = {
    imported: { from: 'csv', run: 'a' },
    options: {},
    learning_rate: 1e-4,
    seed: 0,
  }
  const runs: RunRecord[] = sweep({
    [FROZEN]: { 1e-5: [0.3, 0.31], 1e-4: [0.5, 0.51, 0.52] },
    [UNFROZEN]: { 1e-5: [0.6, 0.61, 0.62], 1e-4: [0.7] },
  }).map((run) => ({ ...run, config, environment: null }))
  const study = { ...imported, learning_rates: [1e-5, 1e-4], seeds: [0, 1, 2] }

  it('is compared like any other, and nothing is missing that nobody asked for', () => {
    const { groups, progress } = compare({ study, runs })
    expect(progress).toMatchObject({ planned: 9, complete: 9, missing: 0 })
    expect(groups[0]?.cells.map(({ choice }) => [choice?.rate, choice?.validation.n])).toEqual([
      [1e-4, 3],
      [1e-4, 1],
    ])
    expect(groups[0]?.best.validation.text).toBe('unfrozen-pretrained > frozen-pretrained')
  })

  it('carries that its seal cannot be vouched for, and no remedy that training here would be', () => {
    const { audit, seal, importedFrom } = compare({ study, runs, seal: null })
    expect([seal, importedFrom]).toEqual([null, 'csv'])
    expect(audit.findings.find(({ id }) => id === 'imported')?.explanation).toContain('cannot be vouched for')
    expect(audit.findings.map(({ id }) => id)).toContain('edge-of-grid')
    expect(
      audit.findings.filter(({ remedy, alternative }) => remedy !== null || alternative !== null),
    ).toEqual([])
  })

  it('sets settings of which only the name is known against the first', () => {
    const names = ['ours', 'theirs', 'third'].map((name) => ({ name, init: null, train: null }))
    const { groups } = compare({ study: { ...study, settings: names } })
    expect(groups[0]?.contrasts).toEqual([
      { a: 'ours', b: 'theirs', kind: 'both' },
      { a: 'ours', b: 'third', kind: 'both' },
    ])
    const mixed = [names[0]!, FOUR_SETTINGS[0]!, FOUR_SETTINGS[2]!]
    expect(compare({ study: { ...study, settings: mixed } }).groups[0]?.contrasts).toEqual([
      { a: FROZEN, b: UNFROZEN, kind: 'training' },
    ])
  })

  it('never pairs seeds: whether they share a split is not known', () => {
    const { groups } = compare({ study, runs: runs.filter(({ seed }) => seed < 2) })
    expect(groups[0]?.differences.map(({ interval }) => interval?.method)).toEqual(['welch-t', undefined])
  })
})
