import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import { contrastsOf } from '../../src-main/analysis/contrasts'
import { aStudy, FOUR_SETTINGS, sweep } from './factory'

const [FP, FR, UP] = ['frozen-pretrained', 'frozen-random', 'unfrozen-pretrained']

function groupOf(table: Parameters<typeof sweep>[0]) {
  const study = aStudy({ settings: FOUR_SETTINGS.slice(0, 3), learning_rates: [1e-4, 1e-3] })
  const [group] = compareStudy({ study, runs: sweep(table, study), testSealed: false }).groups
  if (!group) throw new Error('no group')
  return group
}

describe('rankings', () => {
  it('share a place on an exact tie and put a diverged setting last', () => {
    const { rankings } = groupOf({
      [FP]: { 1e-4: [0.5, 0.5], 1e-3: [0.4, 0.4] },
      [FR]: { 1e-4: [0.5, 0.5], 1e-3: ['x', 0.99] },
      [UP]: { 1e-4: [0.7, 0.7], 1e-3: [0.1, 0.1] },
    })
    expect(rankings[0]?.text).toBe(`${UP} > ${FP} = ${FR}`)
    expect(rankings[0]?.settings.map(({ place }) => place)).toEqual([1, 2, 2])
    expect(rankings[1]?.text).toBe(`${FP} > ${UP} > ${FR} (diverged)`)
  })

  it('leave a setting without a score out of the order', () => {
    const { rankings } = groupOf({ [FP]: { 1e-4: [0.5] }, [FR]: { 1e-4: [null] }, [UP]: { 1e-4: [0.6] } })
    expect(rankings[0]?.text).toBe(`${UP} > ${FP}`)
    expect(rankings[0]?.settings.find(({ setting }) => setting === FR)?.place).toBeNull()
  })

  it('call a flip beyond noise only where both differences exclude 0', () => {
    const steady = { [FR]: { 1e-4: [0.2, 0.2, 0.2], 1e-3: [0.2, 0.2, 0.2] } }
    const firm = groupOf({
      ...steady,
      [FP]: { 1e-4: [0.5, 0.51, 0.52], 1e-3: [0.6, 0.61, 0.62] },
      [UP]: { 1e-4: [0.8, 0.81, 0.82], 1e-3: [0.3, 0.31, 0.32] },
    })
    expect(firm.flips).toEqual([{ rate: 1e-3, leader: FP, leaderAtBest: UP, beyondNoise: true }])
    const loose = groupOf({
      ...steady,
      [FP]: { 1e-4: [0.3, 0.5, 0.7], 1e-3: [0.4, 0.6, 0.81] },
      [UP]: { 1e-4: [0.4, 0.6, 0.83], 1e-3: [0.3, 0.5, 0.7] },
    })
    expect(loose.flips).toEqual([{ rate: 1e-3, leader: FP, leaderAtBest: UP, beyondNoise: false }])
  })
})

describe('the sentence about the ranking at each rate', () => {
  const about = (table: Parameters<typeof sweep>[0]) =>
    groupOf(table).sentences.filter((sentence) => /shared rates|depends on the rate/.test(sentence))

  it('says that the rate decides where two settings are equal at their own best', () => {
    expect(about({ [FP]: { 1e-4: [0.9], 1e-3: [0.2] }, [FR]: { 1e-4: [0.2], 1e-3: [0.9] } })).toEqual([
      `Which of ${FP} and ${FR} leads depends on the rate: ${FP} at 1e-4, ${FR} at 1e-3.`,
    ])
  })

  it('calls rankings the same only where they are', () => {
    expect(about({ [FP]: { 1e-4: [0.9], 1e-3: [0.8] }, [FR]: { 1e-4: [0.2], 1e-3: [0.3] } })).toEqual([
      'The ranking is the same at every one of the 2 shared rates.',
    ])
    expect(about({ [FP]: { 1e-4: [0.9], 1e-3: [0.9] }, [FR]: { 1e-4: [0.2], 1e-3: [0.9] } })).toEqual([
      'No pair of settings turns its order round between the 2 shared rates, though ties and gaps differ.',
    ])
  })

  it('names rates that follow each other as a range, and all of them as all', () => {
    const rates = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]
    const study = aStudy({ settings: FOUR_SETTINGS.slice(0, 2), learning_rates: rates })
    const scores = (values: number[]) =>
      Object.fromEntries(values.map((value, i) => [rates[i] ?? NaN, [value]]))
    const said = (fr: number[]): string[] => {
      const table = { [FP]: scores([0.5, 0.5, 0.5, 0.5, 0.9]), [FR]: scores(fr) }
      const [group] = compareStudy({ study, runs: sweep(table, study), testSealed: false }).groups
      return group?.sentences.filter((sentence) => sentence.includes('shared rates')) ?? []
    }
    expect(said([0.4, 0.6, 0.6, 0.6, 0.2])).toEqual([
      'At 3 of 5 shared rates (1e-4 to 1e-2) some pair is ranked otherwise than at its own best, nowhere beyond noise.',
    ])
    expect(said([0.6, 0.6, 0.4, 0.6, 0.2])).toEqual([
      'At 3 of 5 shared rates (1e-5, 1e-4, 1e-2) some pair is ranked otherwise than at its own best, nowhere beyond noise.',
    ])
    // While the last runs train, their rate is nobody's to share.
    expect(said([0.4, 0.6, 0.6, 0.6])).toEqual([
      'At 3 of 4 shared rates (1e-4 to 1e-2) some pair is ranked otherwise than at its own best, nowhere beyond noise.',
    ])
  })

  it('is silent where nothing can be ranked', () => {
    expect(about({ [FP]: { 1e-4: [null], 1e-3: [null] }, [FR]: { 1e-4: [null], 1e-3: [null] } })).toEqual([])
  })
})

describe('contrastsOf', () => {
  it('pairs the four settings by what they train and by how they start', () => {
    expect(contrastsOf(FOUR_SETTINGS)).toEqual([
      { a: 'frozen-pretrained', b: 'unfrozen-pretrained', kind: 'training' },
      { a: 'frozen-random', b: 'unfrozen-random', kind: 'training' },
      { a: 'frozen-pretrained', b: 'frozen-random', kind: 'initialisation' },
      { a: 'unfrozen-pretrained', b: 'unfrozen-random', kind: 'initialisation' },
    ])
  })

  it('puts what trains less first whatever the order in the study', () => {
    const reversed = [...FOUR_SETTINGS].reverse()
    expect(contrastsOf(reversed)).toContainEqual({
      a: 'frozen-random',
      b: 'unfrozen-random',
      kind: 'training',
    })
  })

  it('sets a setting that differs from all in more than one thing against the first', () => {
    const settings = [FOUR_SETTINGS[0], FOUR_SETTINGS[3]].flatMap((setting) => setting ?? [])
    expect(contrastsOf(settings)).toEqual([{ a: 'frozen-pretrained', b: 'unfrozen-random', kind: 'both' }])
  })
})
