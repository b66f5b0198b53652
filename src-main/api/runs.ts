import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { InputError } from '../errors'
import { METRICS } from '../run'
import type { MetricName, RunRecord } from '../run'
import type { ReadableStore, RunAnnotations } from '../store/store'
import type { Workbench } from '../workbench'
import { procedure, router, runId, studyName } from './procedure'
import { listed, runQueryOf } from './run-query'

/** One row of the history with what people added to it, without what only the run's own page shows. */
export type RunRow = Omit<RunRecord, 'config' | 'environment' | 'key'> &
  Pick<RunAnnotations, 'tags' | 'note' | 'archivedAt'>

/** One metric of one run, downsampled. A value that is not a finite number is null: JSON has no word for it. */
export interface Curve {
  readonly run: string
  readonly metric: MetricName
  readonly steps: readonly number[]
  readonly values: readonly (number | null)[]
}

const PAGE_AT_MOST = 2_000

export const runs = router({
  /** A page of a list; it starts at `offset`, or, in an order that is not asked for, `after` a run: `next`, null at the end. */
  page: procedure
    .input(
      z.strictObject({
        ...listed,
        after: runId.optional(),
        offset: z.number().int().nonnegative().optional(),
        limit: z.number().int().min(1).max(PAGE_AT_MOST).default(500),
      }),
    )
    .query(({ ctx, input }) => {
      const { after, offset, limit } = input
      const { store } = ctx.workbench
      const found = store.runs({ ...runQueryOf(input), after, offset, limit: limit + 1 })
      const page = found.slice(0, limit)
      return {
        runs: rowsOf(store, page),
        next: found.length > page.length ? (page.at(-1)?.id ?? null) : null,
      }
    }),

  count: procedure.input(z.strictObject(listed)).query(async ({ ctx, input }) => {
    // Rows that were asked for in the same breath are sent first.
    await setImmediate()
    return ctx.workbench.store.countRuns(runQueryOf(input))
  }),

  /** How many runs are in each state; a run that several studies share is one. */
  states: procedure
    .input(z.strictObject({ study: studyName.optional() }))
    .query(({ ctx, input }) => ctx.workbench.store.countStates(runQueryOf(input))),

  /** Fresh rows for ids that changed; unknown ids are left out. */
  rows: procedure
    .input(z.strictObject({ ids: z.array(runId).max(PAGE_AT_MOST), study: studyName.optional() }))
    .query(({ ctx, input }) => {
      const { store } = ctx.workbench
      return rowsOf(
        store,
        input.ids.flatMap((id) => store.run(id, input.study) ?? []),
      )
    }),

  get: procedure
    .input(z.strictObject({ id: runId, study: studyName.optional() }))
    .query(({ ctx, input }) => existing(ctx.workbench, input.id, input.study)),

  curves: procedure
    .input(
      z.strictObject({
        ids: z.array(runId).min(1).max(200),
        metrics: z.array(z.enum(METRICS)).min(1).max(METRICS.length),
        maxPoints: z.number().int().min(4).max(10_000).default(1_000),
        study: studyName.optional(),
      }),
    )
    .query(({ ctx, input }) =>
      input.ids.flatMap((id) =>
        input.metrics.map((metric) => curveOf(ctx.workbench, id, metric, input.maxPoints, input.study)),
      ),
    ),

  progress: procedure.query(({ ctx }) => ctx.workbench.progress()),

  /** Ends what is open of these; says how many that were. */
  cancel: procedure
    .input(z.strictObject({ ids: z.array(runId).min(1).max(PAGE_AT_MOST) }))
    .mutation(({ ctx, input: { ids } }) => {
      const [only] = ids
      // Of one run the answer is why not.
      if (only !== undefined && ids.length === 1)
        return ctx.workbench.cancelRun(only).then(() => ({ done: 1 }))
      return ctx.workbench.queue.cancelRuns(ids)
    }),

  /** Queues what has no result of these, with what else their studies lack; says how many of these that were. */
  rerun: procedure
    .input(z.strictObject({ ids: z.array(runId).min(1).max(PAGE_AT_MOST) }))
    .mutation(({ ctx, input }) => rerun(ctx.workbench, input.ids)),
})

function rowsOf(store: ReadableStore, runs: readonly RunRecord[]): RunRow[] {
  const added = store.annotations(runs.map(({ id }) => id))
  return runs.map(({ config: _config, environment: _environment, key: _key, ...row }, i) => {
    const { tags = [], note = null, archivedAt = null } = added[i] ?? {}
    return { ...row, tags, note, archivedAt }
  })
}

function existing(workbench: Workbench, id: string, study?: string): RunRecord {
  const run = workbench.store.run(id, study)
  if (run === null) throw new InputError(`no run ${id} in this workspace`, { field: 'id' })
  return run
}

function curveOf(
  workbench: Workbench,
  run: string,
  metric: MetricName,
  maxPoints: number,
  study?: string,
): Curve {
  const { steps, values } = workbench.store.series(run, metric, maxPoints, study)
  return { run, metric, steps: Array.from(steps), values: Array.from(values, finiteOrNull) }
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

async function rerun(workbench: Workbench, ids: readonly string[]): Promise<{ done: number }> {
  const runs = ids.map((id) => existing(workbench, id))
  const lacking = runs.filter(
    ({ state }) => state === 'failed' || state === 'cancelled' || state === 'paused',
  )
  // Of one run the answer is why not.
  const [only] = ids
  if (only !== undefined && ids.length === 1) await workbench.rerun(only)
  else for (const study of new Set(lacking.map(({ study }) => study))) await workbench.resumeStudy(study)
  return { done: Math.max(lacking.length, ids.length === 1 ? 1 : 0) }
}
