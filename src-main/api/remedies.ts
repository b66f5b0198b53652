import { z } from 'zod'
import { InputError } from '../errors'
import { median } from '../forecast/earlier-runs'
import { idOf, isComplete, isImported, isSettled } from '../run'
import type { RunRecord } from '../run'
import { planStudy } from '../study/plan'
import { RATE_SAMPLES } from '../study/rates'
import { readStudy } from '../study/read'
import { isTrainable } from '../study/study'
import type { Plan, PlannedRun } from '../study/study'
import { patchStudy } from '../study/write'
import type { Workbench } from '../workbench'
import { problemsOf, procedure, router, studyName } from './procedure'
import { settledAmong } from './starting-over'
import type { Problem } from './procedure'

/** What a change of a study's file would do, before it is done. */
export interface RemedyPreview {
  readonly before: string
  readonly after: string
  /** Why it cannot be done; everything below is nothing then. */
  readonly problems: readonly Problem[]
  /** Runs to train that the study did not ask for. */
  readonly adds: number
  /** Runs newly asked for that have a result already, from this study or another. */
  readonly known: number
  /** Failed and cancelled runs, which are queued again with it. */
  readonly requeues: number
  /** Runs that are no longer asked for; they are kept, and no longer compared. */
  readonly drops: number
  /** Time to train what it adds, at the pace of this study's complete runs; null where a cell has none. */
  readonly seconds: number | null
  /** The test was seen, so every table will say that the study changed afterwards. */
  readonly afterTest: boolean
}

const rate = z.number().positive().max(100)
const count = z.number().int().positive()
const draw = z.strictObject({
  from: rate,
  to: rate,
  count: count.max(1_000),
  sample: z.enum(RATE_SAMPLES),
  seed: z.number().int().nonnegative(),
})
const patch = z.strictObject({
  learning_rates: z.union([z.array(rate).min(1).max(1_000), draw]).optional(),
  extra_learning_rates: z.record(z.string().max(500), z.array(rate).max(1_000)).optional(),
  seeds: z.array(z.number().int().nonnegative()).min(1).max(1_000).optional(),
  training: z.strictObject({ max_steps: count }).optional(),
  validation: z.strictObject({ fraction: z.number().optional(), every: count.optional() }).optional(),
  test: z.strictObject({ examples: z.literal('all') }).optional(),
  selection: z.strictObject({ extensions: count }).partial().optional(),
})
type Patch = z.infer<typeof patch>

/** Changes of a study's file that mend what the audit found, or add what a click in the map of runs asked for. */
export const remedies = router({
  preview: procedure
    .input(z.strictObject({ name: studyName, patch }))
    .query(({ ctx, input }) => preview(ctx.workbench, input.name, input.patch)),

  /** Saves the changed file and queues what it lacks. `before` is the text that was looked at: another is not changed. */
  accept: procedure
    .input(z.strictObject({ name: studyName, patch, before: z.string().max(1_000_000) }))
    .mutation(async ({ ctx, input }) => {
      const { text } = trainable(ctx.workbench, input.name)
      if (text !== input.before) {
        throw new InputError(`the study '${input.name}' has changed since; look at the change again`, {
          field: 'before',
        })
      }
      const plan = await planOf(ctx.workbench, input.name, patchStudy(text, input.patch))
      const lacked = lackingOf(plan, ctx.workbench.store.runs({ study: input.name })).length
      await ctx.workbench.startStudy(plan)
      return { queued: lacked }
    }),
})

async function preview(workbench: Workbench, name: string, patch: Patch): Promise<RemedyPreview> {
  const { text: before, testOpenedAt } = trainable(workbench, name)
  const after = patchStudy(before, patch)
  const nothing = { adds: 0, known: 0, requeues: 0, drops: 0, seconds: null }
  const shown = { before, after, afterTest: testOpenedAt !== null }
  let plan: Plan
  try {
    plan = await planOf(workbench, name, after)
  } catch (error) {
    const problems = problemsOf(error)
    if (problems.length === 0) throw error
    return { ...shown, ...nothing, problems }
  }
  const runs = workbench.store.runs({ study: name })
  const planned = new Set(runs.filter(({ inPlan }) => inPlan).map(({ key }) => key))
  const asked = new Set(plan.runs.map(({ key }) => key))
  const fresh = plan.runs.filter(({ key }) => !planned.has(key))
  // A run of another study, or one that this study once asked for, is not trained again.
  const settled = settledAmong(workbench, fresh)
  const lacking = fresh.filter(({ key }) => !settled.has(idOf(key)))
  return {
    ...shown,
    problems: [],
    adds: lacking.length,
    known: fresh.length - lacking.length,
    requeues: runs.filter(
      ({ key, state }) => asked.has(key) && planned.has(key) && (state === 'failed' || state === 'cancelled'),
    ).length,
    drops: [...planned].filter((key) => !asked.has(key)).length,
    seconds: secondsOf(lacking, runs),
  }
}

function trainable(workbench: Workbench, name: string) {
  const record = workbench.store.study(name)
  if (record === null) throw new InputError(`no study '${name}' in this workspace`, { field: 'name' })
  const { study, text, testOpenedAt } = record
  if (!isTrainable(study)) {
    throw new InputError(`the study '${name}' was imported; it can be compared, not trained`, {
      field: 'name',
    })
  }
  return { study, text, testOpenedAt }
}

/** The plan of a changed text of a known study. Its files stay where they were found: the text may name them relatively. */
function planOf(workbench: Workbench, name: string, text: string): Promise<Plan> {
  const { tasks, models, start_from } = trainable(workbench, name).study
  return planStudy({ ...readStudy(text), tasks, models, start_from }, text, workbench.library)
}

function lackingOf(plan: Plan, runs: readonly RunRecord[]): PlannedRun[] {
  const settled = new Set(runs.filter(({ state }) => isSettled(state)).map(({ key }) => key))
  return plan.runs.filter(({ key }) => !settled.has(key))
}

const cellOf = ({ task, model, setting }: Pick<RunRecord, 'task' | 'model' | 'setting'>): string =>
  JSON.stringify([task, model, setting])

/** Runs of a group advance together, so each takes its share of the group's time. */
function secondsOf(planned: readonly PlannedRun[], runs: readonly RunRecord[]): number | null {
  const paces = new Map<string, number[]>()
  for (const run of runs) {
    const { state, config, startedAt, finishedAt, steps, environment } = run
    if (!isComplete(state) || isImported(config) || startedAt === null || finishedAt === null || steps === 0)
      continue
    const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000
    const pace = seconds / steps / (environment?.group_size ?? 1)
    const cell = cellOf(run)
    const known = paces.get(cell)
    if (known === undefined) paces.set(cell, [pace])
    else known.push(pace)
  }
  // The middle one: a run that was interrupted counts the time in between.
  const usual = new Map(Array.from(paces, ([cell, known]) => [cell, median(known)]))
  let total = 0
  for (const run of planned) {
    const pace = usual.get(cellOf(run)) ?? null
    if (pace === null) return null
    total += pace * run.config.training.max_steps
  }
  return planned.length === 0 ? null : total
}
