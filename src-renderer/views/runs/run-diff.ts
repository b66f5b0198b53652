/** Where runs differ: their configurations, machines and results, field by field. */

export interface DiffRow {
  /** Dotted path: "config.training.batch_size". */
  readonly field: string
  /** One a run, in their order; null where a run has no such field. */
  readonly values: readonly (string | null)[]
  readonly differs: boolean
}

/** Every field that any of the objects has, in the order in which they first come. */
export function diffRows(runs: readonly object[]): DiffRow[] {
  const flat = runs.map((run) => new Map(leaves('', run)))
  const fields = [...new Set(flat.flatMap((leavesOfRun) => [...leavesOfRun.keys()]))]
  return fields.map((field) => {
    const values = flat.map((leavesOfRun) => leavesOfRun.get(field) ?? null)
    return { field, values, differs: values.some((value) => value !== values[0]) }
  })
}

/** Fields with their values as text; a list of plain values is one value. */
function leaves(path: string, value: unknown): [string, string][] {
  if (value === null || value === undefined) return path === '' ? [] : [[path, '–']]
  if (Array.isArray(value)) return [[path, value.map(said).join(', ')]]
  if (typeof value !== 'object') return [[path, said(value)]]
  return Object.entries(value).flatMap(([key, inner]) => leaves(path === '' ? key : `${path}.${key}`, inner))
}

const said = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : JSON.stringify(value)
