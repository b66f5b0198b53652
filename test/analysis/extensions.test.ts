import { describe, expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import type { ComparisonInput } from '../../src-main/analysis/comparison'
import type { Finding } from '../../src-main/analysis/audit'
import type { SelectionRule } from '../../src-main/run'
import { aStudy, sweep } from './factory'

const FROZEN = 'frozen-pretrained'
const UNFROZEN = 'unfrozen-pretrained'
type Scores = Parameters<typeof sweep>[0][string]

const interior: Scores = { 1e-5: [0.3, 0.31], 1e-4: [0.5, 0.52], 1e-3: [0.3, 0.33] }
/** Best at the lowest shared rate; beyond it better still, then worse. */
const low: Scores = {
  1e-7: [0.4, 0.42],
  3.16e-7: [0.6, 0.63],
  1e-6: [0.8, 0.82],
  3.16e-6: [0.75, 0.76],
  1e-5: [0.7, 0.71],
  1e-4: [0.5, 0.51],
  1e-3: [0.2, 0.23],
}

interface Case {
  readonly extra: Readonly<Record<string, readonly number[]>>
  readonly table?: Record<string, Scores>
  readonly rule?: Partial<SelectionRule>
  readonly more?: Partial<ComparisonInput>
}

function judge({ extra, table = { [FROZEN]: interior, [UNFROZEN]: low }, rule, more }: Case) {
  const study = aStudy({ extra_learning_rates: extra, seeds: [0, 1] }, rule)
  const planned = Object.fromEntries(
    Object.entries(table).map(([setting, rates]) => {
      const asked = [...study.learning_rates, ...(extra[setting] ?? [])]
      return [
        setting,
        Object.fromEntries(Object.entries(rates).filter(([rate]) => asked.includes(Number(rate)))),
      ]
    }),
  )
  const comparison = compareStudy({ study, runs: sweep(planned, study), testSealed: true, ...more })
  const finding = comparison.audit.findings.find(({ id }): boolean => id === 'unequal-grids')
  return { ...comparison, finding }
}

const breachesOf = ({ extensions }: ReturnType<typeof judge>): string[] =>
  extensions?.breaches.map(({ setting, why }) => `${setting}: ${why}`) ?? []

describe('grids beyond the shared one', () => {
  it('are none where every setting has the same, as drawn rates have what was added for all', () => {
    const found = judge({
      extra: { [FROZEN]: [1e-6], [UNFROZEN]: [1e-6] },
      table: { [FROZEN]: low, [UNFROZEN]: low },
    })
    expect(found.extensions).toBeNull()
    expect(found.finding).toBeUndefined()
  })

  it('are information where every setting was extended until its best rate was interior', () => {
    const found = judge({ extra: { [UNFROZEN]: [3.16e-6, 1e-6, 3.16e-7] } })
    expect(found.extensions).toMatchObject({ atMost: 3, isSet: false, breaches: [] })
    expect(found.extensions?.settings).toMatchObject([
      { setting: FROZEN, times: 0, uncalled: [], isOnEdge: false },
      { setting: UNFROZEN, times: 3, uncalled: [], isOnEdge: false },
    ])
    expect(found.finding).toMatchObject<Partial<Finding>>({ severity: 'note', remedy: null })
    expect(found.finding?.explanation).toContain('one rule')
  })

  it('are a favour where a setting got rates that its scores did not call for', () => {
    const found = judge({ extra: { [FROZEN]: [3.16e-6], [UNFROZEN]: [3.16e-6, 1e-6, 3.16e-7, 1e-7] } })
    expect(breachesOf(found)).toEqual([
      `${FROZEN}: 1 of its further rates was not called for: its best rate was interior without it`,
      `${UNFROZEN}: 1 of its further rates was not called for: its best rate was interior without it`,
    ])
    expect(found.finding).toMatchObject({ severity: 'warning' })
    expect(found.finding?.remedy).toMatchObject({
      patch: { learning_rates: [1e-7, 3.16e-7, 1e-6, 3.16e-6, 1e-5, 1e-4, 1e-3], extra_learning_rates: {} },
    })
  })

  it('are a favour where one setting was extended and another that needed it was not', () => {
    const found = judge({
      extra: { [UNFROZEN]: [3.16e-6, 1e-6, 3.16e-7] },
      table: { [FROZEN]: { 1e-5: [0.6, 0.61], 1e-4: [0.5, 0.52], 1e-3: [0.3, 0.31] }, [UNFROZEN]: low },
    })
    expect(breachesOf(found)).toEqual([
      `${FROZEN}: its best rate is still on the edge and it was extended not at all`,
    ])
  })

  it('may stop at the limit that the study set beforehand, and may not go beyond it', () => {
    const spent = judge({ extra: { [UNFROZEN]: [3.16e-6] }, rule: { extensions: 1 } })
    expect(spent.extensions).toMatchObject({ atMost: 1, isSet: true, breaches: [] })
    expect(spent.finding?.severity).toBe('note')
    const beyond = judge({ extra: { [UNFROZEN]: [3.16e-6, 1e-6, 3.16e-7] }, rule: { extensions: 1 } })
    expect(breachesOf(beyond)).toEqual([`${UNFROZEN}: it was extended 3 times, and the limit is 1`])
  })

  it('offer no further extension of one setting once its limit is spent', () => {
    const edgeOf = (extensions: number) =>
      judge({ extra: { [UNFROZEN]: [3.16e-6] }, rule: { extensions } }).audit.findings.find(
        ({ id }) => id === 'edge-of-grid',
      )
    expect(edgeOf(1)?.alternative).toBeNull()
    expect(edgeOf(2)?.alternative?.say).toContain('at most twice')
  })

  it('cannot have been called for where the log knows of no change after the first run', () => {
    const extra = { [UNFROZEN]: [3.16e-6, 1e-6, 3.16e-7] }
    expect(breachesOf(judge({ extra, more: { gridChanges: 0 } }))).toEqual([
      `${UNFROZEN}: its further rates were planned before any run had a score to call for them`,
    ])
    expect(breachesOf(judge({ extra, more: { gridChanges: 2 } }))).toEqual([])
  })

  it('are called for upwards too, and downwards where every rate diverged', () => {
    const up = judge({
      extra: { [FROZEN]: [3.16e-3] },
      table: {
        [FROZEN]: { 1e-5: [0.1, 0.12], 1e-4: [0.5, 0.52], 1e-3: [0.6, 0.61], 3.16e-3: [0.4, 0.41] },
        [UNFROZEN]: interior,
      },
    })
    expect(up.extensions).toMatchObject({ settings: [{ times: 1 }, { times: 0 }], breaches: [] })
    const lost = judge({
      extra: { [UNFROZEN]: [3.16e-6, 1e-6] },
      table: {
        [FROZEN]: interior,
        [UNFROZEN]: { ...low, 3.16e-6: [0.9, 0.91], 1e-5: ['x', 0.2], 1e-4: ['x', 'x'], 1e-3: ['x', 'x'] },
      },
    })
    expect(lost.extensions).toMatchObject({ settings: [{ times: 0 }, { times: 2 }], breaches: [] })
  })

  it('are not judged before all runs have ended, nor where there are none', () => {
    expect(judge({ extra: {} }).extensions).toBeNull()
    const study = aStudy({ extra_learning_rates: { [UNFROZEN]: [1e-6] }, seeds: [0] })
    const [first, ...rest] = sweep({ [FROZEN]: interior, [UNFROZEN]: low }, study)
    const open = [{ ...first!, state: 'running' as const }, ...rest]
    const comparison = compareStudy({ study, runs: open, testSealed: true })
    expect(comparison.extensions).toBeNull()
    expect(comparison.audit.findings.find(({ id }) => id === 'unequal-grids')?.severity).toBe('note')
  })
})
