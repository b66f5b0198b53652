import { InputError } from '../errors'

/**
 * Run names as templates: "{task}/{setting}-lr{learning_rate}-s{seed}" read against "mnist/frozen-lr1e-3-s0". Text outside
 * brackets stands as it is; what is in brackets takes the shortest text that lets the rest follow. No regular expressions:
 * a template comes from a file, and matching takes time in proportion to the name.
 */
export interface NameTemplate {
  readonly fields: readonly string[]
  /** The text of each field, or null where the name is not of this form. */
  readonly read: (name: string) => ReadonlyMap<string, string> | null
}

/** @throws {InputError} where brackets do not close, a field is there twice, or two stand side by side */
export function nameTemplate(template: string): NameTemplate {
  const refuse = (problem: string): never => {
    throw new InputError(`${problem} in "${template}", expected text such as {setting}-lr{learning_rate}`, {
      field: 'name',
    })
  }
  const parts = template.split('{')
  const fixed: string[] = [parts[0] ?? '']
  const fields: string[] = []
  for (const part of parts.slice(1)) {
    const end = part.indexOf('}')
    if (end < 0) refuse('found { without }')
    const field = part.slice(0, end)
    if (field === '') refuse('found {} without a name')
    if (fields.includes(field)) refuse(`found {${field}} twice`)
    if (fields.length > 0 && fixed.at(-1) === '') refuse(`found nothing before {${field}}`)
    fields.push(field)
    fixed.push(part.slice(end + 1))
  }
  if (fields.length === 0) refuse('found no field in brackets')
  return { fields, read: (name) => read(name, fixed, fields) }
}

function read(
  name: string,
  fixed: readonly string[],
  fields: readonly string[],
): ReadonlyMap<string, string> | null {
  const [head = ''] = fixed
  if (!name.startsWith(head)) return null
  const found = new Map<string, string>()
  let at = head.length
  for (const [i, field] of fields.entries()) {
    const after = fixed[i + 1] ?? ''
    const isLast = i === fields.length - 1
    const end = isLast ? name.length - after.length : name.indexOf(after, at + 1)
    if (end <= at || (isLast && !name.endsWith(after))) return null
    found.set(field, name.slice(at, end))
    at = end + after.length
  }
  return found
}
