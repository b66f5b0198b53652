import type { PublishedCell, RunState, SelectionRule, Setting } from '../run'
import type { ImportedStudy, Study, UnknownSetting } from '../study/study'
import type { Audit } from './audit/finding'
import type { Pairing } from './draws'
import type { GridExtensions } from './extensions'

/**
 * What analysis concludes, as plain data: every type here survives JSON, and every number stands beside the ids of
 * the runs it came from. Scores are in the units of their metric (accuracy 0..1, loss in nats).
 */

/** The part of a study that a comparison reads; a checked `Study` is one. Without a protocol (null) it was imported. */
export type StudyOutline = Pick<
  Study | ImportedStudy,
  | 'name'
  | 'learning_rates'
  | 'extra_learning_rates'
  | 'seeds'
  | 'training'
  | 'validation'
  | 'test'
  | 'selection'
  | 'overrides'
> &
  Pick<Study, 'rate_draw'> & {
    readonly tasks: readonly {
      readonly name: string
      readonly kind?: string
      readonly options?: Readonly<Record<string, string | number | boolean>>
    }[]
    readonly models: readonly { readonly name: string }[]
    readonly settings: readonly (Setting | UnknownSetting)[]
  }

/** Several scores of one arm: their mean with its standard error (ddof 1), and how many there were. */
export interface Estimate {
  readonly mean: number
  readonly median: number
  /** Standard error of the mean; null with fewer than two values. */
  readonly sem: number | null
  readonly n: number
  readonly runs: readonly string[]
}

/** One run of an arm. */
export interface SeedScore {
  readonly run: string
  readonly seed: number
  readonly state: RunState
  /** Validation score at the best step; the chance score where the rule says `as-chance` and the run diverged. */
  readonly validation: number | null
  /** Null while the test is sealed. */
  readonly test: number | null
  /** The scores are the chance score in place of a diverged run. */
  readonly substituted: boolean
  readonly steps: number
  readonly bestStep: number | null
  /** Floating-point operations of one step (`RunRecord.stepFlops`); null: not available. */
  readonly stepFlops: number | null
  /** Runs with equal numbers share split, order and first values (`numberDraws`); null: not known. */
  readonly draws: number | null
}

/** What an arm's runs came to, by count; the four add up to `planned`. */
export interface ArmCounts {
  readonly complete: number
  readonly diverged: number
  /** Failed or cancelled, or asked for and never recorded: missing data. */
  readonly missing: number
  /** Queued, running or paused. */
  readonly open: number
}

/** A setting at one learning rate, over its seeds. */
export interface Arm {
  readonly rate: number
  readonly seeds: readonly SeedScore[]
  readonly planned: number
  readonly counts: ArmCounts
  readonly validation: Estimate | null
  readonly test: Estimate | null
  /** What the selection rule compares: mean or median of the validation scores. */
  readonly score: number | null
  readonly eligible: boolean
  /** Why the rule passes this arm over. */
  readonly ineligible: 'diverged' | 'no-score' | null
}

/** The arm that the rule picked. */
export interface Choice {
  readonly rate: number
  readonly validation: Estimate
  readonly test: Estimate | null
  /** Mean steps that its complete seeds were trained; null: none is complete. */
  readonly steps: number | null
  /** Mean floating-point operations of their training, evaluations apart; null: not available. */
  readonly flops: number | null
  /** Other rates with exactly the same score. */
  readonly tied: readonly number[]
  /** The rate is the lowest or highest that this setting tried, so a better one may lie outside. */
  readonly edge: 'lowest' | 'highest' | null
  /** The cell had a single rate: nothing was selected. */
  readonly only: boolean
}

/** task × model × setting. Arms by rising rate. */
export interface Cell {
  readonly setting: string
  readonly arms: readonly Arm[]
  readonly choice: Choice | null
  /** The arm that the test itself would pick: not a valid result, shown to say how much the rule matters. Null while sealed. */
  readonly testPicked: { readonly rate: number; readonly test: Estimate } | null
  /** The cell at the group's one shared rate. */
  readonly shared: {
    readonly rate: number
    readonly validation: Estimate | null
    readonly test: Estimate | null
  } | null
}

/** One place of a ranking. Diverged settings share the last place; settings without a score have none. */
export interface RankedSetting {
  readonly setting: string
  /** 1 is best; equal scores share a place. */
  readonly place: number | null
  readonly score: number | null
  readonly estimate: Estimate | null
  readonly diverged: boolean
}

/** Settings from best to worst. */
export interface Ranking {
  /** The one rate of all settings; null: each at its own best. */
  readonly rate: number | null
  readonly split: 'validation' | 'test'
  readonly settings: readonly RankedSetting[]
  /** "A > B = C", with × for a diverged setting. */
  readonly text: string
}

/** An interval for a difference of means, or why there is none. */
export interface Interval {
  readonly low: number
  readonly high: number
  /** 0.95 for a 95 % interval. */
  readonly level: number
  readonly method: 'welch-t' | 'paired-t'
  readonly df: number
}

/** a − b, in the metric's units. */
export interface Difference {
  readonly a: string
  readonly b: string
  /** What a and b differ in. */
  readonly contrast: Contrast['kind']
  readonly split: 'validation' | 'test'
  /** The rate of each side. */
  readonly rates: { readonly a: number; readonly b: number }
  readonly mean: number
  readonly interval: Interval | null
  readonly noInterval: string | null
  /** The interval excludes 0; null without an interval. */
  readonly beyondNoise: boolean | null
  readonly n: { readonly a: number; readonly b: number }
  readonly runs: { readonly a: readonly string[]; readonly b: readonly string[] }
}

/** Two settings worth setting against each other: a − b. */
export interface Contrast {
  readonly a: string
  readonly b: string
  /** `training`: same initialisation, a trains less. `initialisation`: same parts trained. `both`: neither. */
  readonly kind: 'training' | 'initialisation' | 'both'
}

/** The order of two settings at one rate is not the order at their own best rates. */
export interface RankFlip {
  readonly rate: number
  /** Leads at this rate. */
  readonly leader: string
  /** Leads when each has its own best rate. */
  readonly leaderAtBest: string
  /** The difference at this rate, and the one at the best rates, both exclude 0. */
  readonly beyondNoise: boolean
}

/** Everything about one task and model. */
export interface Group {
  readonly task: string
  readonly model: string
  readonly chance: number | null
  /** All rates that any setting was asked to try, rising. */
  readonly rates: readonly number[]
  /** The one rate of `Cell.shared`, and why it is this one; null when no rate has a score for every setting. */
  readonly sharedRate: { readonly rate: number; readonly why: 'other-paper' | 'best-on-average' } | null
  readonly cells: readonly Cell[]
  /** What papers report for this task, whatever their model: nothing of it is selected, ranked or tested here. */
  readonly published: readonly PublishedCell[]
  /** By validation, one for each rate that at least two settings share. */
  readonly rankings: readonly Ranking[]
  /** Each at its own best rate: by validation, and by test once it is open. */
  readonly best: { readonly validation: Ranking; readonly test: Ranking | null }
  readonly contrasts: readonly Contrast[]
  /** Every-rate verdict: each contrast at each shared rate, by validation. */
  readonly differences: readonly Difference[]
  /** Each contrast with both at their own best rate: validation, and test once it is open. */
  readonly bestDifferences: readonly Difference[]
  readonly flips: readonly RankFlip[]
  /** Rates, rising, at which any pair's order differs from the order at their own best. */
  readonly flipRates: readonly number[]
  /** What the numbers say, one sentence each. */
  readonly sentences: readonly string[]
  /** What they do not prove. */
  readonly notProven: readonly string[]
}

/** What is known of when the rule was frozen and the test seen; a store's study record is one. */
export interface SealHistory {
  /** ISO 8601, UTC. */
  readonly ruleFrozenAt: string | null
  readonly testOpenedAt: string | null
  /** When somebody opened the test before the last run ended. */
  readonly testRevealedAt: string | null
  /** "rule", "grid", "seeds" or "protocol". */
  readonly changedAfterTest: readonly string[]
}

/** Progress of a comparison: how many of the planned runs have a result. */
export interface Progress {
  readonly planned: number
  readonly complete: number
  readonly diverged: number
  readonly missing: number
  readonly open: number
  /** Recorded, but no longer asked for by the study file: not compared. */
  readonly notInPlan: number
}

/** A study's conclusions. */
export interface Comparison {
  readonly study: string
  readonly selection: SelectionRule
  /** Version of the meaning of `selection`; a rule of another version may choose otherwise. */
  readonly ruleVersion: 1
  readonly metric: 'accuracy' | 'loss'
  readonly higherIsBetter: boolean
  readonly testSealed: boolean
  /** Null where nobody kept watch, as for imported runs: the seal cannot be vouched for. */
  readonly seal: SealHistory | null
  /** Where the runs came from, if they were not trained here ("csv" …): their seal cannot be vouched for. */
  readonly importedFrom: string | null
  /** How differences were to be taken; what each of them is says its own interval. */
  readonly pairing: Pairing
  /** Whether settings were tried beyond the shared grid, and by one rule; null: none was, or scores are still to come. */
  readonly extensions: GridExtensions | null
  /** The rate of another paper, if one was named. */
  readonly otherRate: number | null
  readonly progress: Progress
  readonly groups: readonly Group[]
  readonly audit: Audit
}
