import { FIELDS, JOINERS, NONE, fieldNamed } from './language'
import type { Filter } from './language'

/** The filter as a user would write it; reading it again gives the same filter. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'all':
      return filter.parts
        .map((part) => (part.kind === 'any' ? bracketed(part) : printFilter(part)))
        .join(' and ')
    case 'any':
      return filter.parts.map(printFilter).join(' or ')
    case 'not': {
      const isSimple = filter.part.kind === 'comparison' || filter.part.kind === 'missing'
      return `not ${isSimple ? printFilter(filter.part) : bracketed(filter.part)}`
    }
    case 'comparison':
      return `${filter.field} ${filter.operator} ${printValue(filter.value)}`
    case 'missing':
      return `${filter.field} ${filter.missing ? '=' : '!='} ${NONE}`
    case 'words':
      return filter.words.map(printWord).join(' ')
  }
}

/** Both, where both are there; an empty source asks for nothing. */
export function bothFilters(...sources: readonly string[]): string {
  const asked = sources.filter((source) => source.trim() !== '')
  return asked.length < 2 ? (asked[0] ?? '') : asked.map((source) => `(${source})`).join(' and ')
}

/** The condition that a field has exactly this value; null: none. */
export function equalTo(field: string, value: string | number | null): string {
  if (FIELDS[field] === undefined) throw new RangeError(`there is no field ${field}`)
  return value === null ? `${field} = ${NONE}` : `${field} = ${printValue(String(value))}`
}

const bracketed = (filter: Filter): string => `(${printFilter(filter)})`

/** A value, in quotes where it would be read as something else. */
export const printValue = (value: string): string =>
  /^[^\s()<>=!~"']+$/.test(value) && value !== NONE ? value : `'${value.replaceAll("'", "''")}'`

const printWord = (word: string): string =>
  fieldNamed(word) !== undefined || JOINERS.includes(word.toLowerCase())
    ? `'${word}'`
    : word === NONE
      ? word
      : printValue(word)
