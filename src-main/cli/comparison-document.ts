import { z } from 'zod'
import type { Finding } from '../analysis/audit'
import type { Comparison, Difference } from '../analysis/comparison'
import { PAIRINGS } from '../analysis/draws'

/** What `compare --json` prints, and `run --json` within its own document; see docs/json.md. */

const number = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
const estimate = z.strictObject({
  mean: number,
  median: number,
  sem: number.nullable(),
  n: z.int(),
  runs: z.array(z.string()),
})
const optional = estimate.nullable()

const arm = z.strictObject({
  learning_rate: z.number(),
  planned: z.int(),
  complete: z.int(),
  diverged: z.int(),
  missing: z.int(),
  open: z.int(),
  eligible: z.boolean(),
  validation: optional,
  test: optional,
})

const cell = z.strictObject({
  setting: z.string(),
  /** Null: nothing could be selected. */
  choice: z
    .strictObject({
      learning_rate: z.number(),
      edge: z.enum(['lowest', 'highest']).nullable(),
      /** Means over its complete seeds; operations are matrix products, null: not available. */
      steps: number.nullable(),
      flops: number.nullable(),
      validation: estimate,
      test: optional,
    })
    .nullable(),
  arms: z.array(arm),
})

const difference = z.strictObject({
  a: z.string(),
  b: z.string(),
  split: z.enum(['validation', 'test']),
  learning_rates: z.strictObject({ a: z.number(), b: z.number() }),
  mean: number,
  interval: z
    .strictObject({
      low: number,
      high: number,
      level: number,
      df: number,
      method: z.enum(['welch-t', 'paired-t']),
    })
    .nullable(),
  /** Why there is no interval. */
  no_interval: z.string().nullable(),
  n: z.strictObject({ a: z.int(), b: z.int() }),
})

/** Keys of the study file with the value that they should have. */
const change = z.record(z.string(), z.unknown()).nullable()

const ranking = z.strictObject({
  /** Null: every setting at its own best rate. */
  learning_rate: z.number().nullable(),
  split: z.enum(['validation', 'test']),
  text: z.string(),
  settings: z.array(
    z.strictObject({ setting: z.string(), place: z.int().nullable(), score: number.nullable() }),
  ),
  /** The order of some pair is not the one at the settings' own best rates. */
  order_changes: z.boolean(),
})

export const comparisonSchema = z.strictObject({
  study: z.string(),
  metric: z.enum(['accuracy', 'loss']),
  test_sealed: z.boolean(),
  /** Where the runs came from, if they were not trained here: their seal cannot be vouched for. */
  imported_from: z.string().nullable(),
  /** How differences were to be taken. */
  pairing: z.enum(PAIRINGS),
  selection: z.record(z.string(), z.union([z.string(), z.number()])),
  progress: z.strictObject({
    planned: z.int(),
    complete: z.int(),
    diverged: z.int(),
    missing: z.int(),
    open: z.int(),
    not_in_plan: z.int(),
  }),
  groups: z.array(
    z.strictObject({
      task: z.string(),
      model: z.string(),
      chance: number.nullable(),
      cells: z.array(cell),
      /** Numbers from papers for this task; no runs, rates or seeds behind them. */
      published: z.array(
        z.strictObject({
          source: z.string(),
          model: z.string(),
          setting: z.string(),
          mean: number,
          sem: number.nullable(),
          n: z.int().nullable(),
        }),
      ),
      rankings: z.array(ranking),
      /** Each setting at its own best rate. */
      differences: z.array(difference),
      sentences: z.array(z.string()),
      not_proven: z.array(z.string()),
    }),
  ),
  audit: z.strictObject({
    summary: z.string(),
    findings: z.array(
      z.strictObject({
        id: z.string(),
        severity: z.enum(['error', 'warning', 'note']),
        /** Null: the whole study, or every setting of the group. */
        task: z.string().nullable(),
        model: z.string().nullable(),
        setting: z.string().nullable(),
        explanation: z.string(),
        remedy: z.string().nullable(),
        /** The remedy as a change of the study file; null where it is none. */
        change,
        /** A second choice, in words and as a change. */
        alternative: z.strictObject({ say: z.string(), change }).nullable(),
        runs: z.array(z.string()),
      }),
    ),
  }),
})
export type ComparisonDocument = z.infer<typeof comparisonSchema>

export function comparisonDocument(comparison: Comparison): ComparisonDocument {
  const { progress } = comparison
  return {
    study: comparison.study,
    metric: comparison.metric,
    test_sealed: comparison.testSealed,
    imported_from: comparison.importedFrom,
    pairing: comparison.pairing,
    selection: { ...comparison.selection },
    progress: {
      planned: progress.planned,
      complete: progress.complete,
      diverged: progress.diverged,
      missing: progress.missing,
      open: progress.open,
      not_in_plan: progress.notInPlan,
    },
    groups: comparison.groups.map((group) => ({
      task: group.task,
      model: group.model,
      chance: group.chance,
      cells: group.cells.map(cellDocument),
      published: group.published.map(({ source, model, setting, mean, sem, n }) => ({
        source,
        model,
        setting,
        mean,
        sem,
        n,
      })),
      rankings: [...group.rankings, group.best.validation, ...(group.best.test ? [group.best.test] : [])].map(
        ({ rate, split, text, settings }) => ({
          learning_rate: rate,
          split,
          text,
          settings: settings.map(({ setting, place, score }) => ({ setting, place, score })),
          order_changes: rate !== null && group.flipRates.includes(rate),
        }),
      ),
      differences: group.bestDifferences.map(differenceDocument),
      sentences: [...group.sentences],
      not_proven: [...group.notProven],
    })),
    audit: {
      summary: comparison.audit.summary,
      findings: comparison.audit.findings.map(
        ({ id, severity, task, model, setting, explanation, remedy, alternative, runs }) => ({
          id,
          severity,
          task,
          model,
          setting,
          explanation,
          remedy: remedy?.say ?? null,
          change: changeOf(remedy),
          alternative: alternative && { say: alternative.say, change: changeOf(alternative) },
          runs: [...runs],
        }),
      ),
    },
  }
}

const changeOf = (remedy: Finding['remedy']): Record<string, unknown> | null =>
  remedy?.kind === 'change-study' ? { ...remedy.patch } : null

const differenceDocument = ({
  a,
  b,
  split,
  rates,
  mean,
  interval,
  noInterval,
  n,
}: Difference): z.infer<typeof difference> => ({
  a,
  b,
  split,
  learning_rates: { ...rates },
  mean,
  interval: interval && { ...interval },
  no_interval: noInterval,
  n: { ...n },
})

type CellDocument = z.infer<typeof cell>
type EstimateDocument = z.infer<typeof estimate>

function cellDocument({
  setting,
  choice,
  arms,
}: Comparison['groups'][number]['cells'][number]): CellDocument {
  return {
    setting,
    choice: choice && {
      learning_rate: choice.rate,
      edge: choice.edge,
      steps: choice.steps,
      flops: choice.flops,
      validation: estimateDocument(choice.validation),
      test: choice.test && estimateDocument(choice.test),
    },
    arms: arms.map(({ rate, planned, counts: of, eligible, validation, test }) => ({
      learning_rate: rate,
      planned,
      ...of,
      eligible,
      validation: validation && estimateDocument(validation),
      test: test && estimateDocument(test),
    })),
  }
}

const estimateDocument = (
  value: Omit<EstimateDocument, 'runs'> & { readonly runs: readonly string[] },
): EstimateDocument => ({
  ...value,
  runs: [...value.runs],
})
