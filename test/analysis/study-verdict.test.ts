import { expect, it } from 'vitest'
import { compareStudy } from '../../src-main/analysis/comparison'
import { studyVerdict } from '../../src-main/analysis/study-verdict'
import { aStudy, FOUR_SETTINGS, sweep } from './factory'

const [FP, UP] = ['frozen-pretrained', 'unfrozen-pretrained']

function lineOf(table: Parameters<typeof sweep>[0], settings = aStudy().settings): string | null {
  const study = aStudy({ settings, learning_rates: [1e-4] })
  return studyVerdict(compareStudy({ study, runs: sweep(table, study), testSealed: true })).line
}

it('a setting that alone has a result has not won', () => {
  expect(lineOf({ [FP]: { 1e-4: [0.5] }, [UP]: { 1e-4: [0.6] } })).toBe(`${UP} > ${FP}`)
  expect(lineOf({ [FP]: { 1e-4: [0.5] } })).toBe(`only ${FP} has a result`)
  expect(lineOf({ [FP]: { 1e-4: [null] } })).toBeNull()
})

it('a study of one setting has nothing else to say', () => {
  expect(lineOf({ [FP]: { 1e-4: [0.5] } }, FOUR_SETTINGS.slice(0, 1))).toBe(FP)
})
