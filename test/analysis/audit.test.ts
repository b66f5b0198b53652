import { describe, expect, it } from 'vitest'
import { auditPlan } from '../../src-main/analysis/audit'
import type { Finding, FindingId } from '../../src-main/analysis/audit'
import { compareStudy } from '../../src-main/analysis/comparison'
import type { ComparisonInput, StudyOutline } from '../../src-main/analysis/comparison'
import type { RunRecord } from '../../src-main/run'
import { aRun, aStudy, sweep } from './factory'
import type { TrainedOutline, TrainedRun } from './factory'

const FROZEN = 'frozen-pretrained'
const UNFROZEN = 'unfrozen-pretrained'

/** Both settings best in the middle, unfrozen better everywhere, enough seeds: nothing to object to. */
const soundTable = {
  [FROZEN]: { 1e-5: [0.3, 0.32, 0.34], 1e-4: [0.34, 0.35, 0.36], 1e-3: [0.3, 0.32, 0.34] },
  [UNFROZEN]: { 1e-5: [0.65, 0.67, 0.69], 1e-4: [0.7, 0.71, 0.72], 1e-3: [0.66, 0.69, 0.71] },
}
const sound = (study = aStudy()): TrainedRun[] => sweep(soundTable, study)

const findings = (runs: RunRecord[], study: StudyOutline = aStudy(), more: Partial<ComparisonInput> = {}) =>
  compareStudy({ study, runs, testSealed: false, ...more }).audit

function find({ findings }: { findings: readonly Finding[] }, id: FindingId): Finding {
  const found = findings.find((finding) => finding.id === id)
  if (!found)
    throw new Error(`no ${id} among ${findings.map((finding) => finding.id).join(', ') || 'no findings'}`)
  return found
}

describe('the audit of a comparison', () => {
  it('gives a clean bill of health in words', () => {
    expect(findings(sound())).toEqual({ findings: [], summary: 'The audit found nothing to object to.' })
  })

  it('finds a best rate on the edge and would extend the grid for all by half a decade', () => {
    const table = {
      ...soundTable,
      [UNFROZEN]: { 1e-5: [0.9, 0.91, 0.92], 1e-4: [0.7, 0.8, 0.9], 1e-3: [0.6, 0.7, 0.8] },
    }
    const edge = find(findings(sweep(table)), 'edge-of-grid')
    expect(edge).toMatchObject({ severity: 'warning', setting: UNFROZEN, numbers: { rate: 1e-5 } })
    expect(edge.runs).toHaveLength(3)
    expect(edge.remedy).toMatchObject({ patch: { learning_rates: [3.16e-6, 1e-5, 1e-4, 1e-3] } })
    expect(edge.alternative).toMatchObject({ patch: { extra_learning_rates: { [UNFROZEN]: [3.16e-6] } } })
  })

  it('finds a peak that stands out from both neighbours a decade away', () => {
    const table = {
      ...soundTable,
      [UNFROZEN]: { 1e-5: [0.5, 0.51, 0.52], 1e-4: [0.8, 0.81, 0.82], 1e-3: [0.6, 0.61, 0.62] },
    }
    const coarse = find(findings(sweep(table)), 'coarse-grid')
    expect(coarse).toMatchObject({ severity: 'note', setting: UNFROZEN })
    expect(coarse.remedy).toMatchObject({ patch: { learning_rates: [1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3] } })
  })

  it('names failed runs and asks to run them again', () => {
    const runs = sound().map((run) =>
      run.seed === 0 && run.learningRate === 1e-5 ? { ...run, state: 'failed' as const, summary: {} } : run,
    )
    const audit = findings(runs)
    expect(find(audit, 'missing-runs')).toMatchObject({
      severity: 'warning',
      setting: FROZEN,
      numbers: { missing: 1 },
      remedy: { kind: 'rerun', runs: [`mnist/${FROZEN}/1.00e-5/0`] },
    })
  })

  it('tells a rate where all seeds diverged from one where only some did', () => {
    const all = sweep({ ...soundTable, [FROZEN]: { ...soundTable[FROZEN], 1e-3: ['x', 'x', 'x'] } })
    expect(find(findings(all), 'diverged-runs').severity).toBe('note')
    const some = sweep({ ...soundTable, [FROZEN]: { ...soundTable[FROZEN], 1e-3: [0.9, 0.9, 'x'] } })
    expect(find(findings(some), 'diverged-runs')).toMatchObject({
      severity: 'warning',
      numbers: { arms: 1, seeds: 1 },
    })
  })

  it('is grave when no rate of a setting trained stably', () => {
    const runs = sweep(
      { ...soundTable, [FROZEN]: { 1e-5: ['x'], 1e-4: ['x'], 1e-3: ['x'] } },
      aStudy({ seeds: [0] }),
    )
    const audit = findings(runs, aStudy({ seeds: [0] }))
    expect(audit.findings[0]).toMatchObject({ id: 'no-eligible-arm', severity: 'error', setting: FROZEN })
  })

  it('finds a chosen arm that was still improving at its last step', () => {
    const runs = sound().map((run) =>
      run.learningRate === 1e-4 && run.setting === FROZEN ? { ...run, bestStep: run.steps } : run,
    )
    expect(find(findings(runs), 'still-improving')).toMatchObject({
      setting: FROZEN,
      numbers: { improving: 3, complete: 3, steps: 1000 },
      remedy: { patch: { training: { max_steps: 2000 } } },
    })
  })

  it('does not mistake a run that stopped early for one that was cut short', () => {
    const runs = sound().map((run) => ({ ...run, state: 'early-stopped' as const, bestStep: run.steps }))
    expect(findings(runs).findings).toEqual([])
  })

  it('says when the ranking depends on the rate beyond noise', () => {
    const runs = sweep({ ...soundTable, [UNFROZEN]: { ...soundTable[UNFROZEN], 1e-3: [0.1, 0.11, 0.12] } })
    expect(find(findings(runs), 'ranking-depends-on-rate')).toMatchObject({
      severity: 'warning',
      numbers: { rates: 1, of: 3 },
    })
  })

  it('says which difference is within noise and how many seeds it would take', () => {
    const near = { 1e-5: [0.3, 0.32, 0.34], 1e-4: [0.368, 0.363, 0.358], 1e-3: [0.3, 0.32, 0.34] }
    const noise = find(findings(sweep({ ...soundTable, [UNFROZEN]: near })), 'within-noise')
    expect(noise.explanation).toContain('contains 0')
    expect(noise.numbers['seedsNeeded']).toBeGreaterThan(3)
    expect(noise.remedy).toMatchObject({
      patch: { seeds: Array.from({ length: noise.numbers['seedsNeeded'] ?? 0 }, (_, i) => i) },
    })
  })

  it('says when validation and test order two settings differently', () => {
    const runs = sound().map((run) => ({
      ...run,
      summary: {
        ...run.summary,
        'test/accuracy': run.setting === FROZEN ? 0.9 + run.seed / 100 : 0.1 + run.seed / 100,
      },
    }))
    expect(find(findings(runs), 'splits-disagree').severity).toBe('warning')
  })

  it('takes runs of different data for an error and of different commits for a warning', () => {
    const runs = sound()
    const [first, ...rest] = runs
    if (!first?.environment) throw new Error('no run')
    const oldData = {
      ...first,
      config: { ...first.config, task: { ...first.config.task, data: { train: 'older' } } },
    }
    expect(find(findings([oldData, ...rest]), 'mixed-data')).toMatchObject({
      severity: 'error',
      runs: [first.id],
      // Other files, other keys: planned anew, it is trained.
      remedy: { kind: 'change-study', patch: {} },
    })
    const oldCode = { ...first, environment: { ...first.environment, commit: 'older' } }
    expect(find(findings([oldCode, ...rest]), 'mixed-versions')).toMatchObject({
      severity: 'warning',
      runs: [first.id],
      // The version is not in the key: nothing would train it again.
      remedy: null,
    })
  })

  it('takes runs of different precisions for an error', () => {
    const [first, ...rest] = sound()
    if (!first) throw new Error('no run')
    const rounded = { ...first, config: { ...first.config, precision: 'bf16' as const } }
    expect(find(findings([rounded, ...rest]), 'mixed-precision')).toMatchObject({
      severity: 'error',
      runs: [first.id],
    })
  })

  it('warns that bf16 rounds what a frozen trunk multiplies, and not what a trained one does', () => {
    const inBfloat16 = sound().map((run) => ({
      ...run,
      config: { ...run.config, precision: 'bf16' as const },
    }))
    expect(find(findings(inBfloat16), 'mixed-precision').severity).toBe('warning')
    // An LSTM has no matrices that bf16 rounds: all its settings are computed alike.
    for (const type of ['lstm', 'fpt_lnlstm']) {
      const recurrent = inBfloat16.map((run) => ({
        ...run,
        config: { ...run.config, model: { ...run.config.model, type } },
      }))
      expect(findings(recurrent).findings.map(({ id }) => id)).not.toContain('mixed-precision')
    }
  })

  it('calls open runs provisional', () => {
    const runs = [...sound(), aRun({ rate: 1e-4, seed: 7, state: 'running' })]
    expect(find(findings(runs), 'open-runs')).toMatchObject({ severity: 'note', numbers: { open: 1 } })
  })

  it('says what changed after the test was seen', () => {
    const seal = {
      ruleFrozenAt: '2026-01-01T00:00:00Z',
      testOpenedAt: '2026-01-02T00:00:00Z',
      testRevealedAt: null,
      changedAfterTest: ['grid'],
    }
    expect(find(findings(sound(), aStudy(), { seal }), 'changed-after-test').explanation).toContain(
      'grid changed',
    )
  })
})

describe('the audit of a plan', () => {
  const ids = (study: StudyOutline) => auditPlan(study).findings.map(({ id }) => id)

  it('has nothing to say to three seeds on a grid of one rate a decade', () => {
    expect(auditPlan(aStudy())).toEqual({ findings: [], summary: 'The plan shows nothing to object to.' })
  })

  it.each([
    ['a single rate', { learning_rates: [1e-3] }, ['single-rate']],
    ['a grid of one decade', { learning_rates: [1e-4, 1e-3] }, ['narrow-grid']],
    ['steps of two decades', { learning_rates: [1e-6, 1e-4, 1e-3] }, ['coarse-grid']],
    ['two seeds', { seeds: [4, 5] }, ['few-seeds']],
    ['no validation split', { validation: { ...aStudy().validation, fraction: 0 } }, ['no-validation']],
    ['two evaluations in all', { validation: { ...aStudy().validation, every: 500 } }, ['rarely-evaluated']],
    ['a test subset', { test: { examples: 100 } }, ['test-subset']],
    ['a finer grid for one setting', { extra_learning_rates: { [FROZEN]: [3e-5] } }, ['unequal-grids']],
  ] satisfies [string, Partial<TrainedOutline>, FindingId[]][])('objects to %s', (_, changes, expected) => {
    expect(ids(aStudy(changes))).toEqual(expected)
  })

  it('takes a plan without a validation split for an error, unless the task may bring its own', () => {
    const validation = { ...aStudy().validation, fraction: 0 }
    const severity = (kind: string) =>
      find(auditPlan(aStudy({ validation, tasks: [{ name: 'it', kind, options: {} }] })), 'no-validation')
        .severity
    expect([severity('mnist'), severity('tensors')]).toEqual(['error', 'warning'])
  })

  it('knows from the runs whether a task brought a validation split', () => {
    const study = aStudy({
      validation: { ...aStudy().validation, fraction: 0 },
      tasks: [{ name: 'mnist', kind: 'tensors', options: {} }],
    })
    const { findings: none } = findings(sound(study), study)
    expect(none.map(({ id }) => id)).not.toContain('no-validation')
    const without = sound(study).map((run) => ({ ...run, bestStep: null, summary: { 'test/accuracy': 0.5 } }))
    const found = find(findings(without, study), 'no-validation')
    expect(found).toMatchObject({ severity: 'error', task: 'mnist' })
    expect(found.explanation).toContain('Nothing can be selected')
  })

  it('takes rates beyond the shared grid for information, rates between for a favour', () => {
    const severity = (rate: number) =>
      find(auditPlan(aStudy({ extra_learning_rates: { [FROZEN]: [rate] } })), 'unequal-grids').severity
    expect(severity(3.16e-6)).toBe('note')
    expect(severity(3.16e-5)).toBe('warning')
  })

  it('says where one of two tasks of a kind has its batches by length, and the other not', () => {
    const byLength = { name: 'short', kind: 'listops', options: { batches: 'by-length' } }
    const mixed = { name: 'long', kind: 'listops', options: {} }
    const note = find(auditPlan(aStudy({ tasks: [byLength, mixed] })), 'batches-differ')
    expect(note).toMatchObject({ severity: 'note', task: 'short' })
    expect(note.explanation).toContain('those of long examples of all lengths')
    for (const tasks of [[byLength], [byLength, { ...mixed, kind: 'remote-homology' }]])
      expect(auditPlan(aStudy({ tasks })).findings.map(({ id }) => id)).not.toContain('batches-differ')
  })

  it('says that rows beyond the position table are drawn and trained, where a task asks for it', () => {
    const options = { positions_beyond: 'drawn' }
    const note = find(
      auditPlan(aStudy({ tasks: [{ name: 'long', kind: 'cifar10-lra', options }] })),
      'positions-beyond',
    )
    expect(note).toMatchObject({ severity: 'note', task: 'long' })
    expect(note.explanation).toContain('drawn by each run')
  })

  it('offers seeds that are not planned yet', () => {
    expect(find(auditPlan(aStudy({ seeds: [1, 5] })), 'few-seeds').remedy).toMatchObject({
      patch: { seeds: [1, 5, 0] },
    })
  })
})
