import { isImported } from '../run'
import type { RunConfig, RunRecord } from '../run'
import type { StudyRecord } from '../store/store'

/** What a column holds. `whole` numbers fit 53 bits. */
export type ColumnKind = 'text' | 'number' | 'whole' | 'truth'
export type ColumnValue = string | number | boolean | null | undefined
export type RunColumn = readonly [
  name: string,
  kind: ColumnKind,
  read: (run: RunRecord, study: StudyRecord) => ColumnValue,
]

/** Its configuration, unless another program trained it. */
const ours = ({ config }: RunRecord): RunConfig | null => (isImported(config) ? null : config)

const text = (value: string | number | undefined): string | undefined => value?.toString()

/** Of each run; columns never depend on the data, so that scripts can rely on them. Nothing known is an empty field. */
export const RUN_COLUMNS: readonly RunColumn[] = [
  ['id', 'text', (run) => run.id],
  ['study', 'text', (run) => run.study],
  ['task', 'text', (run) => run.task],
  ['model', 'text', (run) => run.model],
  ['setting', 'text', (run) => run.setting],
  ['learning_rate', 'number', (run) => run.learningRate],
  ['seed', 'whole', (run) => run.seed],
  ['state', 'text', (run) => run.state],
  ['in_plan', 'truth', (run) => run.inPlan],
  ['reason', 'text', (run) => run.reason],
  ['steps', 'whole', (run) => run.steps],
  ['best_step', 'whole', (run) => run.bestStep],
  ['parameters_trained', 'whole', (run) => run.parametersTrained],
  ['parameters_total', 'whole', (run) => run.parametersTotal],
  ['step_flops', 'whole', (run) => run.stepFlops],
  ['val/loss', 'number', (run) => run.summary['val/loss']],
  ['val/accuracy', 'number', (run) => run.summary['val/accuracy']],
  ['val/accuracy_masked', 'number', (run) => run.summary['val/accuracy_masked']],
  ['test/loss', 'number', (run) => run.summary['test/loss']],
  ['test/accuracy', 'number', (run) => run.summary['test/accuracy']],
  ['test/accuracy_masked', 'number', (run) => run.summary['test/accuracy_masked']],
  ['test_sealed', 'truth', (_, study) => study.testSealed],
  ['changed_after_test', 'text', (_, study) => study.changedAfterTest.join(' ')],
  ['batch_size', 'whole', (run) => ours(run)?.training.batch_size],
  ['max_steps', 'whole', (run) => ours(run)?.training.max_steps],
  ['optimizer', 'text', (run) => ours(run)?.training.optimizer],
  ['grad_clip', 'number', (run) => ours(run)?.training.grad_clip],
  ['dropout', 'number', (run) => ours(run)?.training.dropout],
  ['shuffle', 'truth', (run) => ours(run)?.training.shuffle],
  ['weight_decay', 'number', (run) => ours(run)?.training.weight_decay],
  ['momentum', 'number', (run) => ours(run)?.training.momentum],
  ['betas', 'text', (run) => ours(run)?.training.betas.join(' ')],
  ['eps', 'number', (run) => ours(run)?.training.eps],
  ['schedule', 'text', (run) => ours(run)?.training.schedule],
  ['warmup_steps', 'whole', (run) => ours(run)?.training.warmup_steps],
  ['accumulate_steps', 'whole', (run) => ours(run)?.training.accumulate_steps],
  ['label_smoothing', 'number', (run) => ours(run)?.training.label_smoothing],
  ['validation_fraction', 'number', (run) => ours(run)?.validation.fraction],
  ['validation_seed', 'whole', (run) => ours(run)?.validation.seed],
  ['validation_examples', 'text', (run) => text(ours(run)?.validation.examples)],
  ['validation_every', 'whole', (run) => ours(run)?.validation.every],
  ['validation_patience', 'whole', (run) => ours(run)?.validation.patience],
  ['validation_metric', 'text', (run) => ours(run)?.validation.metric],
  ['test_examples', 'text', (run) => text(ours(run)?.test.examples)],
  ['start_from', 'text', (run) => ours(run)?.start_from],
  ['precision', 'text', (run) => ours(run)?.precision],
  ['engine', 'text', (run) => run.environment?.engine],
  ['device', 'text', (run) => run.environment?.device],
  ['versions', 'text', (run) => run.environment && versions(run.environment.versions)],
  ['threads', 'whole', (run) => run.environment?.threads],
  ['group_size', 'whole', (run) => run.environment?.group_size],
  ['commit', 'text', (run) => run.environment?.commit],
  ['started_at', 'text', (run) => run.startedAt],
  ['finished_at', 'text', (run) => run.finishedAt],
  ['key', 'text', (run) => run.key],
]

const versions = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, version]) => `${name}=${version}`)
    .join(' ')
