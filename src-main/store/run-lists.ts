import { InputError } from '../errors'
import type { RunRecord, RunState } from '../run'
import type { ReadableDatabase } from './database'
import { conditionOf, valueOf } from './filter-sql'
import { all, allTuples, first } from './query'
import { runNumber, seenBy, studyNumber, toRecords } from './run-rows'
import type { RunRow, SeenFrom } from './run-rows'
import type { RunMark, RunQuery, RunValue } from './run-query'

/** A page of runs, whole. */
export function listRuns(db: ReadableDatabase, query: RunQuery): RunRecord[] {
  const seen = seenBy(db, query.study)
  if (query.limit === undefined) return toRecords(db, listed<RunRow>(db, query, seen, seen.columns))
  // What puts 100,000 runs in order is a column or two of them; all the others are read of the page alone.
  const study = query.study === undefined ? null : studyNumber(db, query.study)
  const one = `SELECT ${seen.columns} FROM ${seen.walked} WHERE ${seen.run} = ? AND ${seen.study} = coalesce(?, ${seen.study})`
  const page = listed<readonly [number]>(db, query, seen, 'runs.run')
  return toRecords(
    db,
    page.flatMap(([run]) => allTuples<RunRow>(db, one, run, study)),
  )
}

/** The ids of a page of runs. */
export function listRunIds(db: ReadableDatabase, query: RunQuery): string[] {
  return listed<readonly [string]>(db, query, seenBy(db, query.study), 'runs.id').map(([id]) => id)
}

/** One row a run, one value a field. */
export function listRunValues(
  db: ReadableDatabase,
  query: RunQuery,
  fields: readonly string[],
): RunValue[][] {
  const seen = seenBy(db, query.study)
  return listed<RunValue[]>(db, query, seen, fields.map((field) => valueOf(field, seen)).join(', '))
}

export function countRuns(db: ReadableDatabase, query: RunQuery): number {
  const { sql, values } = selection(db, query, seenBy(db, query.study), wayOf(db, query.study))
  return first<{ n: number }>(db, `SELECT count(*) AS n ${sql}`, ...values)!.n
}

/** How many runs of the query are in each state that any is in. */
export function countStates(db: ReadableDatabase, query: RunQuery): Partial<Record<RunState, number>> {
  const { sql, values } = selection(db, query, seenBy(db, query.study), wayOf(db, query.study))
  const rows = all<{ state: RunState; n: number }>(
    db,
    `SELECT runs.state AS state, count(*) AS n ${sql} GROUP BY runs.state`,
    ...values,
  )
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]))
}

/** How far those of these runs are that are in the history. */
export function listMarks(db: ReadableDatabase, ids: readonly string[]): RunMark[] {
  const sql = `SELECT runs.id, runs.state, runs.steps FROM json_each(?) AS asked JOIN runs ON runs.id = asked.value
    WHERE runs.home_study IS NOT NULL`
  const rows = allTuples<readonly [string, RunState, number]>(db, sql, JSON.stringify(ids))
  return rows.map(([id, state, steps]) => ({ id, state, steps }))
}

/**
 * How runs are come by: `walked` along the order of the list, until a page is full; or `found` by what is asked of them, out of
 * the indexes of `runs`, and then put in order.
 */
type Way = 'walked' | 'found'

/** After so many runs of the order a page at its start is mostly full, or what it asks for is rare. */
const WALKED_FIRST = 4_000
/** For a page further on, so many times the runs before its end. */
const WALKED_SHARE = 2
/** Of a study with this share of all runs, or more, those that are asked for are found sooner among all than one by one. */
const LARGE_SHARE = 1 / 4

function wayOf(db: ReadableDatabase, study: string | undefined): Way {
  if (study === undefined) return 'found'
  const sql = `SELECT sum(study_states.runs) AS own, (SELECT max(run) FROM runs) AS every
    FROM study_states JOIN studies USING (study) WHERE name = ?`
  const { own, every } = first<{ own: number | null; every: number | null }>(db, sql, study)!
  return (own ?? 0) > LARGE_SHARE * (every ?? 0) ? 'found' : 'walked'
}

/** Rows of a page, in its order. */
function listed<Row extends readonly unknown[]>(
  db: ReadableDatabase,
  query: RunQuery,
  seen: SeenFrom,
  columns: string,
): Row[] {
  const ask = (way: Way, among?: number): Row[] => {
    const { sql, values } = selection(db, query, seen, way, among)
    const ordered = `SELECT ${columns} ${sql} ORDER BY ${orderOf(query, seen, way)} LIMIT ? OFFSET ?`
    return allTuples<Row>(db, ordered, ...values, query.limit ?? -1, query.offset ?? 0)
  }
  const { study, filter, states, sort, after, offset = 0, limit = Infinity } = query
  if (sort !== undefined) return ask(wayOf(db, study))
  const isNarrowed = filter !== undefined || states !== undefined
  if (!isNarrowed || after !== undefined || limit === Infinity) return ask('walked')
  if (wayOf(db, study) === 'walked') return ask('walked')
  const page = ask('walked', Math.max(WALKED_FIRST, WALKED_SHARE * (offset + limit)))
  return page.length === limit ? page : ask('found')
}

/** Runs without the value come last either way; the newest first among equals. */
function orderOf({ study, order, sort = [] }: RunQuery, seen: SeenFrom, way: Way): string {
  if (order === 'plan' && study === undefined) throw new InputError('the order "plan" needs a study')
  const asked = sort.map(({ field, descending }) => {
    const value = valueOf(field, seen)
    return descending ? `${value} DESC` : `${value} ASC NULLS LAST`
  })
  // With a plus before it, SQLite does not walk along it.
  const time = `${way === 'found' ? '+' : ''}${seen.run} DESC`
  return [...asked, order === 'plan' ? 'study_runs.position' : time].join(', ')
}

interface Clause {
  readonly sql: string
  readonly values: readonly (string | number)[]
}

/**
 * FROM and WHERE of a query.
 * @param among the first so many runs of the order alone
 */
function selection(db: ReadableDatabase, query: RunQuery, seen: SeenFrom, way: Way, among?: number): Clause {
  const sql: string[] = []
  const values: (string | number)[] = []
  const { study, states, filter, after, order } = query
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
      order === 'plan'
        ? 'study_runs.position > (SELECT position FROM study_runs AS other WHERE other.study = study_runs.study AND run = ?)'
        : `${seen.run} < ?`,
    )
    values.push(runNumber(db, after).run)
  }
  if (among !== undefined) {
    sql.push(order === 'plan' ? 'study_runs.position < ?' : `${seen.run} > (SELECT max(run) FROM runs) - ?`)
    values.push(among)
  }
  return { sql: `FROM ${seen[way]} WHERE ${sql.join(' AND ')}`, values }
}
