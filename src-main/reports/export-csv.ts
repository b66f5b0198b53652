import { stringify } from 'csv-stringify/sync'
import { isImported } from '../run'
import type { RunConfig, RunRecord } from '../run'
import type { ReadableStore, StudyRecord } from '../store/store'
import { exportedRuns, exportedSeries, knownStudy } from './export'

/** Rows made into text at a time. */
const PAGE = 500

type Cell = string | number | null | undefined
type Column = readonly [name: string, read: (run: RunRecord, study: StudyRecord) => Cell]

const yesNo = (value: boolean | undefined): string | undefined => value?.toString()

/** Its configuration, unless another program trained it. */
const ours = ({ config }: RunRecord): RunConfig | null => (isImported(config) ? null : config)

/** Of each run; columns never depend on the data, so that scripts can rely on them. Nothing known is an empty field. */
const COLUMNS: readonly Column[] = [
  ['id', (run) => run.id],
  ['study', (run) => run.study],
  ['task', (run) => run.task],
  ['model', (run) => run.model],
  ['setting', (run) => run.setting],
  ['learning_rate', (run) => run.learningRate],
  ['seed', (run) => run.seed],
  ['state', (run) => run.state],
  ['in_plan', (run) => yesNo(run.inPlan)],
  ['reason', (run) => run.reason],
  ['steps', (run) => run.steps],
  ['best_step', (run) => run.bestStep],
  ['parameters_trained', (run) => run.parametersTrained],
  ['parameters_total', (run) => run.parametersTotal],
  ['val/loss', (run) => run.summary['val/loss']],
  ['val/accuracy', (run) => run.summary['val/accuracy']],
  ['val/accuracy_masked', (run) => run.summary['val/accuracy_masked']],
  ['test/loss', (run) => run.summary['test/loss']],
  ['test/accuracy', (run) => run.summary['test/accuracy']],
  ['test/accuracy_masked', (run) => run.summary['test/accuracy_masked']],
  ['test_sealed', (_, study) => yesNo(study.testSealed)],
  ['changed_after_test', (_, study) => study.changedAfterTest.join(' ')],
  ['batch_size', (run) => ours(run)?.training.batch_size],
  ['max_steps', (run) => ours(run)?.training.max_steps],
  ['optimizer', (run) => ours(run)?.training.optimizer],
  ['grad_clip', (run) => ours(run)?.training.grad_clip],
  ['dropout', (run) => ours(run)?.training.dropout],
  ['shuffle', (run) => yesNo(ours(run)?.training.shuffle)],
  ['validation_fraction', (run) => ours(run)?.validation.fraction],
  ['validation_seed', (run) => ours(run)?.validation.seed],
  ['validation_examples', (run) => ours(run)?.validation.examples],
  ['validation_every', (run) => ours(run)?.validation.every],
  ['validation_patience', (run) => ours(run)?.validation.patience],
  ['validation_metric', (run) => ours(run)?.validation.metric],
  ['test_examples', (run) => ours(run)?.test.examples],
  ['start_from', (run) => ours(run)?.start_from],
  ['precision', (run) => ours(run)?.precision],
  ['engine', (run) => run.environment?.engine],
  ['device', (run) => run.environment?.device],
  ['versions', (run) => run.environment && versions(run.environment.versions)],
  ['threads', (run) => run.environment?.threads],
  ['group_size', (run) => run.environment?.group_size],
  ['commit', (run) => run.environment?.commit],
  ['started_at', (run) => run.startedAt],
  ['finished_at', (run) => run.finishedAt],
  ['key', (run) => run.key],
]

/**
 * The runs of a study as CSV, a row a run, in pieces. Text that a spreadsheet would take for a formula is prefixed with an
 * apostrophe; numbers stay numbers, and NaN, Infinity and -Infinity are written so.
 * @throws {InputError} where there is no such study
 */
export function* exportRunsCsv(store: ReadableStore, study: string): Generator<string> {
  const record = knownStudy(store, study)
  yield csv([COLUMNS.map(([name]) => name)])
  let rows: Cell[][] = []
  for (const run of exportedRuns(store, study)) {
    rows.push(COLUMNS.map(([, read]) => read(run, record)))
    if (rows.length === PAGE) {
      yield csv(rows)
      rows = []
    }
  }
  if (rows.length > 0) yield csv(rows)
}

/** Every logged point of a study as CSV, a row a point, in pieces; `time` is ISO 8601, UTC. */
export function* exportPointsCsv(store: ReadableStore, study: string): Generator<string> {
  knownStudy(store, study)
  yield 'run,metric,step,value,time\n'
  for (const run of exportedRuns(store, study)) {
    for (const [metric, { steps, values, times }] of exportedSeries(store, run)) {
      const place = `${run.id},${metric}`
      for (let from = 0; from < steps.length; from += PAGE) {
        let text = ''
        const to = Math.min(from + PAGE, steps.length)
        for (let i = from; i < to; i++) {
          text += `${place},${steps[i]},${values[i]},${new Date(times[i]!).toISOString()}\n`
        }
        yield text
      }
    }
  }
}

const csv = (rows: readonly Cell[][]): string => stringify([...rows], { escape_formulas: true })

const versions = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, version]) => `${name}=${version}`)
    .join(' ')
