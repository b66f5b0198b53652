import type { RunRow } from '../../../src-main/api/runs'
import { isComplete } from '../../../src-main/run'
import type { MetricName } from '../../../src-main/run'
import { count, moment, rate, score } from '../../format'

/** What a table says of one field of a run. */
export interface FieldWords {
  readonly text: string
  /** In full, under the pointer. */
  readonly exact?: string
  readonly look?: 'faint' | 'soft' | 'mono'
}

const NOTHING: FieldWords = { text: '' }
const UNKNOWN: FieldWords = { text: '–', look: 'faint' }

/**
 * A field in plain words; null for one that a mark says: a state, a setting, tags, a score under seal. Words alone, for a scrolled
 * table makes hundreds of them a frame.
 */
export function wordsOf(run: RunRow, field: string): FieldWords | null {
  if (field.includes('/')) return scoreWords(run, field as MetricName)
  return (WORDS[field] ?? (() => NOTHING))(run)
}

function scoreWords(run: RunRow, metric: MetricName): FieldWords | null {
  const value = run.summary[metric] ?? null
  if (value === null) return metric.startsWith('test/') && isComplete(run.state) ? null : UNKNOWN
  return { text: score(value, metric.includes('accuracy') ? 'accuracy' : 'loss'), exact: String(value) }
}

const number = (value: number | null): FieldWords =>
  value === null ? UNKNOWN : { text: count(value), exact: String(value) }
const text = (value: string | null): FieldWords => (value === null ? NOTHING : { text: value, exact: value })
const date = (value: string | null): FieldWords =>
  value === null ? NOTHING : { text: moment(value), exact: value, look: 'soft' }

const WORDS: Readonly<Record<string, (run: RunRow) => FieldWords | null>> = {
  state: () => null,
  setting: () => null,
  tag: ({ tags }) => (tags.length === 0 ? NOTHING : null),
  lr: ({ learningRate }) => ({ text: rate(learningRate), exact: String(learningRate) }),
  seed: ({ seed }) => number(seed),
  steps: ({ steps }) => (steps > 0 ? { text: count(steps) } : { text: '–' }),
  best_step: ({ bestStep }) => number(bestStep),
  parameters_trained: ({ parametersTrained }) => number(parametersTrained),
  parameters_total: ({ parametersTotal }) => number(parametersTotal),
  started_at: ({ startedAt }) => date(startedAt),
  finished_at: ({ finishedAt }) => date(finishedAt),
  task: ({ task }) => text(task),
  model: ({ model }) => text(model),
  study: ({ study }) => text(study),
  reason: ({ reason }) => text(reason),
  note: ({ note }) => text(note?.split('\n').find((line) => line.trim() !== '') ?? null),
  id: ({ id }) => ({ text: id, exact: id, look: 'mono' }),
}
