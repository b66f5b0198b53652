import type { RunConfig, RunRecord } from '../../run'
import { isComplete, isImported } from '../../run'
import { formatRate } from '../../study/rates'
import type { Cell, Group, SeedScore, StudyOutline } from '../conclusions'
import { rememberText } from '../text-of'
import { formatCount } from '../wording'
import { changeStudy, finding } from './finding'
import type { Finding } from './finding'

/** What the runs themselves leave open: missing, open, diverged, cut short, or not trained alike. */
export function runFindings(
  study: StudyOutline,
  group: Group,
  runs: ReadonlyMap<string, RunRecord>,
): Finding[] {
  return [
    ...group.cells.flatMap((cell) => [
      ...checkMissing(group, cell),
      ...checkDiverged(group, cell),
      ...checkImproving(study, group, cell),
    ]),
    ...checkOpen(group),
    ...checkAlike(group, runs),
  ]
}

function checkMissing({ task, model }: Group, { arms, setting }: Cell): Finding[] {
  const missing = arms.reduce((sum, { counts }) => sum + counts.missing, 0)
  if (missing === 0) return []
  const runs = seedsOf(arms, ({ state }) => state === 'failed' || state === 'cancelled').map(({ run }) => run)
  const rates = arms.filter(({ counts }) => counts.missing > 0).map(({ rate }) => formatRate(rate))
  return [
    finding({
      id: 'missing-runs',
      severity: 'warning',
      task,
      model,
      setting,
      explanation: `${missing} run${missing === 1 ? '' : 's'} of ${setting} failed, ${missing === 1 ? 'was' : 'were'} cancelled or never ran (at ${rates.join(', ')}). Their arms are judged by fewer seeds than the others.`,
      runs,
      numbers: { missing },
      remedy: { kind: 'rerun', say: 'Run the study again; it trains what it still lacks.', runs },
    }),
  ]
}

function checkOpen({ task, model, cells }: Group): Finding[] {
  const arms = cells.flatMap((cell) => cell.arms)
  const open = arms.reduce((sum, { counts }) => sum + counts.open, 0)
  if (open === 0) return []
  return [
    finding({
      id: 'open-runs',
      severity: 'note',
      task,
      model,
      explanation: `${open} run${open === 1 ? ' is' : 's are'} queued, running or paused. Chosen rates and rankings are provisional until they end.`,
      runs: seedsOf(arms, ({ state }) => state === 'queued' || state === 'running' || state === 'paused').map(
        ({ run }) => run,
      ),
      numbers: { open },
    }),
  ]
}

function checkDiverged({ task, model }: Group, { arms, setting, choice }: Cell): Finding[] {
  const diverged = arms.filter(({ counts }) => counts.diverged > 0)
  if (diverged.length === 0 || !choice) return []
  const partly = diverged.filter(({ counts }) => counts.complete > 0)
  const passedOver = diverged.every(({ eligible }) => !eligible)
  return [
    finding({
      id: 'diverged-runs',
      severity: partly.length > 0 ? 'warning' : 'note',
      task,
      model,
      setting,
      explanation:
        `${setting} diverged at ${sayRates(diverged)}${partly.length === 0 ? '' : partly.length === diverged.length ? ' with some of its seeds' : `, at ${sayRates(partly)} with some of its seeds only`}. ` +
        (passedOver
          ? 'These rates are drawn and counted but not eligible: averaging the survivors would favour unstable rates.'
          : 'By the rule, a diverged seed counts as the score of guessing.'),
      runs: seedsOf(diverged, ({ state }) => state === 'diverged').map(({ run }) => run),
      numbers: {
        arms: diverged.length,
        seeds: diverged.reduce((sum, { counts }) => sum + counts.diverged, 0),
      },
    }),
  ]
}

const sayRates = (arms: Cell['arms']): string => arms.map(({ rate }) => formatRate(rate)).join(', ')

/** Most seeds of the chosen arm were best at their very last step, which was the limit and not patience. */
function checkImproving(
  study: StudyOutline,
  { task, model }: Group,
  { arms, setting, choice }: Cell,
): Finding[] {
  const arm = arms.find(({ rate }) => rate === choice?.rate)
  const complete = seedsOf(arm ? [arm] : [], ({ state }) => isComplete(state))
  const improving = complete.filter(
    ({ state, bestStep, steps }) => state === 'finished' && bestStep === steps,
  )
  if (improving.length === 0 || improving.length * 2 < complete.length) return []
  const steps = Math.max(...improving.map((seed) => seed.steps))
  const max = Math.max(study.training?.max_steps ?? 0, steps) * 2
  return [
    finding({
      id: 'still-improving',
      severity: 'warning',
      task,
      model,
      setting,
      explanation: `${improving.length} of ${complete.length} seeds of ${setting} at its chosen rate were best at their last step, ${formatCount(steps)}. More steps would raise its score, and perhaps change who wins.`,
      runs: improving.map(({ run }) => run),
      numbers: { improving: improving.length, complete: complete.length, steps },
      remedy: changeStudy(`Train up to ${formatCount(max)} steps.`, { training: { max_steps: max } }),
    }),
  ]
}

const seedsOf = (arms: readonly Cell['arms'][number][], wanted: (seed: SeedScore) => boolean): SeedScore[] =>
  arms.flatMap(({ seeds }) => seeds.filter(wanted))

/** Runs of one comparison must come from the same data; code, engine and device should agree too. */
function checkAlike(group: Group, records: ReadonlyMap<string, RunRecord>): Finding[] {
  const { task, model, cells } = group
  const runs = seedsOf(
    cells.flatMap(({ arms }) => arms),
    ({ state }) => isComplete(state),
  ).flatMap(({ run }) => records.get(run) ?? [])
  const text = rememberText()
  const data = variants(runs, ({ config }) =>
    isImported(config) ? null : `${text(config.task.data)} ${config.start_from ?? ''}`,
  )
  const versions = variants(runs, ({ environment }) =>
    environment ? `${environment.engine} ${text(environment.versions)} ${environment.commit ?? ''}` : null,
  )
  return [
    ...(data.length > 1
      ? [
          finding({
            id: 'mixed-data',
            severity: 'error',
            task,
            model,
            explanation: `The runs read ${data.length} different versions of the data or of the initial values. Differences between settings may be differences between files.`,
            runs: fewest(data),
            numbers: { versions: data.length },
            remedy: PLAN_ANEW,
          }),
        ]
      : []),
    ...checkPrecision(group, runs),
    ...(versions.length > 1
      ? [
          finding({
            id: 'mixed-versions',
            severity: 'warning',
            task,
            model,
            explanation: `The runs were trained by ${versions.length} different versions of code or engine. A change between them may look like a difference between settings. A run with a result is not trained twice; a new seed is trained by the present version.`,
            runs: fewest(versions),
            numbers: { versions: versions.length },
          }),
        ]
      : []),
  ]
}

/** Files and precision are part of a run's key: planned from the present ones it is another run, and the old one is kept. */
const PLAN_ANEW = changeStudy('Plan the study anew, from its file and the present data.', {})

/**
 * Runs of different precisions are not compared; and one precision may mean two things, since `bf16` rounds only what is
 * multiplied by a frozen matrix.
 */
function checkPrecision({ task, model }: Group, runs: readonly RunRecord[]): Finding[] {
  const asked = variants(runs, ({ config }) => (isImported(config) ? null : config.precision))
  const computed = variants(runs, ({ config }) => (isImported(config) ? null : computedPrecision(config)))
  if (asked.length > 1)
    return [
      finding({
        id: 'mixed-precision',
        severity: 'error',
        task,
        model,
        explanation: `The runs were computed in ${asked.length} different precisions. What rounding costs one setting is then taken for a difference between settings.`,
        runs: fewest(asked),
        numbers: { precisions: asked.length },
        remedy: PLAN_ANEW,
      }),
    ]
  if (computed.length < 2) return []
  return [
    finding({
      id: 'mixed-precision',
      severity: 'warning',
      task,
      model,
      explanation:
        'In bf16 only products by frozen matrices are rounded: settings that freeze the trunk were computed in bfloat16, those that train it in float32. A small difference between them may be one of rounding.',
      runs: fewest(computed),
      numbers: { precisions: computed.length },
    }),
  ]
}

/** Trunks that have neither attention nor feed-forward layers: `bf16` finds nothing to round in them. */
const RECURRENT: readonly string[] = ['lstm', 'fpt_lnlstm']

/** Where the trunk's matrices train, or it has none of the kind that is rounded, nothing is computed in bfloat16. */
const computedPrecision = ({ precision, model, setting: { train } }: RunConfig): string =>
  precision === 'bf16' &&
  (RECURRENT.includes(model.type) || (train.includes('attention') && train.includes('feed_forward')))
    ? 'float32'
    : precision

/** Run ids grouped by what `key` says of them; runs without a key are left out. */
function variants(runs: readonly RunRecord[], key: (run: RunRecord) => string | null): string[][] {
  const groups = new Map<string, string[]>()
  for (const run of runs) {
    const variant = key(run)
    if (variant === null) continue
    const alike = groups.get(variant)
    if (alike) alike.push(run.id)
    else groups.set(variant, [run.id])
  }
  return [...groups.values()]
}

/** All runs but those of the most frequent variant. */
const fewest = (groups: readonly string[][]): string[] =>
  [...groups]
    .sort((a, b) => b.length - a.length)
    .slice(1)
    .flat()
