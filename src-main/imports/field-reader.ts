import { InputError } from '../errors'
import { formatRate } from '../study/rates'
import type { Mapping, PublishedField, RunField } from './mapping'
import { readNumber, unescapeFormula } from './numbers'
import type { SourceRun } from './source'

type Field = RunField | PublishedField

/** Reads one run's fields by a mapping; what does not fit is an error that names file, line and field. */
export class FieldReader {
  constructor(
    private readonly run: SourceRun,
    private readonly mapping: Mapping,
  ) {}

  /** The words of a field, or null where it is not mapped or empty. */
  text(field: Field): string | null {
    const found = this.found(field)
    if (found === null) return null
    const text = unescapeFormula(String(found.value)).trim().normalize('NFC')
    if (text === '') return null
    if (text.length > 200 || /\p{Cc}|\p{Cf}|\p{Cs}/u.test(text)) {
      throw this.wrong(
        field,
        'text with signs that cannot be seen, or too long',
        'at most 200 visible characters',
      )
    }
    return text
  }

  /** A number, or null where it is not mapped or empty. */
  number(field: Field): number | null {
    const found = this.found(field)
    return found === null ? null : this.numberIn(found.name, found.value, field)
  }

  /** A whole number from 0, or null. */
  count(field: Field, largest = Number.MAX_SAFE_INTEGER): number | null {
    const value = this.number(field)
    if (value === null) return null
    if (Number.isInteger(value) && value >= 0 && value <= largest) return value
    throw this.wrong(field, formatRate(value), `a whole number from 0 to ${largest}`)
  }

  learningRate(): number | null {
    const value = this.number('learning_rate')
    if (value === null || (value > 0 && value < Infinity)) return value
    throw this.wrong('learning_rate', String(value), 'a learning rate such as 1e-4')
  }

  /** ISO 8601 in UTC, or null where there is none or it cannot be told which moment is meant. */
  moment(field: Field): string | null {
    const found = this.found(field)
    if (found === null) return null
    const number = typeof found.value === 'number' ? found.value : null
    const text = String(found.value).trim()
    // A date without a time zone is another moment for everybody.
    const isClear = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text)
    const time = number ?? (isClear ? Date.parse(text.replace(' ', 'T')) : NaN)
    return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : null
  }

  /** A single value of a metric, or null. */
  metric(name: string): number | null {
    const field = this.run.fields.get(name)
    if (field === undefined) return null
    const text = typeof field.value === 'string' ? field.value.trim() : field.value
    if (typeof text === 'string' && text.endsWith('%')) {
      const percent = this.numberIn(name, text.slice(0, -1), name)
      return percent === null ? null : percent / 100
    }
    return this.numberIn(name, text, name)
  }

  private numberIn(name: string, value: string | number | boolean, field: string): number | null {
    const number = readNumber(value, this.mapping.decimal)
    if (number !== undefined) return number
    const hint =
      typeof value === 'string' && /^[+-]?\d+,\d+$/.test(value.trim())
        ? ' (a decimal comma? decimal: ",")'
        : ''
    throw this.wrong(field, `${JSON.stringify(String(value).slice(0, 40))} in "${name}"`, `a number${hint}`)
  }

  wrong(field: string, found: string, expected: string): InputError {
    const { file, line } = this.run
    return new InputError(`found ${found}, expected ${expected}`, { file, line, field })
  }

  private found(field: Field): { name: string; value: string | number | boolean } | null {
    const source = this.mapping.fields?.[field]
    if (source === undefined || source === null) return null
    if (typeof source === 'object' && 'value' in source) return { name: field, value: source.value }
    const name = typeof source === 'string' ? source : source.from
    const value = this.run.fields.get(name)?.value
    if (value === undefined) return null
    if (typeof source === 'string') return { name, value }
    const word = Object.hasOwn(source.words, String(value)) ? source.words[String(value)] : undefined
    return { name, value: word ?? value }
  }
}
