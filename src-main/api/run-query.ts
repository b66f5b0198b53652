import { z } from 'zod'
import { InputError } from '../errors'
import { FIELDS, mentions } from '../filter/language'
import { parseFilter } from '../filter/parse'
import { RUN_STATES } from '../run'
import type { RunQuery, SortKey } from '../store/store'
import { studyName } from './procedure'

/** Which runs a list shows, and in which order. */
export const listed = {
  study: studyName.optional(),
  states: z.array(z.enum(RUN_STATES)).max(8).optional(),
  /** In the filter language; empty asks for all. Runs that were put away are left out unless it names `archived`. */
  filter: z.string().max(2_000).optional(),
  /** Fields, the first one first; `-` before one turns it round. Without any: the newest first, or the study's plan. */
  sort: z.array(z.string().max(100)).max(4).optional(),
}

export const fieldName = z.string().refine((name) => Object.hasOwn(FIELDS, name), 'not a field of a run')

interface Listed {
  readonly study?: string
  readonly states?: RunQuery['states']
  readonly filter?: string
  readonly sort?: readonly string[]
}

/** @throws {FilterError} for a filter that cannot be read, InputError for an order by no field */
export function runQueryOf({ study, states, filter, sort = [] }: Listed): RunQuery {
  const asked = filter === undefined || filter.trim() === '' ? undefined : parseFilter(filter)
  return {
    study,
    states,
    filter: asked,
    sort: sort.length === 0 ? undefined : sort.map(sortKeyOf),
    order: study === undefined ? 'newest' : 'plan',
    archived: asked !== undefined && mentions(asked, 'archived') ? undefined : 'left out',
  }
}

function sortKeyOf(word: string): SortKey {
  const descending = word.startsWith('-')
  const field = descending ? word.slice(1) : word
  if (!Object.hasOwn(FIELDS, field)) {
    throw new InputError(`found '${field}', expected a field of a run`, { field: 'sort' })
  }
  return { field, descending }
}
