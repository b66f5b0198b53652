import { createHash } from 'node:crypto'
import type { RunConfig, Setting } from '../../src-main/run'
import type { Plan, PlannedRun, Study } from '../../src-main/study/study'
import { DEFAULTS } from '../../src-main/study/defaults'

const READOUT: Setting = { name: 'output-only', init: 'random', train: ['output'] }

const training = {
  ...DEFAULTS.training,
  batch_size: 1,
  max_steps: 5,
  grad_clip: 1,
  dropout: 0,
  shuffle: true,
} as const
const validation = { fraction: 0, seed: 0, examples: 'all', every: 5, patience: 10, metric: 'loss' } as const

interface Wish {
  /** What the fake worker does with the run. */
  readonly behave?: string
  readonly options?: Record<string, number>
  readonly maxSteps?: number
  readonly rate?: number
  readonly seed?: number
  readonly setting?: Setting
}

/** A planned run that only the fake worker can train. */
export function plannedRun({
  behave = '',
  options = {},
  maxSteps = 5,
  rate = 1e-3,
  seed = 0,
  setting = READOUT,
}: Wish = {}): PlannedRun {
  const config: RunConfig = {
    task: { kind: 'fake', options: { behave, ...options }, data: {} },
    model: { source: 'random', type: 'fake', shape: {} },
    setting,
    learning_rate: rate,
    seed,
    training: { ...training, max_steps: maxSteps },
    validation,
    test: { examples: 'all' },
    start_from: null,
    precision: 'float32',
  }
  return {
    key: createHash('sha256').update(JSON.stringify(config)).digest('hex'),
    config,
    task: 'fake',
    model: 'fake',
    setting: setting.name,
    taskSource: { kind: 'fake', options: { behave, ...options }, files: {} },
    modelSource: { source: 'random', type: 'fake', shape: {} },
    startFrom: null,
  }
}

/** A study of such runs; what is in `study` beside its name and execution is of no interest to the queue. */
export function planOf(
  name: string,
  runs: readonly PlannedRun[],
  isolation: 'thread' | 'process' = 'thread',
): Plan {
  const study: Study = {
    name,
    tasks: [{ name: 'fake', kind: 'fake', options: {} }],
    models: [{ name: 'fake', from: 'random', type: 'fake', shape: {} }],
    settings: [READOUT],
    learning_rates: [...new Set(runs.map((run) => run.config.learning_rate))],
    extra_learning_rates: {},
    seeds: [...new Set(runs.map((run) => run.config.seed))],
    training,
    validation,
    test: { examples: 'all' },
    selection: { metric: 'loss', seeds: 'mean', tie: 'lowest-rate', diverged: 'exclude-arm' },
    execution: { precision: 'float32', isolation },
    overrides: [],
    start_from: null,
    notes: null,
  }
  return { study, text: '', runs }
}
