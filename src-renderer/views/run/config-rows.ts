/** One value of a nested configuration. */
export interface ConfigRow {
  /** "training.batch_size" */
  readonly path: string
  readonly depth: number
  readonly key: string
  /** Null: a mapping, whose values follow. */
  readonly value: string | null
}

/** A configuration as rows, those alone whose path or value holds all the words; what leads to them stays. */
export function configRows(config: unknown, search = ''): ConfigRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const rows: ConfigRow[] = []
  const visit = (value: unknown, path: readonly string[]): void => {
    for (const [key, each] of Object.entries(value as Readonly<Record<string, unknown>>)) {
      const here = [...path, key]
      const row = { path: here.join('.'), depth: path.length, key }
      if (isMapping(each)) {
        rows.push({ ...row, value: null })
        visit(each, here)
      } else rows.push({ ...row, value: say(each) })
    }
  }
  visit(config, [])
  const found = rows.filter(({ path, value }) => {
    const text = `${path} ${value ?? ''}`.toLowerCase()
    return value !== null && words.every((word) => text.includes(word))
  })
  return rows.filter(
    (row) =>
      found.includes(row) ||
      (row.value === null && found.some(({ path }) => path.startsWith(`${row.path}.`))),
  )
}

const isMapping = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0

function say(value: unknown): string {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) {
    return value.map((each) => (typeof each === 'object' ? JSON.stringify(each) : String(each))).join(', ')
  }
  return JSON.stringify(value)
}
