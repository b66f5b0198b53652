import { isComplete, isOpen } from '../run'
import type { RunRecord, SelectionRule } from '../run'
import type { Arm, SeedScore, StudyOutline } from './conclusions'
import { estimate } from './estimate'

/** What decides how the runs of an arm become scores. */
export interface ScoringRule {
  readonly selection: SelectionRule
  readonly testSealed: boolean
  /** Score of guessing, in the selection metric; null: not known, so `as-chance` cannot be applied. */
  readonly chance: number | null
  /** By run id (`numberDraws`). */
  readonly draws: ReadonlyMap<string, number>
}

/** The learning rates that a study asks of a setting, rising. */
export function plannedRates(study: StudyOutline, setting: string): number[] {
  const extra = Object.hasOwn(study.extra_learning_rates, setting)
    ? study.extra_learning_rates[setting]
    : undefined
  return [...new Set([...study.learning_rates, ...(extra ?? [])])].sort((a, b) => a - b)
}

/**
 * The arms of one cell, by rising rate: those the study asks for, with whatever of their runs is recorded. Of an
 * imported study nobody knows what it asked for, so nothing counts as missing there.
 */
export function buildArms(
  study: StudyOutline,
  setting: string,
  runs: readonly RunRecord[],
  rule: ScoringRule,
): Arm[] {
  const isPlanned = study.training !== null
  const rates = isPlanned ? plannedRates(study, setting) : []
  const byRate = new Map<number, RunRecord[]>(rates.map((rate) => [rate, []]))
  for (const run of runs) {
    const arm = byRate.get(run.learningRate)
    if (arm) arm.push(run)
    else byRate.set(run.learningRate, [run])
  }
  return [...byRate]
    .sort(([a], [b]) => a - b)
    .map(([rate, ofRate]) => buildArm(rate, ofRate, isPlanned ? study.seeds.length : 0, rule))
}

function buildArm(rate: number, runs: readonly RunRecord[], seeds: number, rule: ScoringRule): Arm {
  const scored = runs
    .map((run) => scoreSeed(run, rule))
    .sort((a, b) => a.seed - b.seed || (a.run < b.run ? -1 : 1))
  const planned = Math.max(seeds, runs.length)
  const complete = runs.filter((run) => isComplete(run.state)).length
  const diverged = runs.filter((run) => run.state === 'diverged').length
  const open = runs.filter((run) => isOpen(run.state)).length

  const validation = estimate(
    scored.flatMap(({ run, validation }) => (validation === null ? [] : { run, value: validation })),
  )
  const test = estimate(scored.flatMap(({ run, test }) => (test === null ? [] : { run, value: test })))
  const spoiled = scored.some((seed) => seed.state === 'diverged' && !seed.substituted)
  const score = spoiled || !validation ? null : validation[rule.selection.seeds]
  return {
    rate,
    seeds: scored,
    planned,
    counts: { complete, diverged, open, missing: planned - complete - diverged - open },
    validation,
    test,
    score,
    eligible: score !== null,
    ineligible: score !== null ? null : spoiled ? 'diverged' : 'no-score',
  }
}

function scoreSeed(run: RunRecord, { selection, testSealed, chance, draws }: ScoringRule): SeedScore {
  const substituted = run.state === 'diverged' && selection.diverged === 'as-chance' && chance !== null
  const read = (split: 'val' | 'test'): number | null => {
    if (substituted) return chance
    return isComplete(run.state) ? finite(run.summary[`${split}/${selection.metric}`]) : null
  }
  return {
    run: run.id,
    seed: run.seed,
    state: run.state,
    validation: read('val'),
    test: testSealed ? null : read('test'),
    substituted,
    steps: run.steps,
    bestStep: run.bestStep,
    stepFlops: run.stepFlops,
    draws: draws.get(run.id) ?? null,
  }
}

const finite = (value: number | null | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null
