import { METRICS, RUN_STATES } from '../run'

/**
 * The language that asks for runs, the same in the window and on the command line: comparisons of a run's fields and
 * words to look for, joined by `and`, `or`, `not` and brackets.
 *
 *   lr < 1e-4 and state = finished and setting ~ frozen
 *   (seed = 0 or seed = 1) and not state = complete and val/accuracy >= 0.9
 *   warmup tag = keep
 *
 * A comparison with a value that the run does not have (a score before its end, a sealed test score) is false.
 */
export type Filter =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | Comparison
  /** `best_step = none`: the run has no such value. */
  | { readonly kind: 'missing'; readonly field: string; readonly missing: boolean }
  /** Each word is somewhere in the run's names, tags or note, whatever the case. */
  | { readonly kind: 'words'; readonly words: readonly string[] }

export interface Comparison {
  readonly kind: 'comparison'
  /** A name in FIELDS. */
  readonly field: string
  readonly operator: Operator
  /** As written; of a number field a number's text, unless the operator is `~` or `!~`. */
  readonly value: string
}

/** The longer ones first, so that the first that fits is the one that is meant. */
export const OPERATORS = ['<=', '>=', '!=', '!~', '=', '<', '>', '~'] as const
export type Operator = (typeof OPERATORS)[number]

/** What a field holds decides which operators and values it takes. Dates are compared as far as the value is written. */
export type FieldKind = 'text' | 'number' | 'date' | 'state' | 'flag' | 'tags'

export interface Field {
  readonly kind: FieldKind
  /** What it is, in a few words. */
  readonly about: string
}

/** Every field by its name. */
export const FIELDS: Readonly<Record<string, Field>> = {
  study: { kind: 'text', about: 'name of the study' },
  task: { kind: 'text', about: 'name of the task' },
  model: { kind: 'text', about: 'name of the model' },
  setting: { kind: 'text', about: 'how the trunk is treated' },
  lr: { kind: 'number', about: 'learning rate' },
  seed: { kind: 'number', about: 'seed' },
  state: { kind: 'state', about: 'queued, running, finished …; complete' },
  ...Object.fromEntries(METRICS.map((metric) => [metric, { kind: 'number', about: aboutMetric(metric) }])),
  steps: { kind: 'number', about: 'steps trained so far' },
  best_step: { kind: 'number', about: 'step that validation chose' },
  tag: { kind: 'tags', about: 'one of its tags' },
  note: { kind: 'text', about: 'its note' },
  archived: { kind: 'flag', about: 'put away; such runs are listed only where a filter names this field' },
  in_plan: { kind: 'flag', about: 'still asked for by its study' },
  started_at: { kind: 'date', about: 'when it started (UTC)' },
  finished_at: { kind: 'date', about: 'when it ended (UTC)' },
  parameters_trained: { kind: 'number', about: 'parameters that receive a gradient' },
  parameters_total: { kind: 'number', about: 'parameters in all' },
  device: { kind: 'text', about: 'where it was trained' },
  reason: { kind: 'text', about: 'why it failed, diverged or was cancelled' },
  id: { kind: 'text', about: 'its 12 hex digits' },
}

/** Other words for fields. */
export const SAME_FIELD: Readonly<Record<string, string>> = {
  learning_rate: 'lr',
  tags: 'tag',
  notes: 'note',
}

const EQUAL_OR_LIKE: readonly Operator[] = ['=', '!=', '~', '!~']
const IN_ORDER: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=', '~', '!~']

export const OPERATORS_OF: Readonly<Record<FieldKind, readonly Operator[]>> = {
  text: IN_ORDER,
  number: IN_ORDER,
  date: IN_ORDER,
  state: EQUAL_OR_LIKE,
  flag: EQUAL_OR_LIKE,
  tags: EQUAL_OR_LIKE,
}

/** `finished` and `early-stopped` together. */
export const COMPLETE = 'complete'
export const STATE_WORDS: readonly string[] = [...RUN_STATES, COMPLETE]
export const FLAG_WORDS: readonly string[] = ['yes', 'no']
/** `field = none` asks for runs that have no such value. */
export const NONE = 'none'
export const JOINERS: readonly string[] = ['and', 'or', 'not']

/** The field of this name or its synonym; undefined where there is none. */
export function fieldNamed(word: string): string | undefined {
  const name = Object.hasOwn(SAME_FIELD, word) ? SAME_FIELD[word] : word
  return name !== undefined && Object.hasOwn(FIELDS, name) ? name : undefined
}

/** Whether the filter asks about this field anywhere. */
export function mentions(filter: Filter, field: string): boolean {
  switch (filter.kind) {
    case 'all':
    case 'any':
      return filter.parts.some((part) => mentions(part, field))
    case 'not':
      return mentions(filter.part, field)
    case 'words':
      return false
    default:
      return filter.field === field
  }
}

function aboutMetric(metric: string): string {
  if (metric.startsWith('val/')) return 'validation, at the best step'
  return metric.startsWith('test/') ? 'test, read once at that step; sealed until the study ends' : 'summary'
}
