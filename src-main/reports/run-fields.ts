import { z } from 'zod'
import { METRICS, RUN_STATES } from '../run'
import type { MetricName, RunRecord } from '../run'

/**
 * What every JSON listing of runs says of a run, in three stretches in this order; a listing adds its own keys before,
 * between and behind them. Each stretch is a schema and what fills it.
 */

/** Numbers that JSON has no word for are strings. */
export const exportNumber = z.union([z.number(), z.literal(['NaN', 'Infinity', '-Infinity'])])
export type ExportNumber = z.infer<typeof exportNumber>

export function toExportNumber(value: number): ExportNumber {
  return Number.isFinite(value) ? value : (String(value) as ExportNumber)
}

export const runPlaceSchema = {
  task: z.string(),
  model: z.string(),
  setting: z.string(),
  learning_rate: z.number(),
  seed: z.int(),
  state: z.enum(RUN_STATES),
  /** False: the study's file no longer asks for this run. */
  in_plan: z.boolean(),
}

export const runPlace = (run: RunRecord) => ({
  task: run.task,
  model: run.model,
  setting: run.setting,
  learning_rate: run.learningRate,
  seed: run.seed,
  state: run.state,
  in_plan: run.inPlan,
})

const count = z.int().nonnegative()

export const runResultSchema = {
  steps: count,
  best_step: count.nullable(),
  parameters_trained: count.nullable(),
  parameters_total: count.nullable(),
  /** Floating-point operations of one training step; null: not available. */
  step_flops: count.nullable(),
  /** Validation at the best step and test read there; null is not known, or sealed. */
  metrics: z.partialRecord(z.enum(METRICS), exportNumber.nullable()),
}

export const runResult = (run: RunRecord) => ({
  steps: run.steps,
  best_step: run.bestStep,
  parameters_trained: run.parametersTrained,
  parameters_total: run.parametersTotal,
  step_flops: run.stepFlops,
  metrics: scoresOf(run.summary),
})

function scoresOf(summary: RunRecord['summary']): Partial<Record<MetricName, ExportNumber | null>> {
  const scores = Object.entries(summary) as [MetricName, number | null][]
  return Object.fromEntries(
    scores.map(([metric, value]) => [metric, value === null ? null : toExportNumber(value)]),
  )
}

const time = z.iso.datetime().nullable()

export const runTimesSchema = { started_at: time, finished_at: time }

export const runTimes = (run: RunRecord) => ({ started_at: run.startedAt, finished_at: run.finishedAt })
