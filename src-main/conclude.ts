import { compareStudy } from './analysis/comparison'
import type { Comparison } from './analysis/comparison'
import type { Pairing } from './analysis/draws'
import { chanceScores } from './library/chance'
import type { Library } from './library/library'
import type { ReadableStore, StudyRecord } from './store/store'
import { isTrainable } from './study/study'

/** What a user may ask of a comparison; the study and its runs say the rest. */
export interface CompareOptions {
  /** The one learning rate that another paper used. */
  readonly otherRate?: number
  /** Default: paired by seed where both arms share split, order and first values. */
  readonly pairing?: Pairing
}

/**
 * A study's conclusions from what a history knows of it: its runs, when its rule was frozen, its test seen and its grid
 * changed, and, of imported runs, what they logged.
 * @param known the study as the history has it at the moment
 */
export async function concludeStudy(
  store: ReadableStore,
  library: Library,
  known: () => StudyRecord,
  { otherRate, pairing }: CompareOptions,
): Promise<Comparison> {
  const { study } = known()
  const chance = isTrainable(study) ? await chanceScores(study, library) : {}
  return conclude(store, known(), chance, { otherRate, pairing })
}

/** The same, at once, where the scores of guessing are known: by task name. */
export function conclude(
  store: ReadableStore,
  record: StudyRecord,
  chance: Readonly<Record<string, number>>,
  { otherRate, pairing }: CompareOptions = {},
): Comparison {
  const { name } = record
  const isOurs = isTrainable(record.study)
  const gridChanges = store.events({ study: name }).filter(({ kind }) => kind === 'grid-changed').length
  return compareStudy({
    study: record.study,
    runs: store.runs({ study: name, order: 'plan' }),
    testSealed: record.testSealed,
    seal: isOurs ? record : null,
    importedFrom: record.importedFrom,
    published: store.published(name),
    gridChanges: isOurs ? gridChanges : null,
    otherRate,
    pairing,
    pointsOf: isOurs ? undefined : (run, metric) => pointsOf(store, name, run, metric),
    chance,
  })
}

function pointsOf(
  store: ReadableStore,
  study: string,
  run: string,
  metric: Parameters<ReadableStore['series']>[1],
): ReturnType<ReadableStore['series']> | null {
  const series = store.series(run, metric, undefined, study)
  return series.steps.length > 0 ? series : null
}
