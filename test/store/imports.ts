import { createHash } from 'node:crypto'
import type { ImportBatch, ImportedRun } from '../../src-main/store/store'
import type { MetricChunk } from '../../src-main/training/messages'
import { study } from './plans'

/** A run of another tracker at this rate, seed and validation score. */
export function importedRun(learning_rate: number, seed: number, score: number): ImportedRun {
  const name = `lr${learning_rate}-s${seed}`
  return {
    key: createHash('sha256').update(`${name} ${score}`).digest('hex'),
    config: { imported: { from: 'csv', run: name }, options: { optimizer: 'sgd' }, learning_rate, seed },
    task: 'mnist',
    model: 'resnet',
    setting: 'frozen-pretrained',
    state: 'finished',
    steps: 10,
    bestStep: 8,
    summary: { 'val/accuracy': score, 'test/accuracy': score - 0.01 },
    reason: null,
    startedAt: null,
    finishedAt: null,
    points: [points('val/accuracy', 10)],
  }
}

export function points(metric: MetricChunk['metric'], count: number): MetricChunk {
  return {
    metric,
    steps: Uint32Array.from({ length: count }, (_, i) => i + 1),
    values: Float64Array.from({ length: count }, (_, i) => i / count),
    times: new Float64Array(count),
  }
}

/** What comes in at once; the study is called "theirs" unless told otherwise. */
export function batch(runs: readonly ImportedRun[], changes: Partial<ImportBatch> = {}): ImportBatch {
  const { settings, selection } = study()
  return {
    study: {
      name: 'theirs',
      tasks: [{ name: 'mnist' }],
      models: [{ name: 'resnet' }],
      settings,
      learning_rates: [1e-3],
      extra_learning_rates: {},
      seeds: [0],
      training: null,
      validation: null,
      test: null,
      selection,
      overrides: [],
      notes: null,
    },
    from: 'csv',
    detail: 'theirs.csv',
    text: 'format: runs\n',
    runs,
    published: [],
    ...changes,
  }
}
