import { describe, expect, it } from 'vitest'
import { testDifferences } from '../../../src-main/analysis/difference-tests'
import { provenanceOf } from '../../../src-main/reports/report-source'
import { tableText } from '../../../src-main/reports/report'
import { againstTables } from '../../../src-main/reports/tables'
import { readTableFile, verifyTable } from '../../../src-main/reports/verify'
import { aSource } from '../source'

const source = aSource()
const of = { setting: 'unfrozen-random' }
const [group] = source.comparison.groups
if (group === undefined) throw new Error('no group')
const reference = { task: group.task, model: group.model, setting: of.setting }
const [differences, tests] = againstTables(source, reference)
if (!differences || !tests) throw new Error('no tables')

const numberOf = (table: typeof differences, label: string, name: string): number | undefined =>
  table.rows
    .find((row) => row.label === label)
    ?.cells.map(({ numbers }) => numbers[name])
    .find((number) => number !== undefined)

describe('all settings against one', () => {
  it('are every other setting minus it, the best first', () => {
    expect(differences.rows.map(({ label }) => label)).toEqual([
      'unfrozen-pretrained',
      'frozen-pretrained',
      'frozen-random',
    ])
    const test = (name: string): number =>
      group.cells.find(({ setting }) => setting === name)?.choice?.test?.mean ?? NaN
    for (const { label } of differences.rows)
      expect(numberOf(differences, label, 'difference')).toBeCloseTo(test(label) - test(of.setting), 12)
  })

  it('say of a pair what the report says of it, whichever way round', () => {
    const known = group.bestDifferences.find(
      ({ a, b, split }) => a === 'unfrozen-pretrained' && b === of.setting && split === 'test',
    )
    const turned = group.bestDifferences.find(
      ({ a, b, split }) => a === 'frozen-random' && b === of.setting && split === 'test',
    )
    for (const pair of [known, turned]) {
      expect(pair?.interval).toBeDefined()
      expect(numberOf(differences, pair?.a ?? '', 'low')).toBeCloseTo(pair?.interval?.low ?? NaN, 12)
    }
    const [back] = againstTables(source, { ...reference, setting: 'frozen-random' })
    expect(numberOf(back!, of.setting, 'low')).toBeCloseTo(-(turned?.interval?.high ?? NaN), 12)
  })

  it('adjust p over all pairs, since the one may have been chosen after looking', () => {
    expect(tests.notes[0]).toContain('all 6 pairs of settings')
    const plain = testDifferences(group, source.comparison)
    const alone = plain.tests.find(({ difference: { a } }) => a === 'frozen-random')
    expect(numberOf(tests, 'frozen-random', 'holm')).toBeGreaterThanOrEqual(alone?.p ?? NaN)
  })

  it('are none where there is no such setting', () => {
    expect(againstTables(source, { ...reference, setting: 'nobody' })).toEqual([])
    expect(againstTables(source, { ...reference, task: 'nothing' })).toEqual([])
  })
})

describe('verify of a table that is in no report', () => {
  const text = tableText(differences, 'csv', provenanceOf(source))

  it('recomputes it, and finds what was altered', () => {
    const check = (content: string) =>
      verifyTable(readTableFile(Buffer.from(content), 'table.csv'), 'table.csv', source)
    expect(check(text)).toMatchObject({ changes: [], cells: 15 })
    const shown = differences.rows[0]?.cells[0]?.text ?? ''
    expect(check(text.replace(shown, '+99.9')).changes).toMatchObject([
      { now: expect.stringContaining(shown) as string },
    ])
  })
})
