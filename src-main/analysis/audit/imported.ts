import { isComplete, isImported } from '../../run'
import type { MetricName, RunRecord } from '../../run'
import type { Comparison, Group } from '../conclusions'
import { compareScores } from '../selection'
import { finding } from './finding'
import type { Finding } from './finding'

/** Logged points of one metric of an imported run; null where there are none. */
export type LoggedPoints = (
  run: string,
  metric: MetricName,
) => { readonly steps: ArrayLike<number>; readonly values: ArrayLike<number> } | null

/** Options by which trackers and trainers name what picked a checkpoint or stopped a run. */
const SELECTING_OPTION =
  /(^|[._-])(monitor|metric_for_best_model|early_stopping_metric|selection(_metric)?|selected_(by|on)|select_(by|on)|rule)$/i

/**
 * What imported runs give away about how they were selected. Nobody here kept watch over them, so that nothing is found
 * proves nothing; the note says so.
 */
export function importFindings(
  { importedFrom, progress, groups, metric }: Omit<Comparison, 'audit'>,
  records: ReadonlyMap<string, RunRecord>,
  pointsOf: LoggedPoints,
): Finding[] {
  if (importedFrom === null) return []
  return [
    finding({
      id: 'imported',
      severity: 'note',
      explanation: `These numbers were imported (${importedFrom}): nobody here kept watch over how they were chosen and how often the test was read. Their seal cannot be vouched for.`,
      numbers: { runs: progress.planned },
    }),
    ...groups.flatMap((group) => {
      const runs = group.cells
        .flatMap(({ arms }) => arms.flatMap(({ seeds }) => seeds))
        .flatMap(({ run }) => records.get(run) ?? [])
        .filter(({ state, config }) => isComplete(state) && isImported(config))
      return [
        ...checkUnvalidated(group, runs, metric),
        ...checkOptions(group, runs),
        ...checkBestSteps(group, runs, metric, pointsOf),
      ]
    }),
  ]
}

type Place = Pick<Group, 'task' | 'model'>

function onTest(
  { task, model }: Place,
  severity: 'error' | 'warning',
  explanation: string,
  runs: readonly RunRecord[],
  numbers: Finding['numbers'] = {},
): Finding[] {
  if (runs.length === 0) return []
  const ids = runs.map(({ id }) => id)
  return [finding({ id: 'selected-on-test', severity, task, model, explanation, runs: ids, numbers })]
}

/** Test scores and no validation score at all: there was nothing else to choose by. */
function checkUnvalidated(group: Place, runs: readonly RunRecord[], metric: Comparison['metric']): Finding[] {
  const has = (run: RunRecord, split: 'val' | 'test'): boolean =>
    typeof run.summary[`${split}/${metric}`] === 'number'
  if (runs.some((run) => has(run, 'val'))) return []
  const tested = runs.filter((run) => has(run, 'test'))
  return onTest(
    group,
    'error',
    `None of these runs has a validation score, and ${tested.length} have a test score. Whatever was chosen among them can only have been chosen by the test, and no learning rate is chosen here.`,
    tested,
    { runs: tested.length },
  )
}

function checkOptions(group: Place, runs: readonly RunRecord[]): Finding[] {
  const named = new Set<string>()
  const chosen = runs.filter(({ config }) => {
    if (!isImported(config)) return false
    const found = Object.entries(config.options).filter(
      ([name, value]) => SELECTING_OPTION.test(name) && /(^|[^a-z])test([^a-z]|$)/i.test(String(value)),
    )
    for (const [name, value] of found) named.add(`${name} = ${String(value)}`)
    return found.length > 0
  })
  return onTest(
    group,
    'error',
    `By their own record ${chosen.length} of these runs were selected on the test (${[...named].join(', ')}). Their test scores are too high, by as much as choosing the best of several readings gains.`,
    chosen,
    { runs: chosen.length },
  )
}

/** Where both splits were read over training: is the step that counts the best one on test, and not on validation? */
function checkBestSteps(
  group: Place,
  runs: readonly RunRecord[],
  metric: Comparison['metric'],
  pointsOf: LoggedPoints,
): Finding[] {
  const read = runs.flatMap((run) => {
    const test = pointsOf(run.id, `test/${metric}`)
    if (!test || test.steps.length < 2) return []
    const validation = pointsOf(run.id, `val/${metric}`)
    const bestOnTest = bestStep(test, metric)
    const bestOnValidation = validation && bestStep(validation, metric)
    const isPicked =
      run.bestStep !== null &&
      bestOnTest.includes(run.bestStep) &&
      bestOnValidation !== null &&
      !bestOnValidation.includes(run.bestStep)
    return [{ run, isPicked, readings: test.steps.length }]
  })
  const picked = read.filter(({ isPicked }) => isPicked)
  if (picked.length > 0) {
    return onTest(
      group,
      'error',
      `In ${picked.length} of ${runs.length} runs the step that counts is the best one on test and not on validation. Their test scores are the best of several readings, not the score of a model chosen beforehand.`,
      picked.map(({ run }) => run),
      { picked: picked.length, of: runs.length },
    )
  }
  const most = Math.max(...read.map(({ readings }) => readings))
  return onTest(
    group,
    'warning',
    `${read.length} of ${runs.length} runs read the test at up to ${most} steps. Whoever trained them saw its scores while choosing, whatever the choice was made by.`,
    read.map(({ run }) => run),
    { read: read.length, of: runs.length, readings: most },
  )
}

/** Every step with the best value: on a tie nobody knows which of them was meant. */
function bestStep(
  { steps, values }: NonNullable<ReturnType<LoggedPoints>>,
  metric: Comparison['metric'],
): number[] {
  const points = Array.from(steps, (step, i) => ({ step, value: values[i] ?? NaN })).filter(({ value }) =>
    Number.isFinite(value),
  )
  const [first] = points
  if (!first) return []
  const best = points.reduce((a, b) => (compareScores(metric, a.value, b.value) <= 0 ? a : b), first).value
  return points.flatMap(({ step, value }) => (value === best ? step : []))
}
