import type { RunConfig, RunRecord, RunState, SelectionRule, Setting } from '../../src-main/run'
import type { StudyOutline } from '../../src-main/analysis/conclusions'
import type { Study } from '../../src-main/study/study'
import { DEFAULTS } from '../../src-main/study/defaults'

const HEAD = ['input', 'output', 'layer_norm', 'positions'] as const
const ALL = [...HEAD, 'attention', 'feed_forward'] as const

/** The paper's four settings. */
export const FOUR_SETTINGS: readonly Setting[] = [
  { name: 'frozen-pretrained', init: 'pretrained', train: HEAD },
  { name: 'frozen-random', init: 'random', train: HEAD },
  { name: 'unfrozen-pretrained', init: 'pretrained', train: ALL },
  { name: 'unfrozen-random', init: 'random', train: ALL },
]

const RULE: SelectionRule = { metric: 'accuracy', seeds: 'mean', tie: 'lowest-rate', diverged: 'exclude-arm' }

/** The outline of a study that was trained here. */
export type TrainedOutline = Pick<Study, keyof StudyOutline>

/** A small study of one task and model; two settings (frozen and unfrozen, pretrained) unless told otherwise. */
export function aStudy(
  changes: Partial<TrainedOutline> = {},
  rule: Partial<SelectionRule> = {},
): TrainedOutline {
  return {
    name: 'toy',
    tasks: [{ name: 'mnist', kind: 'mnist', options: {} }],
    models: [{ name: 'minilm-l6', from: 'catalogue' }],
    settings: FOUR_SETTINGS.filter(({ init }) => init === 'pretrained'),
    learning_rates: [1e-5, 1e-4, 1e-3],
    extra_learning_rates: {},
    seeds: [0, 1, 2],
    training: {
      ...DEFAULTS.training,
      batch_size: 8,
      max_steps: 1000,
      grad_clip: 1,
      dropout: 0.1,
      shuffle: true,
    },
    validation: { fraction: 0.1, seed: 0, examples: 'all', every: 100, patience: 5, metric: 'accuracy' },
    test: { examples: 'all' },
    overrides: [],
    ...changes,
    selection: { ...RULE, ...rule },
  }
}

export interface RunSketch {
  readonly setting?: string
  readonly rate?: number
  readonly seed?: number
  readonly state?: RunState
  readonly validation?: number | null
  readonly test?: number | null
  readonly task?: string
  readonly steps?: number
  readonly bestStep?: number
  readonly inPlan?: boolean
}

/** A run that was trained here. */
export type TrainedRun = RunRecord & { readonly config: RunConfig }

/** A run of `aStudy`; complete with 50 % on both splits unless told otherwise. The scores are those of the rule's metric. */
export function aRun(sketch: RunSketch = {}, study: TrainedOutline = aStudy()): TrainedRun {
  const {
    setting = 'frozen-pretrained',
    rate = 1e-4,
    seed = 0,
    state = 'finished',
    task = 'mnist',
    steps = 1000,
  } = sketch
  const { validation = 0.5, test = 0.5, bestStep = 800 } = sketch
  const scored = state === 'finished' || state === 'early-stopped'
  const { metric } = study.selection
  const id = `${task}/${setting}/${rate.toExponential(2)}/${seed}`
  return {
    id,
    key: `key of ${id}`,
    study: study.name,
    task,
    model: 'minilm-l6',
    setting,
    learningRate: rate,
    seed,
    state,
    inPlan: sketch.inPlan ?? true,
    steps,
    bestStep: scored ? bestStep : null,
    parametersTrained: 1000,
    parametersTotal: 5000,
    stepFlops: 2e9,
    summary: scored ? { [`val/${metric}`]: validation, [`test/${metric}`]: test } : {},
    reason: state === 'diverged' ? 'the loss became NaN' : null,
    environment: {
      engine: 'tensorflow',
      device: 'cpu',
      versions: { tensorflow: '2.21.0' },
      threads: 2,
      group_size: 3,
      commit: 'abc1234',
    },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:01:00.000Z',
    config: {
      task: { kind: task, options: {}, data: { train: 'hash' } },
      model: { source: 'directory', type: 'bert', files: { weights: 'hash' } },
      setting: study.settings.find(({ name }) => name === setting) ?? {
        name: setting,
        init: 'random',
        train: HEAD,
      },
      learning_rate: rate,
      seed,
      training: study.training,
      validation: study.validation,
      test: study.test,
      start_from: null,
      precision: 'float32',
    },
  }
}

/**
 * Complete runs from a table: setting → rate → validation scores by seed (0, 1, 2 …). Test scores are `testOf` of
 * the validation score; null or 'x' in place of a score is a failed or a diverged run.
 */
export function sweep(
  table: Readonly<Record<string, Readonly<Record<string, readonly (number | null | 'x')[]>>>>,
  study: TrainedOutline = aStudy(),
  testOf: (validation: number) => number = (validation) => validation - 0.01,
): TrainedRun[] {
  return Object.entries(table).flatMap(([setting, rates]) =>
    Object.entries(rates).flatMap(([rate, scores]) =>
      scores.map((score, seed) => {
        const place = { setting, rate: Number(rate), seed }
        if (score === null) return aRun({ ...place, state: 'failed' }, study)
        if (score === 'x') return aRun({ ...place, state: 'diverged' }, study)
        return aRun({ ...place, validation: score, test: testOf(score) }, study)
      }),
    ),
  )
}
