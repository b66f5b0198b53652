import { z } from 'zod'
import { auditPlan } from '../analysis/audit'
import type { Audit } from '../analysis/audit'
import { InputError } from '../errors'
import type { StudyRecord } from '../store/store'
import type { Plan, Study } from '../study/study'
import type { StudyStatus, Workbench } from '../workbench'
import { besideDraft } from './beside'
import { folderPath, wholePath } from './folders'
import { presets } from './presets'
import { problemsOf, procedure, router, runId, studyName } from './procedure'
import type { Problem } from './procedure'
import { settledAmong, startingOver } from './starting-over'
import type { StartingOver } from './starting-over'
import { studyLifecycle } from './study-lifecycle'

/** A study with what it is doing now. */
export type StudySummary = StudyStatus &
  Pick<
    StudyRecord,
    | 'createdAt'
    | 'archivedAt'
    | 'importedFrom'
    | 'testSealed'
    | 'testOpenedAt'
    | 'testRevealedAt'
    | 'changedAfterTest'
  > & {
    /** What it compares, for its card. */
    readonly asks: {
      readonly tasks: readonly string[]
      readonly models: readonly string[]
      readonly settings: readonly string[]
      readonly rates: number
      readonly seeds: number
    }
  }

/** What a study file asks for, or what is wrong with it. */
export type StudyCheck =
  | {
      readonly ok: true
      /** What an auditor would say before anything is trained. */
      readonly audit: Audit
      readonly study: Study
      readonly runs: number
      readonly perSetting: Readonly<Record<string, number>>
      /** Runs that this workspace has results for already. */
      readonly settled: number
      /** A study of this name exists; starting replaces its file. */
      readonly over: StartingOver | null
    }
  | { readonly ok: false; readonly problems: readonly Problem[] }

const text = z.string().max(1_000_000)
const place = folderPath.transform(wholePath).optional()

export const studies = router({
  ...studyLifecycle,

  list: procedure.query(({ ctx }): StudySummary[] => {
    const states = new Map(ctx.workbench.status().map((status) => [status.name, status]))
    return ctx.workbench.store.studies().flatMap((record) => {
      const status = states.get(record.name)
      return status === undefined ? [] : [summaryOf(record, status)]
    })
  }),

  get: procedure.input(z.strictObject({ name: studyName })).query(({ ctx, input }) => {
    const record = ctx.workbench.store.study(input.name)
    if (record === null) throw new InputError(`no study '${input.name}' in this workspace`, { field: 'name' })
    return { name: record.name, study: record.study, text: record.text }
  }),

  /** Why nothing more is trained until a study is started or resumed; null when all is well. */
  held: procedure.query(({ ctx }) => ctx.workbench.heldBecause),

  presets: procedure.query(() => presets()),

  /** Problems come back as data: a study is wrong most of the time that it is being written. */
  check: procedure
    .input(z.strictObject({ text }))
    .query(besideDraft('studies.check', ({ ctx, input }) => check(ctx.workbench, input.text))),

  /**
   * The study that trains a run of an export again; a refusal names in its field what must be said: where the data, the model or
   * `start_from` lie, as whole paths. Runs may come without their series.
   */
  runAgain: procedure
    .input(
      z.strictObject({
        document: z.unknown(),
        file: z.string().max(10_000),
        run: runId.optional(),
        data: place,
        model: place,
        startFrom: place,
      }),
    )
    .mutation(({ ctx, input: { document, ...order } }) => ctx.workbench.runAgain(document, order)),

  /** `file` is where the text stands: relative paths in it start there. */
  start: procedure
    .input(z.strictObject({ text, file: z.string().max(10_000).optional() }))
    .mutation(async ({ ctx, input }) => {
      const { name } = await ctx.workbench.startStudy(await ctx.workbench.checkStudy(input.text, input.file))
      return { name }
    }),

  pause: act((workbench, name) => workbench.pauseStudy(name)),
  resume: act((workbench, name) => workbench.resumeStudy(name)),
  stop: act((workbench, name) => workbench.stopStudy(name)),
})

function act(work: (workbench: Workbench, name: string) => Promise<void>) {
  return procedure.input(z.strictObject({ name: studyName })).mutation(async ({ ctx, input }) => {
    await work(ctx.workbench, input.name)
    return { name: input.name }
  })
}

async function check(workbench: Workbench, source: string): Promise<StudyCheck> {
  let plan: Plan
  try {
    plan = await workbench.checkStudy(source)
  } catch (error) {
    const problems = problemsOf(error)
    if (problems.length === 0) throw error
    return { ok: false, problems }
  }
  const perSetting: Record<string, number> = {}
  for (const run of plan.runs) perSetting[run.setting] = (perSetting[run.setting] ?? 0) + 1
  return {
    ok: true,
    audit: auditPlan(plan.study),
    study: plan.study,
    runs: plan.runs.length,
    perSetting,
    settled: settledAmong(workbench, plan.runs).size,
    over: startingOver(workbench, plan),
  }
}

function summaryOf(record: StudyRecord, status: StudyStatus): StudySummary {
  const { createdAt, archivedAt, importedFrom, testSealed, testOpenedAt, testRevealedAt, changedAfterTest } =
    record
  const { tasks, models, settings, learning_rates, seeds } = record.study
  const names = (named: readonly { readonly name: string }[]): string[] => named.map(({ name }) => name)
  return {
    ...status,
    ...{ createdAt, archivedAt, importedFrom, testSealed, testOpenedAt, testRevealedAt, changedAfterTest },
    asks: {
      tasks: names(tasks),
      models: names(models),
      settings: names(settings),
      rates: learning_rates.length,
      seeds: seeds.length,
    },
  }
}
