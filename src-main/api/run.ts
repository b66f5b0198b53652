import { z } from 'zod'
import { InputError } from '../errors'
import { METRICS, isImported } from '../run'
import type { MetricName, ParameterRecord, RunRecord } from '../run'
import { exportOneRun } from '../reports/export'
import { pointsCsv } from '../reports/export-csv'
import type { EventRecord } from '../store/store'
import { narrowStudy } from '../study/narrow'
import { isTrainable } from '../study/study'
import type { SavedCheckpoint, Workbench } from '../workbench'
import { procedure, router, runId, studyName } from './procedure'
import type { Curve } from './runs'

/** A run that differs from another in learning rate or seed alone. */
export type RunKin = Pick<RunRecord, 'id' | 'learningRate' | 'seed' | 'state' | 'summary'>

/** All that is known of one run, as it is seen from one study. */
export interface RunPage {
  readonly run: RunRecord
  /** All studies that hold it. */
  readonly studies: readonly { readonly name: string; readonly inPlan: boolean }[]
  /** Its test scores are withheld. */
  readonly testSealed: boolean
  /** Runs of the study at other rates and seeds, itself included; by rate, then seed. */
  readonly kin: readonly RunKin[]
  /** What happened to it, in order. */
  readonly events: readonly EventRecord[]
  /** Newest first. */
  readonly checkpoints: readonly SavedCheckpoint[]
  /** Null: not known, as for runs that another program trained. */
  readonly parameters: readonly ParameterRecord[] | null
  /** Metrics of which points were logged. */
  readonly metrics: readonly MetricName[]
}

/** A metric with the moment of each point, Unix milliseconds; 0 where it is not known. */
export interface TimedCurve extends Curve {
  readonly times: readonly number[]
}

const seen = { id: runId, study: studyName.optional() }
const step = z.number().int().min(0)

/** One run and what belongs to it. Without `study` it is seen in the words of the first study that plans it. */
export const run = router({
  page: procedure
    .input(z.strictObject(seen))
    .query(({ ctx, input }) => pageOf(ctx.workbench, input.id, input.study)),

  /** Its curves, downsampled in the store; with `between` at full sharpness for those steps alone. */
  curves: procedure
    .input(
      z.strictObject({
        ...seen,
        metrics: z.array(z.enum(METRICS)).max(METRICS.length),
        maxPoints: z.number().int().min(5).max(10_000).default(1_000),
        between: z.strictObject({ firstStep: step, lastStep: step }).optional(),
      }),
    )
    .query(({ ctx, input: { id, study, metrics, maxPoints, between } }) =>
      metrics.map((metric): TimedCurve => {
        const { steps, values, times } = ctx.workbench.store.series(id, metric, maxPoints, study, between)
        const numbers = Array.from(values, (value) => (Number.isFinite(value) ? value : null))
        return { run: id, metric, steps: Array.from(steps), values: numbers, times: Array.from(times) }
      }),
    ),

  /** The run with all its points as a file: the export's JSON document, or a row a point as CSV. */
  export: procedure
    .input(z.strictObject({ ...seen, format: z.enum(['json', 'csv']) }))
    .query(({ ctx, input }) => {
      const { store } = ctx.workbench
      const record = existing(ctx.workbench, input.id, input.study)
      const text =
        input.format === 'csv'
          ? [...pointsCsv(store, [record])].join('')
          : `${JSON.stringify(exportOneRun(store, record), null, 1)}\n`
      return { name: `${record.id}.${input.format}`, base64: Buffer.from(text).toString('base64') }
    }),

  /** The file of a study in which this run stands alone, under its study's protocol. */
  narrowed: procedure.input(z.strictObject(seen)).query(({ ctx, input }) => {
    const record = existing(ctx.workbench, input.id, input.study)
    const owner = ctx.workbench.store.study(record.study)
    if (owner === null || !isTrainable(owner.study) || isImported(record.config)) {
      throw new InputError(`run ${record.id} was imported; there is no study file to start from`)
    }
    return { text: narrowStudy(owner.text, owner.study, record, `${record.study}-${record.id.slice(0, 4)}`) }
  }),
})

function pageOf(workbench: Workbench, id: string, study: string | undefined): RunPage {
  const { store } = workbench
  const record = existing(workbench, id, study)
  const studies = store.holdersOf(id)
  const sealers = study === undefined ? studies.map(({ name }) => name) : [study]
  return {
    run: record,
    studies,
    testSealed: sealers.some((name) => store.study(name)?.testSealed),
    kin: store.kinOf(id, record.study).map(kinOf),
    events: store.events({ run: id }),
    checkpoints: workbench.checkpoints.kept(id),
    parameters: store.parametersOf(id),
    metrics: store.loggedMetrics(id),
  }
}

const kinOf = ({ id, learningRate, seed, state, summary }: RunRecord): RunKin => ({
  id,
  learningRate,
  seed,
  state,
  summary,
})

function existing({ store }: Workbench, id: string, study: string | undefined): RunRecord {
  const found = store.run(id, study)
  if (found !== null) return found
  const where = study === undefined ? 'in this workspace' : `in the study '${study}'`
  throw new InputError(`no run ${id} ${where}`, { field: 'id' })
}
