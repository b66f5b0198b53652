import type { Setting } from '../run'
import type { UnknownSetting } from '../study/study'
import type { Arm, Cell, Contrast, Difference, Group } from './conclusions'
import type { MeanDifference } from './difference'
import { hasSpread, pairedDifference, welchDifference } from './difference'
import type { Pairing } from './draws'
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

/** Every other setting of a group against one: the other minus it. What is no contrast of the study differs in `both`. */
export function contrastsAgainst(group: Pick<Group, 'cells' | 'contrasts'>, reference: string): Contrast[] {
  return group.cells
    .map(({ setting }) => setting)
    .filter((setting) => setting !== reference)
    .map((a) => {
      const known = group.contrasts.find(
        (each) => (each.a === a && each.b === reference) || (each.a === reference && each.b === a),
      )
      return { a, b: reference, kind: known?.kind ?? 'both' }
    })
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

/** The contrast at each rate that both settings tried and both have an eligible arm for, by validation. */
export function differencesByRate(
  cells: readonly Cell[],
  contrast: Contrast,
  pairing: Pairing,
): Difference[] {
  const b = cellOf(cells, contrast.b)
  return (cellOf(cells, contrast.a)?.arms ?? []).flatMap((armA) => {
    const armB = b?.arms.find((arm) => arm.rate === armA.rate)
    return armB ? difference(contrast, armA, armB, 'validation', pairing) : []
  })
}

/** The contrast with each side at its own chosen rate; none where a side has no choice. */
export function differenceAtBest(
  cells: readonly Cell[],
  contrast: Contrast,
  split: Difference['split'],
  pairing: Pairing,
): Difference[] {
  const a = chosenArm(cellOf(cells, contrast.a))
  const b = chosenArm(cellOf(cells, contrast.b))
  return a && b ? difference(contrast, a, b, split, pairing) : []
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
  pairing: Pairing,
): Difference[] {
  const estimateA = a[split]
  const estimateB = b[split]
  if (!a.eligible || !b.eligible || !estimateA || !estimateB) return []
  const result = differenceOfArms(a, b, split, pairing)
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
  pairing: Pairing,
): MeanDifference {
  const [x, y] = [scoredSeeds(a, split), scoredSeeds(b, split)]
  const difference = arePairs(x, y, pairing) ? pairedDifference : welchDifference
  return difference(
    x.map(({ value }) => value),
    y.map(({ value }) => value),
  )
}

/** A seed that has a score on the split in question. */
export interface ScoredSeed {
  readonly run: string
  readonly seed: number
  readonly draws: number | null
  readonly value: number
}

/** The seeds of an arm that have a score on a split, by rising seed. */
export const scoredSeeds = ({ seeds }: Pick<Arm, 'seeds'>, split: Difference['split']): ScoredSeed[] =>
  seeds.flatMap((score) => {
    const { run, seed, draws, [split]: value } = score
    return value === null ? [] : { run, seed, draws, value }
  })

/**
 * Whether two arms' seeds are compared pair by pair: they must be the same seeds, and, unless pairing was asked for, known to
 * share split, order and first values. Where all pairs differ by the same amount there is no spread to judge by, so that
 * the seeds' own is taken.
 */
export const arePairs = (a: readonly ScoredSeed[], b: readonly ScoredSeed[], pairing: Pairing): boolean =>
  pairing !== 'welch' &&
  a.length === b.length &&
  a.every(({ seed }, i) => seed === b[i]?.seed) &&
  (pairing === 'paired' ||
    (a.every(({ draws }, i) => draws !== null && draws === b[i]?.draws) && spread(a, b)))

const spread = (a: readonly ScoredSeed[], b: readonly ScoredSeed[]): boolean => {
  const differences = a.map(({ value }, i) => value - (b[i]?.value ?? NaN))
  return hasSpread(differences, Math.max(...[...a, ...b].map(({ value }) => Math.abs(value))))
}
