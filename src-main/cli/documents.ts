import { z } from 'zod'
import type { Comparison } from '../analysis/comparison'
import { RUN_STATES } from '../run'
import type { RunRecord } from '../run'
import type { RunAnnotations } from '../store/store'
import { STUDY_STATES } from '../workbench'
import {
  runPlace,
  runPlaceSchema,
  runResult,
  runResultSchema,
  runTimes,
  runTimesSchema,
} from '../reports/run-fields'
import { comparisonDocument, comparisonSchema } from './comparison-document'
import type { StudyState, StudyStatus } from '../workbench'

/**
 * The documents that `--json` prints: promises to scripts, described in docs/json.md and held by these schemas.
 * Numbers that are not finite are the strings "NaN", "Infinity" and "-Infinity".
 */

const state = z.enum(RUN_STATES)
const counts = z.partialRecord(state, z.int().nonnegative())

export const statusSchema = z.strictObject({
  studies: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(STUDY_STATES),
      runs: counts,
    }),
  ),
})

export const runsSchema = z.strictObject({
  runs: z.array(
    z.strictObject({
      id: z.string(),
      study: z.string(),
      ...runPlaceSchema,
      ...runResultSchema,
      reason: z.string().nullable(),
      ...runTimesSchema,
      tags: z.array(z.string()),
      note: z.string().nullable(),
      archived: z.boolean(),
    }),
  ),
})

export const runSchema = z.strictObject({
  study: z.string(),
  state: z.enum(STUDY_STATES),
  runs: counts,
  /** Runs that this command trained to a result. */
  trained: z.array(z.string()),
  failed: z.array(z.strictObject({ id: z.string(), reason: z.string().nullable() })),
  comparison: comparisonSchema,
})

/** Where seconds come from. */
const secondsSource = z.enum(['earlier-runs', 'probe', 'scaled', 'operations'])

export const dryRunSchema = z.strictObject({
  study: z.string(),
  runs: z.int(),
  to_train: z.int(),
  /** Fused groups that they train in. */
  groups: z.int(),
  settings: z.array(
    z.strictObject({
      task: z.string(),
      model: z.string(),
      setting: z.string(),
      parameters_trained: z.int(),
      parameters_total: z.int(),
      /** Of its groups one after the other. */
      seconds: z.number(),
      seconds_from: z.array(secondsSource),
    }),
  ),
  /** Tasks whose examples are of different lengths: what batches are padded to, in tokens, and the share of examples. */
  batches: z.array(
    z.strictObject({
      task: z.string(),
      lengths: z.array(z.strictObject({ tokens: z.int(), share: z.number() })),
    }),
  ),
  memory_bytes: z.number().nullable(),
  smaller_groups: z.int(),
  /** History and weights that stay, and checkpoints while training. */
  disk_bytes: z.number(),
  /** Of these: trained weights of complete runs. */
  weight_bytes: z.number(),
  seconds: z.number(),
  seconds_from: z.enum([...secondsSource.options, 'both', 'nothing-to-train']),
  /** Measured speed, where operations were counted. */
  gflops: z.number().nullable(),
  /** True difference between two settings that would show with 80 % power; null below two seeds. */
  smallest_difference: z.number().nullable(),
  /** Standard deviation between seeds that it is reckoned with. */
  seed_deviation: z.strictObject({ value: z.number(), from: z.enum(['earlier-runs', 'assumed']) }),
})
export type DryRunDocument = z.infer<typeof dryRunSchema>

export const doctorSchema = z.strictObject({
  fairsweep: z.string(),
  engine: z.strictObject({
    name: z.string(),
    device: z.string(),
    versions: z.record(z.string(), z.string()),
    threads: z.int(),
    /** Measured float32 matrix products. */
    gflops: z.number(),
    warning: z.string().nullable(),
  }),
  devices: z.array(z.strictObject({ kind: z.enum(['cpu', 'gpu']), name: z.string(), detail: z.string() })),
  cache: z.strictObject({
    folder: z.string(),
    parts: z.array(z.strictObject({ name: z.string(), bytes: z.number() })),
  }),
  workspace: z.string(),
  /** How cells of the workspace's studies are trained, as it was measured. */
  ways: z.array(
    z.strictObject({ study: z.string(), cell: z.string(), device: z.string(), chosen: z.string() }),
  ),
  missing: z.array(z.strictObject({ what: z.string(), todo: z.string() })),
})
export type DoctorDocument = z.infer<typeof doctorSchema>

/** What `export-weights --json` prints. */
export const weightsSchema = z.strictObject({
  run: z.string(),
  /** Absolute. */
  folder: z.string(),
  files: z.array(z.string()),
})

/** What `study-of --json` prints. */
export const studyOfSchema = z.strictObject({
  /** Name of the study that was written. */
  study: z.string(),
  /** The run as it was exported. */
  run: z.string(),
  key: z.string(),
  /** Of the run as it would be trained here. */
  key_here: z.string(),
  /** A sentence for each thing that is another one here. */
  differences: z.array(z.string()),
  /** Absolute; null: not written to a file. */
  file: z.string().nullable(),
  /** The study file. */
  text: z.string(),
})

export const statusDocument = (studies: readonly StudyStatus[]): z.infer<typeof statusSchema> => ({
  studies: studies.map(({ name, state, runs }) => ({ name, state, runs: { ...runs } })),
})

export const runDocument = (
  run: RunRecord,
  added?: RunAnnotations,
): z.infer<typeof runsSchema>['runs'][number] => ({
  id: run.id,
  study: run.study,
  ...runPlace(run),
  ...runResult(run),
  reason: run.reason,
  ...runTimes(run),
  tags: [...(added?.tags ?? [])],
  note: added?.note ?? null,
  archived: added !== undefined && added.archivedAt !== null,
})

/** What `run --json` prints: `trained` are those of the study's `runs` that this command worked on. */
export function runResultDocument(
  study: string,
  state: StudyState,
  runs: readonly RunRecord[],
  trained: readonly RunRecord[],
  comparison: Comparison,
): z.infer<typeof runSchema> {
  const states: Partial<Record<RunRecord['state'], number>> = {}
  for (const run of runs) states[run.state] = (states[run.state] ?? 0) + 1
  return {
    study,
    state,
    runs: states,
    trained: trained.map(({ id }) => id),
    failed: runs.filter((run) => run.state === 'failed').map(({ id, reason }) => ({ id, reason })),
    comparison: comparisonDocument(comparison),
  }
}
