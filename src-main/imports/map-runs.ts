import { InputErrors, InputError } from '../errors'
import { METRICS, NO_TIME } from '../run'
import type { ImportedConfig, MetricName, PublishedCell, Summary } from '../run'
import type { ImportedRun } from '../store/store'
import { canonicalJson } from '../study/key'
import { roundRate } from '../study/rates'
import type { MetricChunk } from '../training/messages'
import { contentKey } from './content-key'
import { FieldReader } from './field-reader'
import { fieldNames, seriesNames } from './guess'
import type { Mapping } from './mapping'
import { fromPercent } from './numbers'
import { publishedCell } from './published'
import { bestStepOf, chunkOf, pointsOf, valueAt } from './run-points'
import type { Source, SourceRun } from './source'

/** What a source means by a mapping. */
export interface MappedRuns {
  readonly runs: readonly ImportedRun[]
  readonly published: readonly PublishedCell[]
  /** What had to be taken for granted, a sentence each. */
  readonly remarks: readonly string[]
}

const UNKNOWN = 'unknown'
/** So many problems are enough to see what is wrong with a file. */
const MOST_PROBLEMS = 20

/** @throws {InputErrors} with file, line and field of what does not fit */
export function mapRuns(source: Source, mapping: Mapping): MappedRuns {
  const draft = new Draft(source, mapping)
  const problems: InputError[] = []
  for (const run of source.runs) {
    try {
      draft.add(run)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(error)
      if (problems.length >= MOST_PROBLEMS) break
    }
  }
  if (problems.length === 1 && problems[0]) throw problems[0]
  if (problems.length > 1) throw new InputErrors(problems)
  return draft.finished()
}

class Draft {
  private readonly runs = new Map<string, ImportedRun>()
  private readonly published: PublishedCell[] = []
  /** Names of runs that are left out. */
  private readonly scoreless: string[] = []
  private readonly places = new Map<string, number>()
  private readonly counts = {
    task: 0,
    model: 0,
    setting: 0,
    seed: 0,
    test: 0,
    copies: 0,
    moments: 0,
    timeless: 0,
  }

  constructor(
    private readonly source: Source,
    private readonly mapping: Mapping,
  ) {}

  add(run: SourceRun): void {
    const reader = new FieldReader(run, this.mapping)
    if (reader.text('kind')?.toLowerCase() === 'published') {
      this.published.push(publishedCell(reader, this.mapping, this.cellOf(reader)))
      return
    }
    const imported = this.runOf(run, reader)
    if (imported.state === 'finished' && Object.keys(imported.summary).length === 0) {
      this.scoreless.push(run.name ?? run.id ?? (run.line === undefined ? run.file : `line ${run.line}`))
      return
    }
    const cell = this.cellOf(reader)
    const rate = this.rateOf(reader)
    const seed =
      reader.count('seed') ?? this.nextSeed(canonicalJson([cell.task, cell.model, cell.setting, rate]))
    const name = reader.text('run') ?? run.id ?? this.nameless({ ...cell, rate, seed })
    const config: ImportedConfig = {
      imported: { from: this.source.from, run: name },
      options: this.optionsOf(run),
      learning_rate: rate,
      seed,
    }
    const key = contentKey({ ...cell, ...imported, config })
    if (this.runs.has(key)) this.counts.copies++
    this.runs.set(key, { key, ...cell, ...imported, config })
  }

  finished(): MappedRuns {
    const { task, model, setting, seed, test, copies, moments, timeless } = this.counts
    const unknown = (count: number, field: string): string[] =>
      count === 0
        ? []
        : [
            `${count} without a ${field}: called "${UNKNOWN}"; name its field in the mapping, or one value for all`,
          ]
    const { scoreless } = this
    if (scoreless.length > 0 && this.runs.size + this.published.length === 0) throw this.noScores()
    const say = (count: number, words: string): string[] => (count === 0 ? [] : [`${count} ${words}`])
    return {
      runs: [...this.runs.values()],
      published: this.published,
      remarks: [
        ...unknown(task, 'task'),
        ...unknown(model, 'model'),
        ...unknown(setting, 'setting'),
        ...say(
          scoreless.length,
          `without a validation or test score, left out: ${scoreless.slice(0, 10).join(', ')}${scoreless.length > 10 ? ' …' : ''}`,
        ),
        ...say(
          seed,
          'runs without a seed: numbered from 0 within each learning rate, in the order of the files',
        ),
        ...say(
          test,
          'runs have several test scores and none at their best validation step: no test score taken',
        ),
        ...say(copies, 'runs are there more than once, word for word, and count once'),
        ...say(moments, 'start or end times without a time zone are left out'),
        ...say(timeless, 'points have no time there and get none here'),
      ],
    }
  }

  private noScores(): InputError {
    const names = [...seriesNames(this.source), ...fieldNames(this.source)]
    return new InputError(
      `found no validation or test score of any run, expected one named in the mapping (there are ${names.slice(0, 20).join(', ')})`,
      { file: this.source.files.join(', '), field: 'metrics' },
    )
  }

  private cellOf(reader: FieldReader): { task: string; model: string; setting: string } {
    const word = (field: 'task' | 'model' | 'setting'): string => {
      const text = reader.text(field)
      if (text === null) this.counts[field]++
      return text ?? UNKNOWN
    }
    return { task: word('task'), model: word('model'), setting: word('setting') }
  }

  private rateOf(reader: FieldReader): number {
    const rate = reader.learningRate()
    if (rate !== null) return roundRate(rate)
    const names = fieldNames(this.source)
    const there = names.length === 0 ? 'there are no fields' : `there are ${names.slice(0, 20).join(', ')}`
    throw reader.wrong(
      'learning_rate',
      'none',
      `one in every run: name its field in the mapping, or one value for all (${there})`,
    )
  }

  private nextSeed(place: string): number {
    this.counts.seed++
    const seed = this.places.get(place) ?? 0
    this.places.set(place, seed + 1)
    return seed
  }

  /** What a run without a name is called: where it stands, and which of several it is. */
  private nameless(place: Readonly<Record<string, string | number>>): string {
    const words = Object.values(place).join(' ')
    const count = this.places.get(words) ?? 0
    this.places.set(words, count + 1)
    return count === 0 ? words : `${words} (${count + 1})`
  }

  private optionsOf(run: SourceRun): ImportedConfig['options'] {
    const entries = (this.mapping.keep ?? []).flatMap((name) => {
      const value = run.fields.get(name)?.value
      return value === undefined || value === '' ? [] : [[name, value] as const]
    })
    return Object.fromEntries(entries)
  }

  private runOf(
    run: SourceRun,
    reader: FieldReader,
  ): Omit<ImportedRun, 'key' | 'config' | 'task' | 'model' | 'setting'> {
    const points = pointsOf(run, this.mapping, this.source.order)
    for (const { times } of points) this.counts.timeless += times.filter((time) => time === NO_TIME).length
    const single = this.singleValues(reader, points)
    const bestStep = reader.count('best_step') ?? this.bestStep(points)
    const summary: Summary = { ...this.fromPoints(points, bestStep), ...single }
    const { state, reason } = stateOf(reader, summary, points)
    const isComplete = state === 'finished' || state === 'early-stopped'
    const last = points.reduce((step, chunk) => Math.max(step, chunk.steps.at(-1) ?? 0), 0)
    for (const field of ['started_at', 'finished_at'] as const) {
      if (reader.text(field) !== null && reader.moment(field) === null) this.counts.moments++
    }
    return {
      state,
      reason,
      steps: reader.count('steps', 2 ** 32 - 1) ?? last,
      bestStep: isComplete ? bestStep : null,
      summary: isComplete ? summary : {},
      startedAt: reader.moment('started_at'),
      finishedAt: reader.moment('finished_at'),
      points,
    }
  }

  /** Scores that stand in a field of their own. */
  private singleValues(reader: FieldReader, points: readonly MetricChunk[]): Summary {
    const summary: Partial<Record<MetricName, number>> = {}
    for (const metric of SUMMARY_METRICS) {
      const name = this.mapping.metrics?.[metric] ?? null
      if (name === null || chunkOf(points, metric) !== undefined) continue
      const value = reader.metric(name)
      if (value === null) continue
      const isPercent = metric.includes('accuracy') && this.mapping.accuracy === 'percent'
      summary[metric] = isPercent ? fromPercent(value) : value
    }
    return summary
  }

  private bestStep(points: readonly MetricChunk[]): number | null {
    const validation = chunkOf(points, 'val/accuracy') ?? chunkOf(points, 'val/loss')
    return validation === undefined ? null : bestStepOf(validation)
  }

  /** Validation at the best step, and test read there or, where it was read once only, whenever that was. */
  private fromPoints(points: readonly MetricChunk[], bestStep: number | null): Summary {
    const summary: Partial<Record<MetricName, number>> = {}
    let isAmbiguous = false
    for (const metric of SUMMARY_METRICS) {
      const chunk = chunkOf(points, metric)
      if (chunk === undefined) continue
      const isOnly = metric.startsWith('test/') && chunk.steps.length === 1
      const value = isOnly ? chunk.values[0]! : valueAt(chunk, bestStep)
      if (value !== null) summary[metric] = value
      else if (metric.startsWith('test/')) isAmbiguous = true
    }
    if (isAmbiguous) this.counts.test++
    return summary
  }
}

const SUMMARY_METRICS = METRICS.filter((metric) => /^(val|test)\//.test(metric))

const STATES: Readonly<Record<string, ImportedRun['state']>> = {
  finished: 'finished',
  complete: 'finished',
  completed: 'finished',
  done: 'finished',
  success: 'finished',
  succeeded: 'finished',
  'early-stopped': 'early-stopped',
  early_stopped: 'early-stopped',
  diverged: 'diverged',
  failed: 'failed',
  failure: 'failed',
  crashed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
  canceled: 'cancelled',
  killed: 'cancelled',
  preempted: 'cancelled',
}
const OPEN = new Set(['running', 'queued', 'paused', 'scheduled', 'pending', 'unfinished'])

function stateOf(
  reader: FieldReader,
  summary: Summary,
  points: readonly MetricChunk[],
): Pick<ImportedRun, 'state' | 'reason'> {
  const reason = reader.text('reason')
  const word = reader.text('state')?.toLowerCase() ?? null
  if (word !== null && OPEN.has(word)) {
    return { state: 'cancelled', reason: reason ?? `was ${word} when it was imported` }
  }
  if (word !== null) {
    const state = Object.hasOwn(STATES, word) ? STATES[word] : undefined
    if (state !== undefined) return { state, reason }
    throw reader.wrong('state', `"${word}"`, `one of ${[...Object.keys(STATES), ...OPEN].join(', ')}`)
  }
  const bad = METRICS.find((metric) => {
    const value = summary[metric] ?? chunkOf(points, metric)?.values.at(-1)
    return /^(train|val)\/(loss|accuracy)$/.test(metric) && value != null && !Number.isFinite(value)
  })
  if (bad === undefined) return { state: 'finished', reason }
  return { state: 'diverged', reason: reason ?? `the last ${bad} is not a finite number` }
}
