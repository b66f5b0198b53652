import { mean, standardError } from '../analysis/estimate'
import type { RunState } from '../run'
import type { ReadableStore, RunQuery, RunValue } from '../store/store'

/** Mean ± SEM (ddof 1) over the runs that have the value; never a bare mean. */
export interface GroupEstimate {
  readonly mean: number
  /** Null with fewer than two values. */
  readonly sem: number | null
  readonly n: number
}

/** The runs that agree in the fields they are grouped by. */
export interface RunGroup {
  /** In the order of those fields; null: they have no such value. */
  readonly key: readonly RunValue[]
  readonly runs: number
  readonly states: Readonly<Partial<Record<RunState, number>>>
  /** By field; null where no run has the value. */
  readonly estimates: Readonly<Record<string, GroupEstimate | null>>
}

/** All groups, in the order of the first run of each. */
export function groupRuns(
  store: ReadableStore,
  query: RunQuery,
  by: readonly string[],
  measures: readonly string[],
): RunGroup[] {
  const sort = by.map((field) => ({
    field,
    descending: query.sort?.some((key) => key.field === field && key.descending) ?? false,
  }))
  const rows = store.runValues({ ...query, sort }, [...by, 'state', ...measures])
  const groups = new Map<string, RunValue[][]>()
  for (const row of rows) {
    const key = JSON.stringify(row.slice(0, by.length))
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [row])
    else known.push(row)
  }
  return [...groups.values()].map((group) => ({
    key: group[0]!.slice(0, by.length),
    runs: group.length,
    states: statesOf(group.map((row) => row[by.length] as RunState)),
    estimates: Object.fromEntries(measures.map((field, i) => [field, estimateOf(group, by.length + 1 + i)])),
  }))
}

function statesOf(states: readonly RunState[]): Partial<Record<RunState, number>> {
  const counts: Partial<Record<RunState, number>> = {}
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function estimateOf(rows: readonly (readonly RunValue[])[], at: number): GroupEstimate | null {
  const values = rows.map((row) => row[at]).filter((value) => typeof value === 'number')
  return values.length === 0 ? null : { mean: mean(values), sem: standardError(values), n: values.length }
}
