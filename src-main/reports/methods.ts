import type { RunRecord, TrainingOptions } from '../run'
import { isComplete, isImported } from '../run'
import { optionsOf } from '../study/arms'
import { formatRate, sayDraw } from '../study/rates'
import type { Study } from '../study/study'
import { sayHistory } from '../analysis/audit'
import { mean } from '../analysis/estimate'
import { formatCount } from '../analysis/wording'
import { departuresFromPaper, sayOptimizer, saySchedule } from './protocol-words'
import { sayRule } from './tables/notes'
import type { ReportSource } from './report-source'

/** One question of the ACL and NeurIPS reproducibility checklists, answered from the study. */
export interface ChecklistItem {
  readonly item: string
  readonly answer: string
}

/** A methods section in one paragraph, from the study and what its runs recorded. */
export function methodsParagraph(source: ReportSource): string {
  const { study, comparison, runs } = source
  return [
    `We compared ${list(study.settings.map(({ name }) => name))} on ${list(study.tasks.map(({ name }) => name))} with ${list(study.models.map(({ name }) => name))}.`,
    ...sayTraining(source),
    sayPositions(source),
    sayLengths(source),
    `For each setting the learning rate was selected by validation alone. ${sayRule(comparison)}`,
    comparison.testSealed ? 'Test scores are still sealed.' : sayTest(source),
    'We report the mean over seeds with its standard error (ddof 1).',
    sayPrecision(runs),
    sayMachine(runs),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ')
}

/** How the runs were trained; of imported ones that is not known. */
function sayTraining(source: ReportSource): string[] {
  const { study, runs } = source
  const { training, validation, learning_rates: rates, seeds } = study
  const compared = runs.filter(({ inPlan }) => inPlan)
  const all = `${count(compared.length, 'run')} in all${sayTrouble(source)}`
  if (!training || !validation) {
    const trackers = unique(runs.flatMap(({ config }) => (isImported(config) ? config.imported.from : [])))
    return [
      `The runs were trained by another program and imported${trackers.length > 0 ? ` from ${list(trackers)}` : ''}: ${all}. How they were trained and validated is not known here.`,
    ]
  }
  return [
    `Every setting was trained at ${count(rates.length, 'learning rate')} (${study.rate_draw ? `${sayDraw(study.rate_draw)}: ` : ''}${rates.map(formatRate).join(', ')})${sayExtra(source)}, each with ${count(seeds.length, 'seed')}: ${all}.`,
    `Training used ${sayOptimizer(training)} with batch size ${training.batch_size}, ${training.grad_clip > 0 ? `gradients clipped to a global norm of ${training.grad_clip}` : 'no gradient clipping'}, dropout ${training.dropout}${saySchedule(training)} and at most ${formatCount(training.max_steps)} steps${study.overrides.length > 0 ? ' (some tasks or models override these, see the study file)' : ''}.${sayDepartures(training)}${sayOtherDepartures({ ...study, training, validation })}`,
    validation.fraction > 0
      ? `A validation split of ${formatShare(validation.fraction)} of the training examples, the same for all runs (a task with its own validation split keeps it), was evaluated every ${formatCount(validation.every)} steps${validation.examples === 'all' ? '' : ` on a fixed subset of ${formatCount(validation.examples)} examples`}; training stopped after ${count(validation.patience, 'evaluation')} without improvement.`
      : 'Tasks without a validation split of their own had none.',
  ]
}

function sayPositions({ study }: ReportSource): string {
  const drawn = study.tasks.filter(({ options }) => options?.['positions_beyond'] === 'drawn')
  return drawn.length === 0
    ? ''
    : `Where sequences of ${list(drawn.map(({ name }) => name))} were longer than a model's position table, the rows beyond it were drawn by each run's seed and trained by the settings that train positions.`
}

function sayLengths({ study }: ReportSource): string {
  const byLength = study.tasks.filter(({ options }) => options?.['batches'] === 'by-length')
  return byLength.length === 0
    ? ''
    : `Batches of ${list(byLength.map(({ name }) => name))} were made of examples of about one length, the length of a step's batch being drawn in proportion to the examples and the same for all runs.`
}

/** Nothing where the protocol is the paper's: then there is nothing to explain. */
function sayDepartures(training: TrainingOptions): string {
  const departures = departuresFromPaper(training)
  return departures.length === 0
    ? ''
    : ` This departs from the protocol of Rothermel et al. (2021) in ${list(departures)}.`
}

/** Departures that overrides make, by the tasks and models that have them. */
function sayOtherDepartures(study: ReportSource['study'] & TrainedOptions): string {
  const shared = departuresFromPaper(study.training)
  const wheres = new Map<string, string[]>()
  for (const task of study.tasks) {
    for (const model of study.models) {
      const departures = departuresFromPaper(optionsOf(study, task, model).training)
      const more = departures.filter((departure) => !shared.includes(departure))
      const words = list(more)
      if (more.length > 0)
        wheres.set(words, [...(wheres.get(words) ?? []), `${task.name} with ${model.name}`])
    }
  }
  const from = shared.length > 0 ? 'also' : 'from the protocol of Rothermel et al. (2021)'
  return [...wheres]
    .map(([departures, where]) => ` For ${list(where)} training departs ${from} in ${departures}.`)
    .join('')
}

type TrainedOptions = Pick<Study, 'training' | 'validation'>

function sayTest(source: ReportSource): string {
  const { test } = source.study
  if (!test) return 'When and how often the test split was read is not known: imported runs have no seal.'
  return `Each run read the test split once, at the step that validation chose${test.examples === 'all' ? '' : `, on a fixed subset of ${formatCount(test.examples)} examples`}${saySeal(source)}.`
}

function sayExtra({ study }: ReportSource): string {
  const extra = Object.entries(study.extra_learning_rates).filter(([, rates]) => rates.length > 0)
  return extra.map(([setting, rates]) => `, ${setting} also at ${rates.map(formatRate).join(', ')}`).join('')
}

function sayTrouble({ comparison }: ReportSource): string {
  const { diverged, missing, open } = comparison.progress
  const parts = [
    ...(diverged > 0 ? [`${diverged} diverged`] : []),
    ...(missing > 0 ? [`${missing} without a result`] : []),
    ...(open > 0 ? [`${open} not ended yet`] : []),
  ]
  return parts.length > 0 ? `, of which ${list(parts)}` : ''
}

function saySeal({ comparison }: ReportSource): string {
  const history = sayHistory(comparison.seal)
  return history === null ? '' : ` (${history})`
}

function sayPrecision(runs: readonly RunRecord[]): string {
  const used = new Set(runs.flatMap(({ config }) => (isImported(config) ? [] : config.precision)))
  const parts = [
    ...(used.has('bf16') ? ['products by frozen matrices were computed in bfloat16'] : []),
    ...(used.has('tf32') ? ['what was multiplied was rounded to TF32'] : []),
  ]
  if (parts.length === 0) return ''
  const words = `${list(parts)}, all else was computed in float32.`
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function sayMachine(runs: readonly RunRecord[]): string {
  const environments = runs.flatMap(({ environment }) => environment ?? [])
  if (environments.length === 0) return ''
  const engines = unique(
    environments.map(
      ({ engine, versions }) =>
        `${engine} (${Object.entries(versions)
          .map((pair) => pair.join(' '))
          .join(', ')})`,
    ),
  )
  const devices = unique(environments.map(({ device }) => device))
  const time = runTime(runs)
  return `Runs were trained with ${list(engines)} on ${list(devices)}${time === null ? '' : `; a run took ${formatSeconds(time)} on average`}.`
}

/** Mean seconds of one complete run: its wall time shared among the runs trained beside it. */
function runTime(runs: readonly RunRecord[]): number | null {
  const seconds = runs.flatMap(({ state, startedAt, finishedAt, environment }) =>
    isComplete(state) && startedAt && finishedAt
      ? (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000 / (environment?.group_size ?? 1)
      : [],
  )
  return seconds.length > 0 ? mean(seconds) : null
}

/** The reproducibility questions that a study can answer by itself. */
export function reproducibilityChecklist(source: ReportSource): ChecklistItem[] {
  const { study, comparison, runs, program } = source
  const environments = runs.flatMap(({ environment }) => environment ?? [])
  const time = runTime(runs)
  const parameters = unique(
    runs.flatMap(({ model, setting, parametersTrained, parametersTotal }) =>
      parametersTrained === null
        ? []
        : `${model}, ${setting}: ${parametersTrained} trained of ${parametersTotal ?? '?'}`,
    ),
  )
  const commits = unique(environments.flatMap(({ commit }) => commit ?? []))
  const { progress } = comparison
  return [
    {
      item: 'Source code and version',
      answer: `${program}${commits.length > 0 ? `, commit ${list(commits)}` : ''}`,
    },
    {
      item: 'Computing infrastructure',
      answer:
        list(unique(environments.map(({ device, threads }) => `${device}, ${count(threads, 'thread')}`))) ||
        'not recorded',
    },
    {
      item: 'Average run time of each approach',
      answer:
        time === null
          ? 'not recorded'
          : `${formatSeconds(time)} per run, the time of runs trained together shared among them`,
    },
    { item: 'Training protocol', answer: sayProtocol(study) },
    { item: 'Number of parameters', answer: parameters.join('; ') || 'not recorded' },
    { item: 'Validation score for every reported test score', answer: 'table “validation”' },
    {
      item: 'Evaluation metric',
      answer:
        comparison.metric === 'accuracy'
          ? 'accuracy: share of examples (or bits) answered rightly'
          : 'loss as trained, averaged over examples',
    },
    {
      item: 'Hyperparameter searched, bounds and values',
      answer: `learning rate, ${formatRate(Math.min(...study.learning_rates))} to ${formatRate(Math.max(...study.learning_rates))}: ${study.rate_draw ? `${sayDraw(study.rate_draw)}: ` : ''}${study.learning_rates.map(formatRate).join(', ')}${sayExtra(source)}`,
    },
    {
      item: 'Number of search trials',
      answer: `${progress.planned} runs planned; ${progress.complete} complete, ${progress.diverged} diverged, ${progress.missing} without a result, ${progress.open} open`,
    },
    { item: 'How hyperparameters were chosen', answer: sayRule(comparison) },
    {
      item: 'Configuration of the best models',
      answer: 'table “rates”; everything else is the same for all settings',
    },
    {
      item: 'Summary statistics',
      answer: `mean and standard error (ddof 1) over seeds ${study.seeds.join(', ')}`,
    },
    {
      item: 'Test set',
      answer: `${saySubset(study.test)}; ${sayHistory(comparison.seal) ?? 'nobody kept watch over looks at it'}`,
    },
    {
      item: 'Data',
      answer:
        unique(
          runs.map(
            ({ task, config }) =>
              `${task}: ${
                isImported(config)
                  ? `not known, imported from ${config.imported.from}`
                  : Object.entries(config.task.data)
                      .map(([role, hash]) => `${role} SHA-256 ${hash.slice(0, 16)}`)
                      .join(', ') || 'generated'
              }`,
          ),
        ).join('; ') || 'not recorded',
    },
  ]
}

function sayProtocol(study: ReportSource['study']): string {
  const { training, validation } = study
  if (!training || !validation) return 'not known, the runs were imported'
  const departures = departuresFromPaper(training)
  const others = sayOtherDepartures({ ...study, training, validation })
  return `${sayOptimizer(training)}${saySchedule(training)}; ${departures.length === 0 ? 'as in Rothermel et al. (2021), as far as they say' : `other than in Rothermel et al. (2021): ${list(departures)}`}${others === '' ? '' : `.${others}`}`
}

function saySubset(test: ReportSource['study']['test']): string {
  if (!test) return 'not known which examples'
  return test.examples === 'all' ? 'all examples' : `a fixed subset of ${formatCount(test.examples)} examples`
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort()

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

const list = (texts: readonly string[]): string =>
  texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`

const formatShare = (share: number): string => `${Number((100 * share).toPrecision(3))} %`

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Number(seconds.toPrecision(2))} s`
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
