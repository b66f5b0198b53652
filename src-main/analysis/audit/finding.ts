import type { RateDraw } from '../../study/rates'
import type { StudyOutline } from '../conclusions'

/** What the auditor looks for; stable words for scripts and links. */
export type FindingId =
  | 'no-validation'
  | 'single-rate'
  | 'narrow-grid'
  | 'coarse-grid'
  | 'edge-of-grid'
  | 'unequal-grids'
  | 'few-seeds'
  | 'rarely-evaluated'
  | 'test-subset'
  | 'positions-beyond'
  | 'batches-differ'
  | 'missing-runs'
  | 'open-runs'
  | 'diverged-runs'
  | 'no-eligible-arm'
  | 'still-improving'
  | 'mixed-versions'
  | 'mixed-data'
  | 'mixed-precision'
  | 'exact-tie'
  | 'ranking-depends-on-rate'
  | 'within-noise'
  | 'splits-disagree'
  | 'changed-after-test'
  | 'opened-early'
  | 'imported'
  | 'selected-on-test'

/** `error`: the comparison is not valid as it stands. `warning`: it may mislead. `note`: worth knowing. */
export type Severity = 'error' | 'warning' | 'note'

/** Keys of a study file with the value that they should have; `training` and `validation` name single options. */
export interface StudyPatch {
  readonly learning_rates?: readonly number[] | RateDraw
  readonly extra_learning_rates?: Readonly<Record<string, readonly number[]>>
  readonly seeds?: readonly number[]
  readonly training?: { readonly max_steps: number }
  readonly validation?: { readonly fraction?: number; readonly every?: number }
  readonly test?: { readonly examples: 'all' }
}

/** What mends a finding: a change of the study file that `run` then trains, or runs to train again. */
export type Remedy =
  | { readonly kind: 'change-study'; readonly say: string; readonly patch: StudyPatch }
  | { readonly kind: 'rerun'; readonly say: string; readonly runs: readonly string[] }

/** One thing that an auditor would say about a study, with its evidence. */
export interface Finding {
  readonly id: FindingId
  readonly severity: Severity
  /** The whole study when null. */
  readonly task: string | null
  readonly model: string | null
  /** Every setting of the group when null. */
  readonly setting: string | null
  /** Two sentences: what is the case, and why it matters. */
  readonly explanation: string
  readonly runs: readonly string[]
  readonly numbers: Readonly<Record<string, number>>
  readonly remedy: Remedy | null
  /** A second choice, with its price said in words. */
  readonly alternative: Remedy | null
}

/** The audit of a study; findings from gravest to lightest. */
export interface Audit {
  readonly findings: readonly Finding[]
  /** One sentence; a clean bill of health says so. */
  readonly summary: string
}

type Sketch = Pick<Finding, 'id' | 'severity' | 'explanation'> & Partial<Finding>

/** A finding; what the sketch leaves out is empty. */
export const finding = (sketch: Sketch): Finding => ({
  task: null,
  model: null,
  setting: null,
  runs: [],
  numbers: {},
  remedy: null,
  alternative: null,
  ...sketch,
})

export const changeStudy = (say: string, patch: StudyPatch): Remedy => ({ kind: 'change-study', say, patch })

const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note']

/** Sorts findings and says in one sentence what they come to. */
export function audit(findings: readonly Finding[], clean: string): Audit {
  const sorted = [...findings].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  const counts = SEVERITIES.flatMap((severity) => {
    const count = findings.filter((each) => each.severity === severity).length
    return count === 0 ? [] : `${count} ${severity}${count === 1 ? '' : 's'}`
  })
  return { findings: sorted, summary: counts.length === 0 ? clean : `The audit found ${counts.join(', ')}.` }
}

/** What all settings share, in the study's word. */
export const sharedRates = (study: StudyOutline): string => (study.rate_draw ? 'drawn rates' : 'shared grid')

/**
 * Every setting at the rates that some have: a grid takes them in; where the shared ones are drawn, they become
 * everybody's extra, so that the draw stays one.
 */
export const sameRates = (study: StudyOutline, more: readonly number[]): StudyPatch =>
  study.rate_draw
    ? {
        extra_learning_rates: Object.fromEntries(
          study.settings.map(({ name }) => [
            name,
            withRates(study, more).filter((rate) => !study.learning_rates.includes(rate)),
          ]),
        ),
      }
    : { learning_rates: withRates(study, more), extra_learning_rates: {} }

/** The union of rates, rising, as a study file would list them. */
export const withRates = (study: StudyOutline, more: readonly number[]): number[] =>
  [...new Set([...study.learning_rates, ...more])].sort((a, b) => a - b)
