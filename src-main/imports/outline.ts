import type { PublishedCell, RunRecord } from '../run'
import { isImported } from '../run'
import type { ImportedRun } from '../store/store'
import { DEFAULTS } from '../study/defaults'
import { NAMED_SETTINGS } from '../study/settings'
import type { ImportedStudy } from '../study/study'

/** The words of a run's place that a study is made of. */
type Placed = Pick<ImportedRun, 'task' | 'model' | 'setting' | 'summary'> & {
  readonly learning_rate: number
  readonly seed: number
}

/**
 * What an imported study is: the tasks, models, settings, rates and seeds that its runs have. Rates that every setting has
 * are the study's, the others the setting's own.
 * @param before runs that the study has already
 */
export function outlineOf(
  name: string,
  before: readonly RunRecord[],
  runs: readonly ImportedRun[],
  published: readonly PublishedCell[],
): ImportedStudy {
  const now = new Set(runs.map(({ config }) => JSON.stringify(config.imported)))
  const kept = before.filter(
    ({ config, inPlan }) => inPlan && !(isImported(config) && now.has(JSON.stringify(config.imported))),
  )
  const placed: Placed[] = [
    ...kept.map((run) => ({ ...run, learning_rate: run.learningRate })),
    ...runs.map(({ config, ...run }) => ({ ...run, learning_rate: config.learning_rate, seed: config.seed })),
  ]
  const words = (field: 'task' | 'model' | 'setting'): string[] => [
    ...new Set([...placed, ...published].map((entry) => entry[field])),
  ]
  const ofRuns = [...new Set(placed.map(({ setting }) => setting))]
  const rates = new Map(ofRuns.map((setting) => [setting, ratesOf(placed, setting)]))
  const shared = rising(placed.map((run) => run.learning_rate)).filter((rate) =>
    [...rates.values()].every((own) => own.includes(rate)),
  )
  const extra = [...rates].map(
    ([setting, own]) => [setting, own.filter((rate) => !shared.includes(rate))] as const,
  )
  return {
    name,
    tasks: words('task').map((task) => ({ name: task })),
    models: words('model').map((model) => ({ name: model })),
    settings: words('setting').map(
      (setting) =>
        NAMED_SETTINGS.find((ours) => ours.name === setting) ?? { name: setting, init: null, train: null },
    ),
    learning_rates: shared,
    extra_learning_rates: Object.fromEntries(extra.filter(([, own]) => own.length > 0)),
    seeds: rising(placed.map(({ seed }) => seed)),
    training: null,
    validation: null,
    test: null,
    selection: { ...DEFAULTS.selection, metric: metricOf(placed, published) },
    overrides: [],
    notes: null,
  }
}

const ratesOf = (placed: readonly Placed[], setting: string): number[] =>
  placed.filter((run) => run.setting === setting).map((run) => run.learning_rate)

const rising = (values: readonly number[]): number[] => [...new Set(values)].sort((a, b) => a - b)

/** Accuracy, unless nothing but losses is known. */
function metricOf(placed: readonly Placed[], published: readonly PublishedCell[]): 'accuracy' | 'loss' {
  const hasAccuracy =
    placed.some(({ summary }) => summary['val/accuracy'] != null || summary['test/accuracy'] != null) ||
    published.some(({ metric }) => metric === 'accuracy')
  return hasAccuracy ? 'accuracy' : 'loss'
}
