import type { PublishedCell, RunRecord } from '../run'
import { buildArms } from './arms'
import { auditComparison } from './audit'
import type { LoggedPoints } from './audit/imported'
import type { Cell, Comparison, Group, Progress, SealHistory, StudyOutline } from './conclusions'
import { chosenArm, contrastsOf, differenceAtBest, differenceOfArms, differencesByRate } from './contrasts'
import { numberDraws } from './draws'
import type { Pairing } from './draws'
import { gridExtensions } from './extensions'
import { shareRate } from './other-rate'
import { sayPublished, sayPublishedLimits } from './published'
import { findFlips, rankAtBest, rankAtRate } from './ranking'
import { chooseArm, higherIsBetter, pickByTest } from './selection'
import { sayNotProven, sayVerdict } from './wording'

export type * from './conclusions'

export interface ComparisonInput {
  readonly study: StudyOutline
  /** The study's runs in any order; those no longer in plan are counted, not compared. */
  readonly runs: readonly RunRecord[]
  /** Test scores are ignored even where a run carries them. */
  readonly testSealed: boolean
  /** When the rule was frozen and the test seen; left out: nobody kept watch. */
  readonly seal?: SealHistory | null
  /** Where the runs came from, if they were not trained here. */
  readonly importedFrom?: string | null
  /** What papers report, to stand beside the runs. */
  readonly published?: readonly PublishedCell[]
  /** Score of guessing by task name, in the selection metric; needed where the rule says `as-chance`. */
  readonly chance?: Readonly<Record<string, number>>
  /** The one learning rate that another paper used. */
  readonly otherRate?: number
  /** Default: paired by seed where both arms share split, order and first values, else Welch. */
  readonly pairing?: Pairing
  /** How often the log says that the grid was changed after the first run had started; left out: nobody kept a log. */
  readonly gridChanges?: number | null
  /** What imported runs logged: it may give away how they were selected. */
  readonly pointsOf?: LoggedPoints
}

/** Everything that a study's runs say about its settings, by the study's own selection rule. */
export function compareStudy(input: ComparisonInput): Comparison {
  const { study, testSealed } = input
  const runs = input.runs.filter(({ inPlan }) => inPlan)
  const shared: Shared = { pairing: input.pairing ?? 'auto', draws: numberDraws(runs) }
  const byCell = new Map<string, RunRecord[]>()
  for (const run of runs) {
    const key = cellKey(run.task, run.model, run.setting)
    const ofCell = byCell.get(key)
    if (ofCell) ofCell.push(run)
    else byCell.set(key, [run])
  }
  const groups = study.tasks.flatMap((task) =>
    study.models.map((model) => {
      const ofGroup = study.settings.map(({ name }) => byCell.get(cellKey(task.name, model.name, name)) ?? [])
      return compareGroup(input, shared, task.name, model.name, ofGroup)
    }),
  )
  const seal = input.seal && {
    ruleFrozenAt: input.seal.ruleFrozenAt,
    testOpenedAt: input.seal.testOpenedAt,
    testRevealedAt: input.seal.testRevealedAt,
    changedAfterTest: input.seal.changedAfterTest,
  }
  const conclusions = {
    study: study.name,
    selection: study.selection,
    ruleVersion: 1 as const,
    metric: study.selection.metric,
    higherIsBetter: higherIsBetter(study.selection.metric),
    testSealed,
    seal: seal ?? null,
    importedFrom: input.importedFrom ?? null,
    pairing: shared.pairing,
    extensions: gridExtensions(study, groups, input.gridChanges ?? null),
    otherRate: input.otherRate ?? null,
    progress: countProgress(groups, input.runs),
    groups,
  }
  const records = new Map(runs.map((run) => [run.id, run]))
  const pointsOf = input.pointsOf ?? (() => null)
  return { ...conclusions, audit: auditComparison(study, conclusions, records, pointsOf) }
}

/** What all groups of a comparison have in common. */
interface Shared {
  readonly pairing: Pairing
  readonly draws: ReadonlyMap<string, number>
}

const cellKey = (...words: readonly string[]): string => JSON.stringify(words)

/** One task and model. `runs` holds each setting's, in the study's order of settings. */
function compareGroup(
  { study, testSealed, chance: chances, otherRate, published = [] }: ComparisonInput,
  { pairing, draws }: Shared,
  task: string,
  model: string,
  runs: readonly (readonly RunRecord[])[],
): Group {
  const { selection } = study
  const chance = chances && Object.hasOwn(chances, task) ? (chances[task] ?? null) : null
  const unshared = study.settings.map(({ name }, i): Omit<Cell, 'shared'> => {
    const arms = buildArms(study, name, runs[i] ?? [], { selection, testSealed, chance, draws })
    return {
      setting: name,
      arms,
      choice: chooseArm(arms, selection),
      testPicked: pickByTest(arms, selection),
    }
  })
  const { sharedRate, cells } = shareRate(unshared, selection.metric, otherRate ?? null)

  const rates = [...new Set(cells.flatMap(({ arms }) => arms.map(({ rate }) => rate)))].sort((a, b) => a - b)
  const rankings = rates
    .filter((rate) => cells.filter(({ arms }) => arms.some((arm) => arm.rate === rate)).length > 1)
    .map((rate) => rankAtRate(cells, rate, selection))
  const best = {
    validation: rankAtBest(cells, 'validation', selection),
    test: testSealed ? null : rankAtBest(cells, 'test', selection),
  }
  const contrasts = contrastsOf(study.settings)
  const flips = findFlips(rankings, best.validation, (a, b, rate) =>
    isBeyondNoise(cells, a, b, rate, pairing),
  )
  const bestDifferences = contrasts.flatMap((contrast) => [
    ...differenceAtBest(cells, contrast, 'validation', pairing),
    ...(testSealed ? [] : differenceAtBest(cells, contrast, 'test', pairing)),
  ])
  const differences = contrasts.flatMap((contrast) => differencesByRate(cells, contrast, pairing))
  const flipRates = [...new Set(flips.map(({ rate }) => rate))]
  const cited = published.filter((cell) => cell.task === task && cell.metric === selection.metric)
  const verdict = { cells, rankings, best, flips, flipRates, bestDifferences }
  return {
    task,
    model,
    chance,
    rates,
    sharedRate,
    published: cited,
    ...verdict,
    contrasts,
    differences,
    sentences: [
      ...sayVerdict(selection.metric, verdict, otherRate ?? null),
      ...sayPublished(selection.metric, cited, cells, contrasts),
    ],
    notProven: [...sayNotProven(selection.metric, verdict), ...sayPublishedLimits(cited)],
  }
}

/** The difference of two settings (at one rate, or each at its best) excludes 0; a diverged side is beyond noise. */
function isBeyondNoise(
  cells: readonly Cell[],
  a: string,
  b: string,
  rate: number | null,
  pairing: Pairing,
): boolean {
  const [armA, armB] = [a, b].map((setting) => {
    const cell = cells.find((candidate) => candidate.setting === setting)
    return rate === null ? chosenArm(cell) : cell?.arms.find((arm) => arm.rate === rate)
  })
  if (!armA || !armB) return false
  if (armA.ineligible === 'diverged' || armB.ineligible === 'diverged') return true
  if (!armA.eligible || !armB.eligible) return false
  const { interval } = differenceOfArms(armA, armB, 'validation', pairing)
  return interval !== null && (interval.low > 0 || interval.high < 0)
}

function countProgress(groups: readonly Group[], runs: readonly RunRecord[]): Progress {
  const counts = groups.flatMap(({ cells }) => cells.flatMap(({ arms }) => arms))
  const sum = (count: (arm: (typeof counts)[number]) => number): number =>
    counts.reduce((total, arm) => total + count(arm), 0)
  return {
    planned: sum((arm) => arm.planned),
    complete: sum((arm) => arm.counts.complete),
    diverged: sum((arm) => arm.counts.diverged),
    missing: sum((arm) => arm.counts.missing),
    open: sum((arm) => arm.counts.open),
    notInPlan: runs.filter(({ inPlan }) => !inPlan).length,
  }
}
