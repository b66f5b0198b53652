import type { MetricName } from '../run'
import { NAMED_SETTINGS } from '../study/settings'
import type { FieldSource, Mapping, PublishedField, RunField } from './mapping'
import { namesUsed, POINT_FIELDS } from './mapping'
import type { PointField } from './mapping'
import { readNumber } from './numbers'
import type { Source } from './source'

/** Names that trackers and people use, best first; compared without case, signs and a tracker's own prefix. */
const WORDS: Readonly<Record<RunField | PublishedField, readonly string[]>> = {
  run: ['run', 'runid', 'runuuid', 'id', 'name', 'runname', 'trial', 'trialid'],
  task: ['task', 'dataset', 'datasetname', 'taskname', 'data', 'benchmark', 'env'],
  model: [
    'model',
    'modelname',
    'modelnameorpath',
    'arch',
    'architecture',
    'backbone',
    'basemodel',
    'network',
  ],
  setting: ['setting', 'settings', 'mode', 'condition', 'variant', 'method', 'treatment', 'finetuning'],
  learning_rate: [
    'learningrate',
    'lr',
    'initlr',
    'baselr',
    'maxlr',
    'optimizerlr',
    'optimlr',
    'initiallearningrate',
  ],
  seed: ['seed', 'randomseed', 'rngseed', 'runseed'],
  state: ['state', 'status', 'runstate'],
  steps: ['steps', 'totalsteps', 'trainsteps', 'globalstep', 'step', 'iterations'],
  best_step: ['beststep', 'beststepvalidation', 'bestiteration'],
  reason: ['reason', 'error', 'failure'],
  started_at: ['startedat', 'starttime', 'started', 'created', 'createdat'],
  finished_at: ['finishedat', 'endtime', 'finished', 'ended', 'endedat'],
  kind: ['kind'],
  source: ['source', 'citation', 'paper', 'reference'],
  metric: ['metric'],
  mean: ['mean', 'average', 'avg'],
  sem: ['sem', 'stderr', 'standarderror', 'se'],
  n: ['n', 'seeds', 'nseeds', 'count'],
}

const POINT_WORDS: Readonly<Record<PointField, readonly string[]>> = {
  run: WORDS.run,
  metric: ['metric', 'key', 'tag', 'metricname', 'variable'],
  step: ['step', 'steps', 'globalstep', 'iteration'],
  value: ['value', 'values', 'score'],
  time: ['time', 'timestamp', 'walltime', 'date'],
}

/** Hyperparameters worth keeping with a run although nothing here reads them. */
const KEPT = [
  'batchsize',
  'maxsteps',
  'epochs',
  'optimizer',
  'weightdecay',
  'dropout',
  'warmup',
  'warmupsteps',
  'gradclip',
  'momentum',
  'scheduler',
  'lrscheduler',
  'patience',
  'commit',
  'device',
  'engine',
]

/** A name without case, signs and prefix: "params.LearningRate" → "learningrate". */
const plainName = (name: string): string =>
  name
    .replace(/^\(name\) /, '')
    .replace(/^(params|param|config|summary|configs|hparams|hparam|args|tags|cfg|hyperparameters)[./]/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')

/** Columns of a table of points, where the header names them all; null where it is another table. */
export function guessPoints(header: readonly string[]): Mapping['points'] | null {
  const found: Partial<Record<PointField, string>> = {}
  for (const field of POINT_FIELDS) {
    const name = bestMatch(header, POINT_WORDS[field])
    if (name !== undefined) found[field] = name
  }
  const isTable =
    found.run !== undefined &&
    found.metric !== undefined &&
    found.step !== undefined &&
    found.value !== undefined
  return isTable ? found : null
}

/** A mapping for what was read, taking what the user gave as given. Pure: the same source is guessed the same. */
export function guessMapping(source: Source, given: Mapping = {}): Mapping {
  const names = fieldNames(source)
  const isPublished = names.some((name) => plainName(name) === 'kind')
  const fields: Partial<Record<RunField | PublishedField, FieldSource>> = {}
  for (const [field, words] of Object.entries(WORDS) as [RunField | PublishedField, readonly string[]][]) {
    if (!isPublished && PUBLISHED_ONLY.has(field)) continue
    const name = bestMatch(names, words)
    if (name === undefined) continue
    fields[field] = field === 'setting' ? guessSetting(source, name) : name
  }
  const chosen = { ...fields, ...given.fields }
  const metrics = { ...guessMetrics(names, seriesNames(source)), ...given.metrics }
  const used = new Set(namesUsed({ fields: chosen, metrics }))
  const keep = given.keep ?? names.filter((name) => KEPT.includes(plainName(name)) && !used.has(name))
  const decimal = given.decimal ?? guessDecimal(source, [...used])
  return {
    ...(given.table === undefined ? {} : { table: given.table }),
    ...(given.points === undefined ? {} : { points: given.points }),
    ...(given.name === undefined ? {} : { name: given.name }),
    ...(decimal === ',' ? { decimal } : {}),
    accuracy: given.accuracy ?? guessUnit(source, metrics, chosen, decimal),
    fields: chosen,
    metrics,
    ...(keep.length === 0 ? {} : { keep }),
  }
}

const PUBLISHED_ONLY: ReadonlySet<string> = new Set(['kind', 'source', 'metric', 'mean', 'sem', 'n'])

function bestMatch(names: readonly string[], words: readonly string[]): string | undefined {
  for (const word of words) {
    const name = names.find((candidate) => plainName(candidate) === word)
    if (name !== undefined) return name
  }
  return undefined
}

/** Names of fields that any run has, in the order of their first appearance. */
export function fieldNames({ runs }: Source): string[] {
  const names = new Set<string>()
  for (const run of runs) for (const name of run.fields.keys()) names.add(name)
  return [...names]
}

export function seriesNames({ runs }: Source): string[] {
  const names = new Set<string>()
  for (const run of runs) for (const name of run.series.keys()) names.add(name)
  return [...names]
}

/** "Frozen Pretrained" and "frozen_pretrained" are words for our `frozen-pretrained`. */
function guessSetting({ runs }: Source, name: string): FieldSource {
  const words: Record<string, string> = {}
  for (const run of runs) {
    const found = String(run.fields.get(name)?.value ?? '')
    const ours = NAMED_SETTINGS.find((setting) => plainName(setting.name) === plainName(found))
    if (ours !== undefined && ours.name !== found) words[found] = ours.name
  }
  return Object.keys(words).length === 0 ? name : { from: name, words }
}

const SPLITS: Readonly<Record<string, 'train' | 'val' | 'test'>> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  eval: 'val',
  evaluation: 'val',
  dev: 'val',
  test: 'test',
}
const QUANTITIES: Readonly<Record<string, 'accuracy' | 'loss' | 'grad_norm'>> = {
  accuracy: 'accuracy',
  acc: 'accuracy',
  loss: 'loss',
  grad: 'grad_norm',
}
/** Words of a metric's name that change nothing about what it is. */
const FILLERS: ReadonlySet<string> = new Set([
  'best',
  'final',
  'epoch',
  'top1',
  'norm',
  'metrics',
  'score',
  'mean',
  'masked',
])

/** Our metrics by the names there; a name that leaves a doubt is not guessed. Series are preferred to single values. */
function guessMetrics(
  fields: readonly string[],
  series: readonly string[],
): Partial<Record<MetricName, string>> {
  const found: Partial<Record<MetricName, { name: string; fillers: number }>> = {}
  for (const name of [...series, ...fields]) {
    const guess = guessMetric(name)
    if (guess === null) continue
    const before = found[guess.metric]
    if (before === undefined || guess.fillers < before.fillers) {
      found[guess.metric] = { name, fillers: guess.fillers }
    }
  }
  return Object.fromEntries(Object.entries(found).map(([metric, { name }]) => [metric, name]))
}

function guessMetric(name: string): { metric: MetricName; fillers: number } | null {
  const words = name
    .replace(/^(metrics|summary|results)[./]/i, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
  const plain = words.join(' ')
  // What the Hugging Face Trainer and most loops log without a split is the training's own.
  if (plain === 'loss') return { metric: 'train/loss', fillers: 0 }
  if (plain === 'grad norm') return { metric: 'train/grad_norm', fillers: 0 }
  if (plain === 'time step ms' || plain === 'step time ms') return { metric: 'time/step_ms', fillers: 0 }
  const splits = words.flatMap((word) => (Object.hasOwn(SPLITS, word) ? SPLITS[word]! : []))
  const quantities = words.flatMap((word) => (Object.hasOwn(QUANTITIES, word) ? QUANTITIES[word]! : []))
  const rest = words.filter((word) => !Object.hasOwn(SPLITS, word) && !Object.hasOwn(QUANTITIES, word))
  const [split, quantity] = [splits[0], quantities[0]]
  if (splits.length !== 1 || quantities.length !== 1 || split === undefined || quantity === undefined)
    return null
  if (rest.some((word) => !FILLERS.has(word))) return null
  if (quantity === 'grad_norm') {
    return split === 'train' && rest.includes('norm') ? { metric: 'train/grad_norm', fillers: 0 } : null
  }
  const isMasked = rest.includes('masked')
  if (isMasked && quantity !== 'accuracy') return null
  const metric = `${split}/${quantity}${isMasked ? '_masked' : ''}` as MetricName
  // "train_loss" is also what the Trainer calls its mean over the whole training: "loss" goes before it.
  const fillers = rest.filter((word) => word !== 'masked').length + (name === 'train_loss' ? 1 : 0)
  return { metric, fillers }
}

/** A decimal comma, where numbers that are used have one, none has a point, and not all of them could be thousands. */
function guessDecimal({ runs }: Source, used: readonly string[]): '.' | ',' {
  let commas = 0
  for (const run of runs) {
    for (const name of used) {
      const value = run.fields.get(name)?.value
      if (typeof value !== 'string') continue
      if (/^[+-]?\d+\.\d+/.test(value)) return '.'
      const isThousands = /^[+-]?[1-9]\d{0,2},\d{3}$/.test(value)
      if (/^[+-]?\d+,\d+(e[+-]?\d+)?$/i.test(value) && !isThousands) commas++
    }
  }
  return commas > 0 ? ',' : '.'
}

/** Accuracies above 1 are in percent. */
function guessUnit(
  { runs }: Source,
  metrics: NonNullable<Mapping['metrics']>,
  fields: NonNullable<Mapping['fields']>,
  decimal: '.' | ',',
): 'fraction' | 'percent' {
  const names = Object.entries(metrics).flatMap(([metric, name]) =>
    metric.includes('accuracy') && name !== null ? name : [],
  )
  for (const run of runs) {
    for (const name of names) {
      if (run.series.get(name)?.values.some((value) => value > 1)) return 'percent'
      if (Number(readNumber(run.fields.get(name)?.value, decimal)) > 1) return 'percent'
    }
    const metric = typeof fields.metric === 'string' ? run.fields.get(fields.metric)?.value : 'accuracy'
    const mean = typeof fields.mean === 'string' ? run.fields.get(fields.mean)?.value : undefined
    if (metric === 'accuracy' && Number(readNumber(mean, decimal)) > 1) return 'percent'
  }
  return 'fraction'
}
