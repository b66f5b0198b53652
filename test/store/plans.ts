import { createHash } from 'node:crypto'
import type { Environment, RunConfig, Summary } from '../../src-main/run'
import type { Plan, PlannedRun, Study } from '../../src-main/study/study'
import { DEFAULTS } from '../../src-main/study/defaults'
import type { MetricChunk, RunOutcome } from '../../src-main/training/messages'

const training = {
  ...DEFAULTS.training,
  batch_size: 8,
  max_steps: 100,
  grad_clip: 1,
  dropout: 0.1,
  shuffle: true,
} as const
const validation = {
  fraction: 0.1,
  seed: 0,
  examples: 'all',
  every: 10,
  patience: 10,
  metric: 'accuracy',
} as const

export const ENVIRONMENT: Environment = {
  engine: 'tensorflow',
  device: 'cpu',
  versions: { node: '20.20.2', tensorflow: '2.21.0' },
  threads: 2,
  group_size: 2,
  commit: null,
}

export const START = {
  fromStep: 0,
  parametersTrained: 10,
  parametersTotal: 100,
  stepFlops: 6000,
  environment: ENVIRONMENT,
}

export const outcome = (summary: Summary = { 'val/accuracy': 0.5, 'test/accuracy': 0.4 }): RunOutcome => ({
  state: 'finished',
  steps: 100,
  bestStep: 90,
  summary,
  reason: null,
})

/** A study of one task and model; two studies share the runs whose setting, rate and seed they share. */
export function study(changes: Partial<Study> = {}): Study {
  return {
    name: 'lr-sweep',
    tasks: [{ name: 'mnist', kind: 'mnist', options: { patch: 4 } }],
    models: [{ name: 'minilm-l6', from: 'catalogue' }],
    settings: [
      {
        name: 'frozen-pretrained',
        init: 'pretrained',
        train: ['input', 'output', 'layer_norm', 'positions'],
      },
    ],
    learning_rates: [1e-4, 1e-3],
    extra_learning_rates: {},
    seeds: [0, 1],
    training,
    validation,
    test: { examples: 'all' },
    selection: { metric: 'accuracy', seeds: 'mean', tie: 'lowest-rate', diverged: 'exclude-arm' },
    execution: { precision: 'float32', isolation: 'thread' },
    overrides: [],
    start_from: null,
    notes: null,
    ...changes,
  }
}

export function plan(changes: Partial<Study> = {}): Plan {
  const asked = study(changes)
  const runs = asked.settings.flatMap((setting) =>
    asked.learning_rates.flatMap((learning_rate) =>
      asked.seeds.map((seed): PlannedRun => {
        const config: RunConfig = {
          task: { kind: 'mnist', options: { patch: 4 }, data: { 'train-images': 'aa11' } },
          model: { source: 'directory', type: 'bert', files: { 'model.safetensors': 'bb22' } },
          setting,
          learning_rate,
          seed,
          training: asked.training,
          validation: asked.validation,
          test: asked.test,
          start_from: null,
          precision: 'float32',
        }
        return {
          key: createHash('sha256').update(JSON.stringify(config)).digest('hex'),
          config,
          task: 'mnist',
          model: 'minilm-l6',
          setting: setting.name,
          taskSource: { kind: 'mnist', options: { patch: 4 }, files: {} },
          modelSource: { source: 'directory', path: '/models/minilm-l6' },
          startFrom: null,
        }
      }),
    ),
  )
  return { study: asked, text: `name: ${asked.name}\n`, runs }
}

/** `train/loss` of the steps from `first` to `last`, both included. */
export function losses(first: number, last: number): MetricChunk {
  const steps = Uint32Array.from({ length: last - first + 1 }, (_, i) => first + i)
  return {
    metric: 'train/loss',
    steps,
    values: Float64Array.from(steps, (step) => Math.fround(1 / (step + 1))),
    times: Float64Array.from(steps, (step) => 1e12 + 10 * step),
  }
}
