import { z } from 'zod'
import { InputError } from '../errors'
import { METRICS, RUN_STATES } from '../run'
import type { MetricName, RunRecord } from '../run'
import type { Workbench } from '../workbench'
import { procedure, router, runId, studyName } from './procedure'

/** One row of the history, without what only the run's own page shows. */
export type RunRow = Omit<RunRecord, 'config' | 'environment' | 'key'>

/** One metric of one run, downsampled. A value that is not a finite number is null: JSON has no word for it. */
export interface Curve {
  readonly run: string
  readonly metric: MetricName
  readonly steps: readonly number[]
  readonly values: readonly (number | null)[]
}

const filter = { study: studyName.optional(), states: z.array(z.enum(RUN_STATES)).max(8).optional() }
const PAGE_AT_MOST = 2_000

export const runs = router({
  /** A page of the history, newest first, or of a study in the order of its plan; `next` is the `after` of the page that follows, null at the end. */
  page: procedure
    .input(
      z.strictObject({
        ...filter,
        after: runId.optional(),
        limit: z.number().int().min(1).max(PAGE_AT_MOST).default(500),
      }),
    )
    .query(({ ctx, input }) => {
      const order = input.study === undefined ? 'newest' : 'plan'
      const found = ctx.workbench.store.runs({ ...input, order, limit: input.limit + 1 })
      const page = found.slice(0, input.limit)
      return { runs: page.map(rowOf), next: found.length > page.length ? (page.at(-1)?.id ?? null) : null }
    }),

  count: procedure
    .input(z.strictObject(filter))
    .query(({ ctx, input }) => ctx.workbench.store.countRuns(input)),

  /** Fresh rows for ids that changed; unknown ids are left out. */
  rows: procedure
    .input(z.strictObject({ ids: z.array(runId).max(PAGE_AT_MOST), study: studyName.optional() }))
    .query(({ ctx, input }) =>
      input.ids.flatMap((id) => ctx.workbench.store.run(id, input.study) ?? []).map(rowOf),
    ),

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

  cancel: procedure
    .input(z.strictObject({ ids: z.array(runId).min(1).max(PAGE_AT_MOST) }))
    .mutation(({ ctx, input }) => each(input.ids, (id) => ctx.workbench.cancelRun(id))),

  rerun: procedure
    .input(z.strictObject({ ids: z.array(runId).min(1).max(PAGE_AT_MOST) }))
    .mutation(({ ctx, input }) => each(input.ids, (id) => ctx.workbench.rerun(id))),
})

function rowOf({ config: _config, environment: _environment, key: _key, ...row }: RunRecord): RunRow {
  return row
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

async function each(ids: readonly string[], act: (id: string) => Promise<void>): Promise<{ done: number }> {
  for (const id of ids) await act(id)
  return { done: ids.length }
}
