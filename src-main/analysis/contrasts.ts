import { isImported } from '../run'
import type { RunRecord, Setting } from '../run'
import type { UnknownSetting } from '../study/study'
import type { Arm, Cell, Contrast, Difference } from './conclusions'
import type { MeanDifference } from './difference'
import { pairedDifference, welchDifference } from './difference'
import { pairs } from './ranking'

const INIT_ORDER: readonly Setting['init'][] = ['pretrained', 'statistics', 'random']

/**
 * The pairs of settings that answer a question: those that differ in one thing only. A setting that has no such
 * partner, or of which the name alone is known, is set against the study's first.
 */
export function contrastsOf(settings: readonly (Setting | UnknownSetting)[]): Contrast[] {
  const single = pairs(settings).flatMap(([a, b]) => singleContrast(a, b))
  const met = new Set(single.flatMap(({ a, b }) => [a, b]))
  const [first] = settings
  const rest = settings.filter(({ name }) => first && name !== first.name && !met.has(name))
  return [
    ...single,
    ...rest.map((b) => ({ a: first?.name ?? b.name, b: b.name, kind: 'both' as const })),
  ].sort((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind))
}

const KIND_ORDER: readonly Contrast['kind'][] = ['training', 'initialisation', 'both']

function singleContrast(a: Setting | UnknownSetting, b: Setting | UnknownSetting): Contrast[] {
  if (a.train === null || b.train === null) return []
  const sameInit = a.init === b.init
  const sameTrain = trainKey(a) === trainKey(b)
  if (sameInit === sameTrain) return []
  if (sameInit) {
    const [less, more] = a.train.length <= b.train.length ? [a, b] : [b, a]
    return [{ a: less.name, b: more.name, kind: 'training' }]
  }
  const [first, second] = INIT_ORDER.indexOf(a.init) <= INIT_ORDER.indexOf(b.init) ? [a, b] : [b, a]
  return [{ a: first.name, b: second.name, kind: 'initialisation' }]
}

const trainKey = ({ train }: Setting): string =>
  train
    .map((part) => JSON.stringify(part))
    .sort()
    .join()

/** How differences are taken: Welch, or paired by seed where two arms share everything else that chance decides. */
export interface DifferenceRule {
  readonly pairBySeed: boolean
  readonly runs: ReadonlyMap<string, RunRecord>
}

/** The contrast at each rate that both settings tried and both have an eligible arm for, by validation. */
export function differencesByRate(
  cells: readonly Cell[],
  contrast: Contrast,
  rule: DifferenceRule,
): Difference[] {
  const b = cellOf(cells, contrast.b)
  return (cellOf(cells, contrast.a)?.arms ?? []).flatMap((armA) => {
    const armB = b?.arms.find((arm) => arm.rate === armA.rate)
    return armB ? difference(contrast, armA, armB, 'validation', rule) : []
  })
}

/** The contrast with each side at its own chosen rate; none where a side has no choice. */
export function differenceAtBest(
  cells: readonly Cell[],
  contrast: Contrast,
  split: Difference['split'],
  rule: DifferenceRule,
): Difference[] {
  const a = chosenArm(cellOf(cells, contrast.a))
  const b = chosenArm(cellOf(cells, contrast.b))
  return a && b ? difference(contrast, a, b, split, rule) : []
}

/** The arm that a cell's choice names. */
export const chosenArm = (cell: Cell | undefined): Arm | undefined =>
  cell?.arms.find((arm) => arm.rate === cell.choice?.rate)

const cellOf = (cells: readonly Cell[], setting: string): Cell | undefined =>
  cells.find((cell) => cell.setting === setting)

function difference(
  contrast: Contrast,
  a: Arm,
  b: Arm,
  split: Difference['split'],
  rule: DifferenceRule,
): Difference[] {
  const estimateA = a[split]
  const estimateB = b[split]
  if (!a.eligible || !b.eligible || !estimateA || !estimateB) return []
  const result = differenceOfArms(a, b, split, rule)
  return [
    {
      a: contrast.a,
      b: contrast.b,
      contrast: contrast.kind,
      split,
      rates: { a: a.rate, b: b.rate },
      ...result,
      beyondNoise: result.interval && (result.interval.low > 0 || result.interval.high < 0),
      n: { a: estimateA.n, b: estimateB.n },
      runs: { a: estimateA.runs, b: estimateB.runs },
    },
  ]
}

/** Difference of two arms' scores on a split; both must have at least one. */
export function differenceOfArms(
  a: Arm,
  b: Arm,
  split: Difference['split'],
  rule: DifferenceRule,
): MeanDifference {
  const scoresA = a.seeds.flatMap((seed) => (seed[split] === null ? [] : { ...seed, value: seed[split] }))
  const scoresB = b.seeds.flatMap((seed) => (seed[split] === null ? [] : { ...seed, value: seed[split] }))
  const paired =
    rule.pairBySeed &&
    scoresA.length === scoresB.length &&
    scoresA.every((seed, i) => {
      const other = scoresB[i]
      return other?.seed === seed.seed && shareDraws(rule.runs.get(seed.run), rule.runs.get(other.run))
    })
  const [x, y] = [scoresA.map(({ value }) => value), scoresB.map(({ value }) => value)]
  return paired ? pairedDifference(x, y) : welchDifference(x, y)
}

/** The two runs saw the same split in the same order from the same seed; only setting and rate may differ. */
function shareDraws(a: RunRecord | undefined, b: RunRecord | undefined): boolean {
  if (!a || !b || a.seed !== b.seed) return false
  const drawn = ({ config }: RunRecord): string | null =>
    isImported(config)
      ? null
      : JSON.stringify([config.task, config.validation, config.training, config.start_from])
  return drawn(a) !== null && drawn(a) === drawn(b)
}
