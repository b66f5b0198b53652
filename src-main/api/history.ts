import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import type { RunValue } from '../store/store'
import { procedure, router, runId } from './procedure'
import { groupRuns } from './run-groups'
import type { RunGroup } from './run-groups'
import { fieldName, listed, runQueryOf } from './run-query'

const GROUPS_AT_MOST = 1_000
const RUNS_AT_MOST = 100_000

/** Columns of many runs at once; a value that is not a finite number is null. */
export interface RunColumns {
  /** How many runs there are; more than rows where these are a sample, evenly spaced in the list's order. */
  readonly total: number
  readonly ids: readonly string[]
  readonly settings: readonly string[]
  /** One row a run, one value a field. */
  readonly rows: readonly (readonly RunValue[])[]
}

/** The history as a whole: what a list of any length is summed up, drawn and copied by. */
export const history = router({
  /** The names in use, by field: what completion offers. */
  vocabulary: procedure.query(({ ctx }) => ctx.workbench.store.vocabulary()),

  /** Ids in the list's order, of all that match or of a stretch. */
  ids: procedure
    .input(
      z.strictObject({
        ...listed,
        offset: z.number().int().nonnegative().default(0),
        limit: z.number().int().min(1).max(RUNS_AT_MOST).default(RUNS_AT_MOST),
      }),
    )
    .query(({ ctx, input: { offset, limit, ...query } }) =>
      ctx.workbench.store.runIds({ ...runQueryOf(query), offset, limit }),
    ),

  /** The list in groups of runs that agree in the fields `by`, each with mean ± SEM of the measures. */
  groups: procedure
    .input(
      z.strictObject({
        ...listed,
        by: z.array(fieldName).min(1).max(4),
        measures: z.array(fieldName).max(12),
      }),
    )
    .query(({ ctx, input: { by, measures, ...query } }): { groups: RunGroup[]; total: number } => {
      const groups = groupRuns(ctx.workbench.store, runQueryOf(query), by, measures)
      return { groups: groups.slice(0, GROUPS_AT_MOST), total: groups.length }
    }),

  columns: procedure
    .input(
      z.strictObject({
        ...listed,
        fields: z.array(fieldName).min(1).max(12),
        limit: z.number().int().min(1).max(2_000).default(500),
      }),
    )
    .query(({ ctx, input: { fields, limit, ...query } }): RunColumns => {
      const rows = ctx.workbench.store.runValues(runQueryOf(query), ['id', 'setting', ...fields])
      const every = Math.max(1, Math.ceil(rows.length / limit))
      const sample = rows.filter((_, i) => i % every === 0)
      return {
        total: rows.length,
        ids: sample.map(([id]) => String(id)),
        settings: sample.map(([, setting]) => String(setting)),
        rows: sample.map((row) => row.slice(2).map(finiteOrNull)),
      }
    }),

  /** The list, or these runs of it, as CSV with a header; numbers in full, missing and sealed values empty. */
  csv: procedure
    .input(
      z.strictObject({
        ...listed,
        ids: z.array(runId).max(RUNS_AT_MOST).optional(),
        columns: z.array(fieldName).min(1).max(30),
      }),
    )
    .mutation(({ ctx, input: { ids, columns, ...query } }) => {
      const rows = ctx.workbench.store.runValues(runQueryOf(query), ['id', ...columns])
      const wanted = ids === undefined ? null : new Set<RunValue>(ids)
      const kept = rows.filter(([id]) => wanted === null || wanted.has(id ?? null)).map((row) => row.slice(1))
      return { text: stringify([columns, ...kept]), runs: kept.length }
    }),
})

const finiteOrNull = (value: RunValue): RunValue =>
  typeof value === 'number' && !Number.isFinite(value) ? null : value
