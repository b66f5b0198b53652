import { InputError } from '../errors'
import type { RunRecord, RunState } from '../run'
import type { ReadableDatabase } from './database'
import { conditionOf, valueOf } from './filter-sql'
import { all, allTuples, first } from './query'
import { runNumber, seenBy, studyNumber, toRecords } from './run-rows'
import type { RunRow, SeenFrom } from './run-rows'
import type { RunQuery, RunValue } from './run-query'

/** A page of runs, whole. */
export function listRuns(db: ReadableDatabase, query: RunQuery): RunRecord[] {
  const seen = seenBy(query.study)
  const { sql, values } = selection(db, query, seen)
  return toRecords(db, allTuples<RunRow>(db, `SELECT ${seen.columns} ${sql}`, ...values))
}

/** The ids of a page of runs. */
export function listRunIds(db: ReadableDatabase, query: RunQuery): string[] {
  const { sql, values } = selection(db, query, seenBy(query.study))
  return all<{ id: string }>(db, `SELECT runs.id ${sql}`, ...values).map(({ id }) => id)
}

/** One row a run, one value a field. */
export function listRunValues(
  db: ReadableDatabase,
  query: RunQuery,
  fields: readonly string[],
): RunValue[][] {
  const seen = seenBy(query.study)
  const { sql, values } = selection(db, query, seen)
  return allTuples<RunValue[]>(
    db,
    `SELECT ${fields.map((field) => valueOf(field, seen)).join(', ')} ${sql}`,
    ...values,
  )
}

export function countRuns(db: ReadableDatabase, query: RunQuery): number {
  const seen = seenBy(query.study)
  const { sql, values } = conditions(db, query, seen)
  return first<{ n: number }>(db, `SELECT count(*) AS n FROM ${seen.from} ${sql}`, ...values)!.n
}

/** How many runs of the query are in each state that any is in. */
export function countStates(db: ReadableDatabase, query: RunQuery): Partial<Record<RunState, number>> {
  const seen = seenBy(query.study)
  const { sql, values } = conditions(db, query, seen)
  const rows = all<{ state: RunState; n: number }>(
    db,
    `SELECT runs.state AS state, count(*) AS n FROM ${seen.from} ${sql} GROUP BY runs.state`,
    ...values,
  )
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

interface Clause {
  readonly sql: string
  readonly values: (string | number)[]
}

/** FROM, WHERE, ORDER BY and LIMIT of a query. */
function selection(db: ReadableDatabase, query: RunQuery, seen: SeenFrom): Clause {
  const where = conditions(db, query, seen)
  const values = [...where.values, query.limit ?? -1, query.offset ?? 0]
  return { sql: `FROM ${seen.from} ${where.sql} ORDER BY ${orderOf(query, seen)} LIMIT ? OFFSET ?`, values }
}

/** Runs without the value come last either way; the newest first among equals. */
function orderOf({ study, order, sort = [] }: RunQuery, seen: SeenFrom): string {
  if (order === 'plan' && study === undefined) throw new InputError('the order "plan" needs a study')
  const asked = sort.map(({ field, descending }) => {
    const value = valueOf(field, seen)
    return descending ? `${value} DESC` : `${value} ASC NULLS LAST`
  })
  return [...asked, order === 'plan' ? 'study_runs.position' : `${seen.run} DESC`].join(', ')
}

function conditions(db: ReadableDatabase, query: RunQuery, seen: SeenFrom): Clause {
  const sql: string[] = []
  const values: (string | number)[] = []
  const { study, states, filter, after } = query
  // A run of deleted studies alone is at home nowhere.
  if (study === undefined) sql.push('runs.home_study IS NOT NULL')
  else {
    sql.push('study_runs.study = ?')
    values.push(studyNumber(db, study))
  }
  if (states !== undefined) {
    sql.push('runs.state IN (SELECT value FROM json_each(?))')
    values.push(JSON.stringify(states))
  }
  if (query.archived === 'left out') sql.push('runs.archived_at IS NULL')
  if (filter !== undefined) {
    const condition = conditionOf(filter, seen)
    sql.push(condition.sql)
    values.push(...condition.values)
  }
  if (after !== undefined) {
    if (query.sort !== undefined)
      throw new InputError('"after" goes with the order of the plan or of time alone')
    sql.push(
      query.order === 'plan'
        ? 'study_runs.position > (SELECT position FROM study_runs AS other WHERE other.study = study_runs.study AND run = ?)'
        : `${seen.run} < ?`,
    )
    values.push(runNumber(db, after).run)
  }
  return { sql: sql.length > 0 ? `WHERE ${sql.join(' AND ')}` : '', values }
}
