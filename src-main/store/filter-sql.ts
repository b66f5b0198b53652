import { COMPLETE, FIELDS } from '../filter/language'
import type { Comparison, Filter } from '../filter/language'
import { METRICS, RUN_STATES, isComplete } from '../run'
import { isTestMetric } from './scores'
import { unlessSealed, unlessSealedThat } from './seal'

/** From where runs are seen, as SQL: under which study's words and whose seal they stand. */
export interface Seen {
  /** Rowid of the study in whose words a run is told. */
  readonly study: string
  readonly cell: string
  readonly inPlan: string
  /** 1 where the run's test scores are withheld. */
  readonly sealed: string
}

/** A condition on `runs` and its values, in the order of their question marks. */
export interface Condition {
  readonly sql: string
  readonly values: readonly (string | number)[]
}

const COMPLETE_STATES = RUN_STATES.filter(isComplete)
  .map((state) => `'${state}'`)
  .join(', ')

/** Which runs pass the filter. */
export function conditionOf(filter: Filter, seen: Seen): Condition {
  switch (filter.kind) {
    case 'all':
      return joined(
        filter.parts.map((part) => conditionOf(part, seen)),
        'AND',
      )
    case 'any':
      return joined(
        filter.parts.map((part) => conditionOf(part, seen)),
        'OR',
      )
    case 'not': {
      // What a missing value makes unknown is false, so its opposite is true.
      const { sql, values } = conditionOf(filter.part, seen)
      return { sql: `NOT ifnull(${sql}, 0)`, values }
    }
    case 'missing': {
      const sql =
        filter.field === 'tag'
          ? `runs.run NOT IN (SELECT run FROM run_tags)`
          : `${valueOf(filter.field, seen)} IS NULL`
      return { sql: filter.missing ? `(${sql})` : `(NOT (${sql}))`, values: [] }
    }
    case 'words':
      return joined(
        filter.words.map((word) => wordCondition(word, seen)),
        'AND',
      )
    case 'comparison':
      return comparisonCondition(filter, seen)
  }
}

/** A field of a run as one SQL value; null where the run has none, or it is a test score under seal. */
export function valueOf(field: string, seen: Seen): string {
  const own = OWN_COLUMNS[field]
  if (own !== undefined) return own
  if (METRICS.some((metric) => metric === field)) {
    return isTestMetric(field)
      ? unlessSealed(seen.sealed, score('test_scores', field))
      : score('scores', field)
  }
  switch (field) {
    case 'study':
      return `(SELECT name FROM studies WHERE studies.study = ${seen.study})`
    case 'task':
    case 'model':
    case 'setting':
      return `(SELECT ${field} FROM cells WHERE cells.cell = ${seen.cell})`
    case 'in_plan':
      return `iif(${seen.inPlan}, 'yes', 'no')`
    default:
      throw new RangeError(`there is no field ${field}`)
  }
}

const OWN_COLUMNS: Readonly<Record<string, string>> = {
  id: 'runs.id',
  lr: 'runs.learning_rate',
  seed: 'runs.seed',
  state: 'runs.state',
  steps: 'runs.steps',
  best_step: 'runs.best_step',
  parameters_trained: 'runs.parameters_trained',
  parameters_total: 'runs.parameters_total',
  reason: 'runs.reason',
  started_at: 'runs.started_at',
  finished_at: 'runs.finished_at',
  archived: `iif(runs.archived_at IS NULL, 'no', 'yes')`,
  device: `(SELECT description ->> '$.device' FROM environments WHERE environments.environment = runs.environment)`,
  note: '(SELECT note FROM run_notes WHERE run_notes.run = runs.run)',
  tag: `(SELECT group_concat(tag, ', ' ORDER BY tag) FROM run_tags WHERE run_tags.run = runs.run)`,
}

/** A score out of its JSON (scores.ts), where infinities are strings and NaN is no value; 008 and 009 of the migrations have it too. */
function score(column: string, metric: string): string {
  const value = `runs.${column} ->> '$."${metric}"'`
  return `(CASE ${value} WHEN 'NaN' THEN NULL WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999 WHEN '-0' THEN 0.0
    ELSE ${value} END)`
}

function comparisonCondition({ field, operator, value }: Comparison, seen: Seen): Condition {
  switch (field) {
    case 'state':
      if (value === COMPLETE) {
        return {
          sql: `(runs.state ${operator.startsWith('!') ? 'NOT IN' : 'IN'} (${COMPLETE_STATES}))`,
          values: [],
        }
      }
      break
    case 'tag': {
      const { sql, values } = compared('tag', {
        field,
        value,
        operator: operator === '!=' ? '=' : operator === '!~' ? '~' : operator,
      })
      const membership = operator.startsWith('!') ? 'NOT IN' : 'IN'
      return { sql: `(runs.run ${membership} (SELECT run FROM run_tags WHERE ${sql}))`, values }
    }
    // What many runs share is compared once for all of them.
    case 'task':
    case 'model':
    case 'setting':
      return among(seen.cell, 'SELECT cell FROM cells WHERE', compared(field, { field, operator, value }))
    case 'study':
      return among(
        seen.study,
        'SELECT study FROM studies WHERE',
        compared('name', { field, operator, value }),
      )
    case 'device':
      return among(
        'runs.environment',
        'SELECT environment FROM environments WHERE',
        compared(`(description ->> '$.device')`, { field, operator, value }),
      )
    case 'note':
      return among(
        'runs.run',
        'SELECT run FROM run_notes WHERE',
        compared('note', { field, operator, value }),
      )
  }
  if (isTestMetric(field)) {
    const { sql, values } = compared(score('test_scores', field), { field, operator, value })
    return { sql: unlessSealedThat(seen.sealed, sql), values }
  }
  return compared(valueOf(field, seen), { field, operator, value })
}

/** The comparison of one SQL value; unknown (null) where there is none. */
function compared(
  sql: string,
  { field, operator, value }: Pick<Comparison, 'field' | 'operator' | 'value'>,
): Condition {
  if (operator === '~') return { sql: `contains(${sql}, ?)`, values: [value] }
  if (operator === '!~') return { sql: `(NOT contains(${sql}, ?))`, values: [value] }
  const kind = FIELDS[field]!.kind
  if (kind === 'number') return { sql: `(${sql} ${operator} ?)`, values: [Number(value)] }
  if (kind === 'date') {
    const said = value.replace(/Z$/, '')
    return { sql: `(substr(${sql}, 1, ${said.length}) ${operator} ?)`, values: [said] }
  }
  return { sql: `(${sql} ${operator} ?)`, values: [value] }
}

/** What may stand in an id (run.ts): for any other word nothing is read that no index holds. */
const PART_OF_ID = /^[0-9a-f]{0,12}$/i

function wordCondition(word: string, seen: Seen): Condition {
  const places = [
    `${seen.cell} IN (SELECT cell FROM cells WHERE contains(task, ?) OR contains(model, ?) OR contains(setting, ?))`,
    `${seen.study} IN (SELECT study FROM studies WHERE contains(name, ?))`,
    'runs.run IN (SELECT run FROM run_tags WHERE contains(tag, ?))',
    'runs.run IN (SELECT run FROM run_notes WHERE contains(note, ?))',
    ...(PART_OF_ID.test(word) ? ['contains(runs.id, ?)'] : []),
  ]
  const sql = `(${places.join(' OR ')})`
  return { sql, values: Array.from(sql.matchAll(/\?/g), () => word) }
}

const among = (sql: string, select: string, { sql: condition, values }: Condition): Condition => ({
  sql: `(${sql} IN (${select} ${condition}))`,
  values,
})

const joined = (conditions: readonly Condition[], word: 'AND' | 'OR'): Condition => ({
  sql: `(${conditions.map(({ sql }) => sql).join(` ${word} `)})`,
  values: conditions.flatMap(({ values }) => values),
})
