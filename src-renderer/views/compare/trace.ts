import type { RouteLocationRaw } from 'vue-router'

/** A filter longer than this is refused where filters are read. */
const LONGEST_FILTER = 2_000

/** Where the runs behind a number are shown: one on its own page, several as a list of these and no others. */
export function traceOf(study: string, runs: readonly string[]): RouteLocationRaw {
  const [only] = runs
  if (only !== undefined && runs.length === 1) return { name: 'run', params: { id: only }, query: { study } }
  const filter = runs.map((id) => `id = ${id}`).join(' or ')
  return { name: 'runs', query: { study, filter: filter.length > LONGEST_FILTER ? undefined : filter } }
}
