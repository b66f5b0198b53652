import type { Setting, TrainingOptions } from '../run'
import { countRuns } from './arms'
import { DEFAULTS } from './defaults'
import { suggestion } from './problems'
import type { Problem } from './problems'
import { canonicalTrain, NAMED_SETTINGS } from './settings'
import { formatRate } from './rates'
import type { Study, TaskSpec } from './study'
import type { Path } from './yaml'

/** More runs than anybody means to train, and than a workspace is built for. */
const MOST_RUNS = 100_000
const MNIST_SIDE = 28

/** Where an entry of a study stands in its file: `task` and `model` may be a list there or a single entry. */
export type PathOf = (key: 'task' | 'model', index: number) => Path

/** What the keys of a study cannot tell one by one: names that must differ, or that must exist, and sizes that must fit. */
export function checkStudy(study: Study, pathOf: PathOf): Problem[] {
  return [
    ...study.tasks.flatMap((task, i) => checkTask(task, pathOf('task', i))),
    ...repeated(study.tasks.map(nameOf), (i) => pathOf('task', i), 'task'),
    ...checkModels(study, pathOf),
    ...checkSettings(study.settings),
    ...checkRates(study),
    ...repeated(study.seeds, (i) => ['seeds', i], 'seed'),
    ...checkOverrides(study),
    ...checkTraining(study),
    ...checkSize(study),
  ]
}

function checkTask({ kind, options }: TaskSpec, path: Path): Problem[] {
  const number = (key: string): number => Number(options[key])
  const divides = (key: string, whole: number, what: string): Problem[] =>
    whole % number(key) === 0
      ? []
      : [{ path: [...path, key], problem: `found ${number(key)}, expected a divisor of ${whole}, ${what}` }]
  if (options['batches'] === 'by-length' && (options['padding'] === 'attended' || options['fpt_loader'])) {
    const why = options['fpt_loader'] === true ? 'with fpt_loader' : 'with padding: attended'
    return [
      {
        path: [...path, 'batches'],
        problem: `found by-length, expected mixed: ${why} the padding is seen, so that an example's length would depend on its batch`,
      },
    ]
  }
  if (kind === 'mnist') return divides('patch', MNIST_SIDE, 'the side of an image')
  if (kind === 'bit-memory' || kind === 'bit-xor')
    return divides('patch', number('n'), 'the bits of a pattern')
  if (kind === 'listops' && number('min_length') > number('max_length')) {
    return [
      {
        path: [...path, 'min_length'],
        problem: `found ${number('min_length')}, expected at most max_length, ${number('max_length')}`,
      },
    ]
  }
  return []
}

function checkModels(study: Study, pathOf: PathOf): Problem[] {
  const problems = repeated(study.models.map(nameOf), (i) => pathOf('model', i), 'model')
  const loaded = study.settings.findIndex(({ init }) => init !== 'random')
  for (const [i, model] of study.models.entries()) {
    if (model.from !== 'random') continue
    const { width = 0, heads = 1 } = model.shape
    if (width % heads !== 0) {
      problems.push({
        path: [...pathOf('model', i), 'heads'],
        problem: `found ${heads}, expected a divisor of the width ${width}`,
      })
    }
    const setting = study.settings[loaded]
    if (setting) {
      problems.push({
        path: pathOf('model', i),
        problem: `a random trunk has no pretrained weights for the setting ${setting.name}; expected only settings with init random`,
      })
    }
  }
  return problems
}

function checkSettings(settings: readonly Setting[]): Problem[] {
  const problems = repeated(settings.map(nameOf), (i) => ['settings', i], 'setting')
  const contents = settings.map(contentOf)
  for (const [i, setting] of settings.entries()) {
    const same = contents.indexOf(contents[i] ?? '')
    const named = NAMED_SETTINGS.find(({ name }) => name === setting.name)
    if (same < i && settings[same]?.name !== setting.name) {
      problems.push({ path: ['settings', i], problem: `trains the same as ${settings[same]?.name}` })
    } else if (named && contentOf(named) !== contents[i]) {
      problems.push({
        path: ['settings', i, 'name'],
        problem: `found "${setting.name}", which means something else already; expected another name`,
      })
    }
    problems.push(...repeated(setting.train.map(String), (j) => ['settings', i, 'train', j], 'entry'))
  }
  return problems
}

const contentOf = ({ init, train }: Setting): string => JSON.stringify([init, canonicalTrain(train)])

function checkRates(study: Study): Problem[] {
  const names = study.settings.map(nameOf)
  const problems = repeated(study.learning_rates.map(formatRate), (i) => ['learning_rates', i], 'rate')
  const { rate_draw: draw, learning_rates: drawn } = study
  if (draw !== undefined && drawn.length < draw.count) {
    problems.push({
      path: ['learning_rates', 'count'],
      problem: `found ${draw.count}, expected at most ${drawn.length}: so many different rates of 3 digits were found from ${formatRate(draw.from)} to ${formatRate(draw.to)}`,
    })
  }
  for (const [setting, rates] of Object.entries(study.extra_learning_rates)) {
    const path = ['extra_learning_rates', setting]
    if (!names.includes(setting)) {
      problems.push({
        path,
        problem: `no such setting in this study, expected one of ${names.join(', ')}${suggestion(setting, names)}`,
      })
    }
    problems.push(...repeated(rates.map(formatRate), (i) => [...path, i], 'rate'))
    for (const [i, rate] of rates.entries()) {
      if (!study.learning_rates.includes(rate)) continue
      problems.push({ path: [...path, i], problem: `${formatRate(rate)} is one of learning_rates already` })
    }
  }
  return problems
}

function checkOverrides(study: Study): Problem[] {
  const tasks = [...new Set(study.tasks.flatMap(({ name, kind }) => [name, kind]))]
  const models = study.models.map(nameOf)
  return study.overrides.flatMap((override, i) => {
    const path = ['overrides', i]
    const problems: Problem[] = []
    if (override.task === undefined && override.model === undefined) {
      problems.push({ path, problem: 'names neither a task nor a model, expected at least one' })
    }
    if (override.training === undefined && override.validation === undefined) {
      problems.push({ path, problem: 'changes nothing, expected training or validation' })
    }
    problems.push(...unknownName(override.task, tasks, [...path, 'task'], 'task'))
    problems.push(...unknownName(override.model, models, [...path, 'model'], 'model'))
    return problems
  })
}

/** Options that do not go together, in the study and wherever an override changes them. */
function checkTraining(study: Study): Problem[] {
  const overridden = study.overrides.flatMap(({ training }, i) =>
    training === undefined
      ? []
      : [{ path: ['overrides', i, 'training'], given: training, whole: { ...study.training, ...training } }],
  )
  const own = { path: ['training'], given: study.training, whole: study.training }
  return [own, ...overridden].flatMap(({ path, given, whole }) => [
    ...checkSteps(whole, given, path),
    ...idleOptions(whole)
      .filter(([option]) => 'optimizer' in given || option in given)
      .map(([option, user]) => ({
        path: option in given ? [...path, option] : path,
        problem: `found ${option} ${whole[option].toString()}, which ${whole.optimizer} has no use for; expected ${DEFAULTS.training[option].toString()}, or optimizer: ${user}`,
      })),
  ])
}

/** Numbers of steps that must fit each other; only of what was `given` at this path. */
function checkSteps(whole: TrainingOptions, given: Partial<TrainingOptions>, path: Path): Problem[] {
  const { batch_size, accumulate_steps, max_steps, warmup_steps } = whole
  const at = (option: 'accumulate_steps' | 'warmup_steps'): Path =>
    option in given ? [...path, option] : path
  const problems: Problem[] = []
  if (batch_size % accumulate_steps !== 0 && ('accumulate_steps' in given || 'batch_size' in given)) {
    problems.push({
      path: at('accumulate_steps'),
      problem: `found ${accumulate_steps} parts of a batch, expected a divisor of batch_size, ${batch_size}`,
    })
  }
  if (warmup_steps >= max_steps && ('warmup_steps' in given || 'max_steps' in given)) {
    problems.push({
      path: at('warmup_steps'),
      problem: `found ${warmup_steps} steps of warm-up, expected fewer than max_steps, ${max_steps}`,
    })
  }
  return problems
}

/** Options away from their default that this optimizer does not use, each with one that does. */
function idleOptions(training: TrainingOptions): ['momentum' | 'betas' | 'eps', user: string][] {
  const options: ['momentum' | 'betas' | 'eps', user: string][] =
    training.optimizer === 'sgd'
      ? [
          ['betas', 'adam'],
          ['eps', 'adam'],
        ]
      : [['momentum', 'sgd']]
  return options.filter(([option]) => String(training[option]) !== String(DEFAULTS.training[option]))
}

function unknownName(
  name: string | undefined,
  known: readonly string[],
  path: Path,
  what: string,
): Problem[] {
  if (name === undefined || known.includes(name)) return []
  const hint = suggestion(name, known)
  return [{ path, problem: `found "${name}", expected a ${what} of this study: ${known.join(', ')}${hint}` }]
}

function checkSize(study: Study): Problem[] {
  const runs = countRuns(study)
  if (runs <= MOST_RUNS) return []
  return [{ path: ['name'], problem: `asks for ${runs} runs, expected at most ${MOST_RUNS}` }]
}

const nameOf = ({ name }: { readonly name: string }): string => name

/** Entries that are there already; names differ in more than their case. */
function repeated(
  entries: readonly (string | number)[],
  pathOf: (index: number) => Path,
  what: string,
): Problem[] {
  const fold = (entry: string | number): string => String(entry).toLowerCase()
  const first = new Map<string, number>()
  return entries.flatMap((entry, i) => {
    const earlier = first.get(fold(entry))
    if (earlier === undefined) {
      first.set(fold(entry), i)
      return []
    }
    return [{ path: pathOf(i), problem: `the ${what} ${entry} is there twice` }]
  })
}
