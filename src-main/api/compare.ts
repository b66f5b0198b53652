import { z } from 'zod'
import { budgetCurves } from '../analysis/budget'
import type { BudgetCurves } from '../analysis/budget'
import { chosenCurves } from '../analysis/chosen-curves'
import type { ChosenCurve } from '../analysis/chosen-curves'
import type { Comparison, Group } from '../analysis/comparison'
import { conclusionRisk } from '../analysis/risk'
import type { ConclusionRisk } from '../analysis/risk'
import { InputError } from '../errors'
import type { StudyRecord } from '../store/store'
import { isTrainable } from '../study/study'
import type { Workbench } from '../workbench'
import { beside } from './beside'
import { procedure, router, studyName } from './procedure'

// Reports bring a drawing library with them, which a window that starts has no use for.
const loadSource = () => import('../reports/read-source')
const loadTables = () => import('../reports/tables')

/** What became of the selection rule and the test, in the order in which it happened. */
export interface SealEvent {
  /** ISO 8601, UTC. */
  readonly at: string
  /** "rule-frozen", "test-opened", "test-revealed" or, once the study had started, "grid-changed" and the like. */
  readonly kind: string
  readonly detail: string
}

/** What the figures below the first one draw; null where a group's runs cannot fill it. */
export interface GroupFigures {
  readonly curves: readonly ChosenCurve[]
  readonly budget: BudgetCurves
  readonly risk: ConclusionRisk | { readonly reason: string }
}

/** A line on a screen has no more points than this to show. */
const MOST_POINTS = 600

const ofGroup = { name: studyName, task: z.string(), model: z.string() }

export const compare = router({
  /** Everything that a study's runs say; `otherRate` is the one learning rate that another paper used. */
  study: procedure
    .input(z.strictObject({ name: studyName, otherRate: z.number().positive().max(100).optional() }))
    .query(
      beside('compare.study', async ({ ctx, input }) => {
        const record = known(ctx.workbench, input.name)
        return {
          comparison: await ctx.workbench.compare(input.name, { otherRate: input.otherRate }),
          seal: sealOf(ctx.workbench, record),
          /** What a click may add to; null for runs that were imported, which cannot be trained here. */
          grid: gridOf(record.study),
        }
      }),
    ),

  /** Efficiency, cost and sensitivity, as the report has them. */
  tables: procedure.input(z.strictObject({ name: studyName })).query(
    beside('compare.tables', async ({ ctx, input }) => {
      const { furtherTables } = await loadTables()
      return furtherTables(await sourceOf(ctx.workbench, input.name))
    }),
  ),

  /** Differences between settings and the tests of them: every other minus the one named, or all pairs. */
  differences: procedure
    .input(z.strictObject({ ...ofGroup, against: z.string().max(1_000).nullable() }))
    .query(
      beside('compare.differences', async ({ ctx, input }) => {
        const { againstTables, pairTables } = await loadTables()
        const source = await sourceOf(ctx.workbench, input.name)
        const { against, task, model } = input
        return against === null
          ? pairTables(source, groupOf(source.comparison, input))
          : againstTables(source, { task, model, setting: against })
      }),
    ),

  /** Learning curves, budget and risk of one task and model. */
  figures: procedure.input(z.strictObject(ofGroup)).query(
    beside('compare.figures', async ({ ctx, input }): Promise<GroupFigures> => {
      const { comparison, curveOf } = await sourceOf(ctx.workbench, input.name)
      const group = groupOf(comparison, input)
      return {
        curves: chosenCurves(group, curveOf).map(thinned),
        budget: budgetCurves(group, comparison),
        risk: conclusionRisk(group, comparison),
      }
    }),
  ),

  /** Opens the test scores of a study before its last run has ended. Logged, and for good. */
  revealTest: procedure
    .input(z.strictObject({ name: studyName }))
    .mutation(({ ctx, input }) => sealOf(ctx.workbench, ctx.workbench.revealTest(input.name))),
})

async function sourceOf(workbench: Workbench, name: string) {
  const { readReportSource } = await loadSource()
  return readReportSource(workbench, name)
}

function groupOf(
  { study, groups }: Comparison,
  of: { readonly task: string; readonly model: string },
): Group {
  const group = groups.find(({ task, model }) => task === of.task && model === of.model)
  if (group === undefined)
    throw new InputError(`the study '${study}' has no cells of ${of.task} and ${of.model}`)
  return group
}

function known(workbench: Workbench, name: string): StudyRecord {
  const record = workbench.store.study(name)
  if (record === null) throw new InputError(`no study '${name}' in this workspace`, { field: 'name' })
  return record
}

function gridOf(study: StudyRecord['study']) {
  if (!isTrainable(study)) return null
  const { learning_rates, rate_draw, extra_learning_rates, seeds, settings } = study
  const names = settings.map(({ name }) => name)
  return { learning_rates, rate_draw, extra_learning_rates, seeds, settings: names }
}

function sealOf(workbench: Workbench, record: StudyRecord) {
  const { testSealed, testOpenedAt, testRevealedAt, ruleFrozenAt, changedAfterTest, importedFrom } = record
  const history = workbench.store
    .events({ study: record.name })
    .filter(({ run, kind }) => run === null && SEAL_KINDS.test(kind))
    .map(({ at, kind, detail }): SealEvent => ({ at, kind, detail }))
  return { testSealed, testOpenedAt, testRevealedAt, ruleFrozenAt, changedAfterTest, importedFrom, history }
}

const SEAL_KINDS = /^(rule-frozen|test-opened|test-revealed|(rule|grid|seeds|protocol)-changed)$/

/** Every so many of the evaluations, and the last: means stay means of all seeds. */
function thinned(curve: ChosenCurve): ChosenCurve {
  const kept = <T>(items: readonly T[]): T[] => {
    const stride = Math.ceil(items.length / MOST_POINTS)
    return items.filter((_, i) => i % stride === 0 || i === items.length - 1)
  }
  return {
    ...curve,
    points: kept(curve.points),
    seeds: curve.seeds.map((seed) => ({ ...seed, steps: kept(seed.steps), values: kept(seed.values) })),
  }
}
