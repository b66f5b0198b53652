import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import type { ComparisonInput, Difference } from '../../src-main/analysis/comparison'
import { pairedDifference, welchDifference } from '../../src-main/analysis/difference'
import { testDifferences } from '../../src-main/analysis/difference-tests'
import { numberDraws } from '../../src-main/analysis/draws'
import { smallestPairedDifference } from '../../src-main/analysis/power'
import type { RunRecord } from '../../src-main/run'
import { aRun, aStudy, sweep } from './factory'

const FROZEN = 'frozen-pretrained'
const UNFROZEN = 'unfrozen-pretrained'
const A = [0.5, 0.6, 0.7]
const B = [0.56, 0.65, 0.77]
const study = aStudy({ learning_rates: [1e-4] })
const runs = (): ReturnType<typeof sweep> => sweep({ [FROZEN]: { 1e-4: A }, [UNFROZEN]: { 1e-4: B } }, study)

function differenceOf(of: readonly RunRecord[], more: Partial<ComparisonInput> = {}): Difference {
  const { groups } = compareStudy({ study, runs: of, testSealed: true, ...more })
  const [difference] = groups[0]?.bestDifferences ?? []
  if (!difference) throw new Error('no difference')
  return difference
}

/** The runs of one setting with another configuration. */
const altered = (change: (run: ReturnType<typeof runs>[number]) => RunRecord): RunRecord[] =>
  runs().map((run) => (run.setting === UNFROZEN ? change(run) : run))

describe('differences between settings', () => {
  it('are paired by seed where both arms share split, order and first values', () => {
    const { interval } = differenceOf(runs())
    expect(interval).toEqual(pairedDifference(A, B).interval)
    expect(interval?.method).toBe('paired-t')
  })

  it.each([
    ['the split', (run) => ({ ...run.config, validation: { ...run.config.validation, seed: 1 } })],
    ['the order', (run) => ({ ...run.config, training: { ...run.config.training, shuffle: false } })],
    ['the first values', (run) => ({ ...run.config, start_from: 'hash' })],
    ['the data', (run) => ({ ...run.config, task: { ...run.config.task, data: { train: 'other' } } })],
  ] as [string, (run: ReturnType<typeof runs>[number]) => RunRecord['config']][])(
    "are Welch's where %s differs",
    (_, configOf) => {
      const { interval } = differenceOf(altered((run) => ({ ...run, config: configOf(run) })))
      expect(interval).toEqual(welchDifference(A, B).interval)
    },
  )

  it("are Welch's where an arm lost a seed, and for imported runs", () => {
    const lost = runs().filter(({ setting, seed }) => setting === FROZEN || seed !== 2)
    expect(differenceOf(lost).interval?.method).toBe('welch-t')
    const imported = runs().map((run) => ({
      ...run,
      config: { imported: { from: 'csv', run: run.id }, options: {}, learning_rate: 1e-4, seed: run.seed },
    }))
    expect(differenceOf(imported).interval?.method).toBe('welch-t')
  })

  it("are Welch's where all pairs differ by the same amount: that is no spread to judge by", () => {
    const shifted = sweep({ [FROZEN]: { 1e-4: A }, [UNFROZEN]: { 1e-4: [0.6, 0.7, 0.8] } }, study)
    expect(differenceOf(shifted).interval?.method).toBe('welch-t')
    expect(differenceOf(shifted, { pairing: 'paired' })).toMatchObject({
      interval: null,
      noInterval: expect.stringContaining('all pairs differ by the same amount') as string,
    })
  })

  it('are what was asked for, though pairs need the same seeds', () => {
    expect(differenceOf(runs(), { pairing: 'welch' }).interval?.method).toBe('welch-t')
    const unknown = altered((run) => ({ ...run, config: { ...run.config, start_from: 'hash' } }))
    expect(differenceOf(unknown, { pairing: 'paired' }).interval?.method).toBe('paired-t')
    const others = altered((run) => ({ ...run, seed: run.seed + 1 }))
    expect(differenceOf(others, { pairing: 'paired' }).interval?.method).toBe('welch-t')
  })

  it('say in their sentence that they are paired', () => {
    const sentences = (pairing: 'auto' | 'welch'): string =>
      compareStudy({ study, runs: runs(), testSealed: true, pairing }).groups[0]?.sentences.join(' ') ?? ''
    expect(sentences('auto')).toContain('% paired interval')
    expect(sentences('welch')).not.toContain('% paired interval')
  })

  it('have what pairs can show where they are paired, which is not what separate seeds can', () => {
    const comparison = compareStudy({ study, runs: runs(), testSealed: true })
    const smallest = (pairing: 'auto' | 'welch') =>
      testDifferences(comparison.groups[0]!, { ...comparison, pairing }).tests[0]?.smallest ?? NaN
    expect(smallest('auto')).toBeCloseTo(smallestPairedDifference(0.01, 3) ?? NaN, 9)
    expect(smallest('auto')).toBeLessThan(smallest('welch') / 5)
  })
})

describe('numberDraws', () => {
  it('gives runs of one seed one number, whatever their setting and rate, in any order of runs', () => {
    const some = [0, 1].flatMap((seed) =>
      [1e-4, 1e-3].flatMap((rate) => [FROZEN, UNFROZEN].map((setting) => aRun({ setting, rate, seed }))),
    )
    const numbers = numberDraws(some)
    const of = (seed: number): number[] =>
      some.filter((run) => run.seed === seed).map(({ id }) => numbers.get(id) ?? NaN)
    expect(new Set(of(0)).size).toBe(1)
    expect(of(0)).not.toEqual(of(1))
    expect([...numberDraws(some.toReversed())].sort()).toEqual([...numbers].sort())
  })
})
