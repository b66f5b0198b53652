import { describe, expect, test } from 'vitest'
import { auditPlan } from '../../../src-main/analysis/audit'
import type { Finding, FindingId, StudyPatch } from '../../../src-main/analysis/audit'
import { compareStudy } from '../../../src-main/analysis/comparison'
import type { RunRecord } from '../../../src-main/run'
import { countRuns } from '../../../src-main/study/arms'
import { readStudy } from '../../../src-main/study/read'
import type { Study } from '../../../src-main/study/study'
import { patchStudy } from '../../../src-main/study/write'
import { aRun } from '../factory'
import type { RunSketch } from '../factory'

/** A study file as a user writes it; the audit has nothing to say of it before it is trained. */
const text = (changes: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    name: 'toy',
    task: 'mnist',
    model: 'minilm-l6',
    settings: '[frozen-pretrained, unfrozen-pretrained]',
    learning_rates: '{from: 1e-5, to: 1e-3, per_decade: 1}   # the grid',
    seeds: '[0, 1, 2]',
    training: '{max_steps: 1000}',
    validation: '{every: 100}',
    ...changes,
  })
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('')

const RATES = [1e-5, 1e-4, 1e-3]

/** Every run of the study, its scores by setting, rate and seed. */
function sweep(
  study: Study,
  sketch: (run: Required<Pick<RunSketch, 'setting' | 'rate' | 'seed'>>) => RunSketch,
  rates: readonly number[] = RATES,
) {
  return study.settings.flatMap(({ name: setting }) =>
    rates.flatMap((rate) =>
      study.seeds.map((seed) => aRun({ setting, rate, seed, ...sketch({ setting, rate, seed }) }, study)),
    ),
  )
}

function found(id: FindingId, findings: readonly Finding[]): Finding {
  const finding = findings.find((each) => each.id === id)
  if (finding === undefined)
    throw new Error(`no finding '${id}' in ${findings.map((each) => each.id).join()}`)
  return finding
}

function patchOf({ remedy }: Pick<Finding, 'remedy'>): StudyPatch {
  if (remedy?.kind !== 'change-study') throw new Error('no change of the study mends this')
  return remedy.patch
}

const applied = (file: string, patch: StudyPatch): Study => readStudy(patchStudy(file, { ...patch }))

describe('before launch, applying what the audit asks for', () => {
  test.each<[FindingId, Readonly<Record<string, string>>]>([
    ['no-validation', { validation: '{fraction: 0, every: 100}' }],
    ['single-rate', { learning_rates: '[1e-3]' }],
    ['narrow-grid', { learning_rates: '[3e-4, 1e-3]' }],
    ['coarse-grid', { learning_rates: '[1e-6, 1e-4, 1e-2]' }],
    ['unequal-grids', { extra_learning_rates: '{unfrozen-pretrained: [3e-5]}' }],
    ['few-seeds', { seeds: '[4]' }],
    ['rarely-evaluated', { validation: '{every: 500}' }],
    ['test-subset', { test: '{examples: 100}' }],
  ])('makes %s vanish, and the file still reads', (id, changes) => {
    const file = text(changes)
    const after = applied(file, patchOf(found(id, auditPlan(readStudy(file)).findings)))
    expect(auditPlan(after).findings.map((each) => each.id)).not.toContain(id)
  })

  test.each<[FindingId, Readonly<Record<string, string>>]>([
    ['single-rate', { learning_rates: '{from: 1e-5, to: 1e-2, count: 1} # drawn' }],
    ['single-rate', { learning_rates: '{from: 1e-3, to: 1e-3, count: 1}' }],
    ['narrow-grid', { learning_rates: '{from: 3e-4, to: 1e-3, count: 6}' }],
    ['narrow-grid', { learning_rates: '{from: 1e-5, to: 1e-2, count: 6, sample: uniform, seed: 2}' }],
    ['coarse-grid', { learning_rates: '{from: 1e-5, to: 1e-2, count: 6, sample: uniform}' }],
    ['coarse-grid', { learning_rates: '{from: 1e-6, to: 1e-1, count: 4, seed: 0}' }],
    [
      'unequal-grids',
      {
        learning_rates: '{from: 1e-5, to: 1e-2, count: 16}',
        extra_learning_rates: '{unfrozen-pretrained: [3.33e-4], frozen-pretrained: [1e-6]}',
      },
    ],
  ])('makes %s of drawn rates vanish, and they stay drawn', (id, changes) => {
    const file = text(changes)
    const before = readStudy(file)
    const after = applied(file, patchOf(found(id, auditPlan(before).findings)))
    expect(auditPlan(after).findings.map((each) => each.id)).not.toContain(id)
    expect(after.rate_draw).toBeDefined()
    expect(after.rate_draw?.seed).toBe(before.rate_draw?.seed)
  })

  test('reaches lower rates than a uniform draw does by one that is log-uniform', () => {
    const file = text({ learning_rates: '{from: 1e-5, to: 1e-2, count: 6, sample: uniform, seed: 2}' })
    const { remedy } = found('narrow-grid', auditPlan(readStudy(file)).findings)
    expect(remedy?.say).toMatch(
      /^Draw \d+ rates log-uniformly from 1e-5 to 1e-2, for all settings. All rates are drawn anew/,
    )
    expect(applied(file, patchOf({ remedy })).rate_draw).toMatchObject({
      from: 1e-5,
      to: 1e-2,
      sample: 'log-uniform',
      seed: 2,
    })
  })

  test('is not needed for a study that is as it should be', () => {
    expect(auditPlan(readStudy(text())).findings).toEqual([])
  })
})

describe('after training, applying what the audit asks for', () => {
  const file = text()
  const study = readStudy(file)
  const auditOf = (runs: readonly RunRecord[]): readonly Finding[] =>
    compareStudy({ study, runs, testSealed: false }).audit.findings

  test('extends the grid for every setting by the rate that it names', () => {
    const runs = sweep(study, ({ rate, seed }) => ({ validation: 0.5 - 0.1 * Math.log10(rate) + seed / 100 }))
    const finding = found('edge-of-grid', auditOf(runs))
    const after = applied(file, patchOf(finding))
    expect(after.learning_rates).toEqual([3.16e-6, 1e-5, 1e-4, 1e-3])
    expect(countRuns(after) - countRuns(study)).toBe(2 * 3)

    const { alternative } = finding
    const alone = applied(file, patchOf({ remedy: alternative }))
    expect(countRuns(alone) - countRuns(study)).toBe(3)
  })

  describe('of drawn rates', () => {
    const drawn = text({ learning_rates: '{from: 1e-6, to: 1e-2, count: 8, seed: 12} # drawn' })
    const ofDraw = readStudy(drawn)
    const sorted = [...ofDraw.learning_rates].sort((a, b) => a - b)
    const judged = (sketch: (rate: number, seed: number) => RunSketch) =>
      compareStudy({
        study: ofDraw,
        runs: sweep(ofDraw, ({ rate, seed }) => sketch(rate, seed), ofDraw.learning_rates),
        testSealed: false,
      }).audit.findings

    test('goes on drawing until a rate lies beyond the best one, and trains nothing twice', () => {
      const finding = found(
        'edge-of-grid',
        judged((rate, seed) => ({ validation: 0.5 - 0.05 * Math.log10(rate) + seed / 100 })),
      )
      expect(finding.explanation).toContain('the lowest of the drawn rates')
      const after = applied(drawn, patchOf(finding))
      expect(after.rate_draw).toMatchObject({ from: 1e-6, to: 1e-2, seed: 12 })
      expect(after.learning_rates.slice(0, 8)).toEqual(ofDraw.learning_rates)
      expect(Math.min(...after.learning_rates)).toBeLessThan(sorted[0]!)
      expect(patchStudy(drawn, { ...patchOf(finding) })).toMatch(/learning_rates: \{from: 1e-6, .*\} # drawn/)

      const wider = applied(drawn, patchOf({ remedy: finding.alternative }))
      expect(wider.rate_draw).toMatchObject({ from: 3.16e-7, to: 1e-2 })
      expect(finding.alternative?.say).toContain('All rates are drawn anew')
    })

    test('draws around a best rate that stands out, and lower where all diverged', () => {
      const best = sorted[4]!
      const coarse = judged((rate, seed) => ({ validation: (rate === best ? 0.9 : 0.2) + seed / 1000 }))
      const step = found('coarse-grid', coarse)
      expect(applied(drawn, patchOf(step)).rate_draw?.count).toBeGreaterThan(8)
      const diverged = found(
        'no-eligible-arm',
        judged(() => ({ state: 'diverged' })),
      )
      expect(applied(drawn, patchOf(diverged)).rate_draw).toMatchObject({ from: 1e-7, to: 1e-2 })
    })
  })

  test('fills a coarse grid around a best rate that stands out', () => {
    const runs = sweep(study, ({ rate, seed }) => ({ validation: (rate === 1e-4 ? 0.9 : 0.2) + seed / 1000 }))
    const after = applied(file, patchOf(found('coarse-grid', auditOf(runs))))
    expect(after.learning_rates).toEqual([1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3])
    expect(countRuns(after) - countRuns(study)).toBe(2 * 2 * 3)
  })

  test('goes lower where every rate of a setting diverged', () => {
    const runs = sweep(study, ({ setting }) => ({
      state: setting.startsWith('un') ? 'diverged' : 'finished',
    }))
    const after = applied(file, patchOf(found('no-eligible-arm', auditOf(runs))))
    expect(after.learning_rates.slice(0, 2)).toEqual([1e-6, 3.16e-6])
    expect(countRuns(after) - countRuns(study)).toBe(2 * 2 * 3)
  })

  test('adds the seeds that a difference of this size would take', () => {
    const runs = sweep(study, ({ setting, rate, seed }) => ({
      validation: (rate === 1e-4 ? 0.8 : 0.3) + seed / 50 + (setting.startsWith('un') ? 0.03 : 0),
      test: 0.8 + seed / 50 + (setting.startsWith('un') ? 0.03 : 0),
    }))
    const finding = found('within-noise', auditOf(runs))
    const after = applied(file, patchOf(finding))
    expect(after.seeds.length).toBe(finding.numbers['seedsNeeded'])
    expect(countRuns(after) - countRuns(study)).toBe(2 * 3 * (after.seeds.length - 3))
  })

  test('trains longer where scores still rose', () => {
    const runs = sweep(study, ({ seed }) => ({ steps: 1000, bestStep: 1000, validation: 0.5 + seed / 100 }))
    const after = applied(file, patchOf(found('still-improving', auditOf(runs))))
    expect(after.training.max_steps).toBe(2000)
    expect(countRuns(after)).toBe(countRuns(study))
  })

  test('names the runs that failed', () => {
    const runs = sweep(study, ({ seed, rate }) => ({
      state: seed === 1 && rate === 1e-4 ? 'failed' : 'finished',
    }))
    const finding = found('missing-runs', auditOf(runs))
    expect(finding.remedy).toMatchObject({ kind: 'rerun', runs: finding.runs })
    expect(finding.runs).toEqual(['mnist/frozen-pretrained/1.00e-4/1'])
  })
})
