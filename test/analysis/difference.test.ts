import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import { pairedDifference, welchDifference } from '../../src-main/analysis/difference'
import { hedges, holm, testDifferences } from '../../src-main/analysis/difference-tests'
import { standardError } from '../../src-main/analysis/estimate'
import { seedsToShow, smallestDifference } from '../../src-main/analysis/power'
import { bootstrapInterval, signFlipTest } from '../../src-main/analysis/resampling'
import { stochasticOrder, violationRatio } from '../../src-main/analysis/stochastic-order'
import { aStudy, sweep } from './factory'
import reference from './reference.json'

const ascending = (values: readonly number[]): number[] => [...values].sort((x, y) => x - y)
const differences = (a: readonly number[], b: readonly number[]): number[] =>
  a.map((value, i) => value - (b[i] ?? NaN))

/** Samples for which the reference holds this statistic. */
const samplesWith = <Key extends keyof Sample>(key: Key): (Sample & Required<Pick<Sample, Key>>)[] =>
  reference.samples.filter((sample): sample is Sample & Required<Pick<Sample, Key>> => key in sample)
type Sample = (typeof reference.samples)[number]

describe('as SciPy and deepsig have it', () => {
  it.each(reference.samples)(
    'SEM, Welch interval and effect size of $a against $b',
    ({ a, b, ...expected }) => {
      expect(standardError(a)).toBeCloseTo(expected.sem[0] ?? NaN, 12)
      expect(standardError(b)).toBeCloseTo(expected.sem[1] ?? NaN, 12)
      const { mean, interval } = welchDifference(a, b)
      expect(mean).toBeCloseTo(expected.welch.mean, 12)
      expect(interval?.df).toBeCloseTo(expected.welch.df, 9)
      expect(interval?.low).toBeCloseTo(expected.welch.low, 8)
      expect(interval?.high).toBeCloseTo(expected.welch.high, 8)
      expect(hedges(a, b)).toBeCloseTo(expected.hedges, 9)
    },
  )

  it.each(samplesWith('paired'))('paired interval of $a against $b', ({ a, b, paired }) => {
    const { interval } = pairedDifference(a, b)
    expect(interval).toMatchObject({ df: paired.df, method: 'paired-t' })
    expect(interval?.low).toBeCloseTo(paired.low, 8)
    expect(interval?.high).toBeCloseTo(paired.high, 8)
  })

  it.each(samplesWith('sign_flips'))(
    'exact p over all sign flips of $a against $b',
    ({ a, b, sign_flips: p }) => {
      expect(signFlipTest(differences(a, b))).toMatchObject({ exact: true, pairs: a.length })
      expect(signFlipTest(differences(a, b)).p).toBeCloseTo(p, 12)
    },
  )

  it.each(samplesWith('bca'))(
    'BCa interval of $a against $b, nearly, from other resamples',
    ({ a, b, bca }) => {
      const interval = bootstrapInterval(differences(a, b))
      expect(interval?.low).toBeCloseTo(bca.low, 1)
      expect(interval?.high).toBeCloseTo(bca.high, 1)
    },
  )

  it.each(samplesWith('order'))('stochastic order of $a against $b, its bound nearly', ({ a, b, order }) => {
    expect(violationRatio(ascending(a), ascending(b))).toBeCloseTo(order.ratio, 3)
    expect(stochasticOrder(a, b)?.epsilon).toBeCloseTo(order.epsilon[0] ?? NaN, 1)
    expect(stochasticOrder(b, a)?.epsilon).toBeCloseTo(order.epsilon[1] ?? NaN, 1)
    expect(stochasticOrder(a, b)?.lowN).toBe(true)
  })
})

describe('honesty about n', () => {
  it('gives no interval for one seed, nor for seeds that do not differ', () => {
    expect(welchDifference([0.5], [0.4, 0.5])).toMatchObject({
      interval: null,
      noInterval: 'one seed shows no spread',
    })
    expect(welchDifference([0.5, 0.5], [0.4, 0.4]).interval).toBeNull()
    expect(pairedDifference([1], [2]).interval).toBeNull()
  })

  it('refuses a permutation p below 6 pairs and prints the smallest that there could be', () => {
    expect(signFlipTest([1, 1, 1])).toEqual({ p: null, smallestP: 0.25, pairs: 3, exact: true })
    expect(signFlipTest([1, 1, 1, 1, 1, 1]).p).toBe(2 / 64)
  })

  it('draws sign flips where there are too many, always the same ones', () => {
    const many = Array.from({ length: 24 }, (_, i) => Math.sin(i) + 0.3)
    const test = signFlipTest(many)
    expect(test.exact).toBe(false)
    expect(signFlipTest(many)).toEqual(test)
    expect(test.p).toBeGreaterThan(0.01)
    expect(test.p).toBeLessThan(0.2)
  })

  it('refuses a bootstrap below 8 pairs and stochastic order below 5 seeds', () => {
    expect(bootstrapInterval([1, 2, 3, 4, 5, 6, 7])).toBeNull()
    expect(bootstrapInterval([2, 2, 2, 2, 2, 2, 2, 2])).toMatchObject({ low: 2, high: 2 })
    expect(stochasticOrder([1, 2, 3, 4], [1, 2, 3, 4, 5])).toBeNull()
  })

  it('does not let the interval hang on which arm is named first', () => {
    const scores = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 })
    fc.assert(
      fc.property(scores, scores, (a, b) => {
        const [one, other] = [welchDifference(a, b).interval, welchDifference(b, a).interval]
        expect(one === null).toBe(other === null)
        if (one && other) expect(one.low).toBeCloseTo(-other.high, 9)
      }),
    )
  })
})

describe('holm', () => {
  it('adjusts as the reference does and leaves tests without a p out of the family', () => {
    const { p, adjusted } = reference.holm
    holm([null, ...p]).forEach((value, i) => {
      if (i === 0) expect(value).toBeNull()
      else expect(value).toBeCloseTo(adjusted[i - 1] ?? NaN, 12)
    })
  })
})

describe('power', () => {
  it('shrinks what can be shown as seeds grow, and has no answer for one', () => {
    expect(smallestDifference(0.01, 1)).toBeNull()
    // df 4: t(0.975) = 2.776, t(0.8) = 0.941; √(2/3) · 0.01 · 3.717
    expect(smallestDifference(0.01, 3)).toBeCloseTo(0.03035, 4)
    expect(smallestDifference(0.01, 30)).toBeLessThan(smallestDifference(0.01, 10) ?? 0)
  })

  it('asks for the fewest seeds whose smallest difference is the one seen', () => {
    const { mean, interval } = welchDifference([0.5, 0.52, 0.54], [0.53, 0.55, 0.57])
    const needed = seedsToShow({ mean, interval, n: { a: 3, b: 3 } }) ?? 0
    expect(smallestDifference(0.02, needed)).toBeLessThanOrEqual(0.03)
    expect(smallestDifference(0.02, needed - 1)).toBeGreaterThan(0.03)
    expect(seedsToShow({ mean: 0, interval, n: { a: 3, b: 3 } })).toBeNull()
  })
})

describe('testDifferences', () => {
  const study = aStudy({ learning_rates: [1e-4, 1e-3] })
  const runs = sweep(
    {
      'frozen-pretrained': { 1e-4: [0.5, 0.52, 0.54], 1e-3: [0.51, 0.5, 0.53] },
      'unfrozen-pretrained': { 1e-4: [0.6, 0.66, 0.63], 1e-3: [0.2, 0.7, 0.1] },
    },
    study,
  )
  const comparison = compareStudy({ study, runs, testSealed: false })
  const [group] = comparison.groups
  if (!group) throw new Error('no group')
  const family = testDifferences(group, comparison)

  it('names its family and says what three seeds cannot give', () => {
    expect(family.family).toBe(
      '1 contrasts of mnist × minilm-l6, test accuracy, each setting at its chosen rate',
    )
    const [only] = family.tests
    expect(only).toMatchObject({ permutation: { p: null, smallestP: 0.25 }, bootstrap: null, order: null })
    expect(only?.noBootstrap).toContain('3 pairs')
    expect(only?.p).toBeGreaterThan(0)
    expect(only?.holm).toBe(only?.p)
  })

  it('stands the difference with the rate chosen anew by every seed beside it', () => {
    // By seed: frozen 0.51, 0.52, 0.54; unfrozen 0.60, 0.70, 0.63; test is 0.01 less on both sides.
    const reselected = family.tests[0]?.reselected
    expect(reselected?.a.mean).toBeCloseTo((0.51 + 0.52 + 0.54) / 3 - 0.01, 12)
    expect(reselected?.b.mean).toBeCloseTo((0.6 + 0.7 + 0.63) / 3 - 0.01, 12)
  })
})
