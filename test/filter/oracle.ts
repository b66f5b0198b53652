import { FIELDS } from '../../src-main/filter/language'
import type { Filter } from '../../src-main/filter/language'
import { isComplete } from '../../src-main/run'
import type { MetricName, RunRecord } from '../../src-main/run'
import type { RunAnnotations } from '../../src-main/store/store'

/** What a filter means, said once more in plain words, to hold the SQL against. */
export function passes(filter: Filter, run: RunRecord, added: RunAnnotations): boolean {
  switch (filter.kind) {
    case 'all':
      return filter.parts.every((part) => passes(part, run, added))
    case 'any':
      return filter.parts.some((part) => passes(part, run, added))
    case 'not':
      return !passes(filter.part, run, added)
    case 'words': {
      const { study, task, model, setting, id } = run
      const places = [study, task, model, setting, id, added.note ?? '', ...added.tags]
      return filter.words.every((word) => places.some((place) => holds(place, word)))
    }
    case 'missing': {
      const none =
        filter.field === 'tag' ? added.tags.length === 0 : valueOf(filter.field, run, added) === null
      return none === filter.missing
    }
    case 'comparison':
      return compare(filter, run, added)
  }
}

function compare(
  { field, operator, value }: Extract<Filter, { kind: 'comparison' }>,
  run: RunRecord,
  added: RunAnnotations,
): boolean {
  if (field === 'tag') {
    const any = added.tags.some((tag) => (operator.endsWith('~') ? holds(tag, value) : tag === value))
    return operator.startsWith('!') ? !any : any
  }
  if (field === 'state' && value === 'complete') return isComplete(run.state) !== operator.startsWith('!')
  const actual = valueOf(field, run, added)
  if (actual === null) return false
  if (operator.endsWith('~')) return holds(String(actual), value) === (operator === '~')
  const wanted = FIELDS[field]!.kind === 'number' ? Number(value) : value
  const told = FIELDS[field]!.kind === 'date' ? String(actual).slice(0, value.length) : actual
  switch (operator) {
    case '=':
      return told === wanted
    case '!=':
      return told !== wanted
    case '<':
      return told < wanted
    case '<=':
      return told <= wanted
    case '>':
      return told > wanted
    default:
      return told >= wanted
  }
}

/** The value of a field; null where the run has none. */
export function valueOf(field: string, run: RunRecord, added: RunAnnotations): string | number | null {
  const known: Readonly<Record<string, string | number | null>> = {
    study: run.study,
    task: run.task,
    model: run.model,
    setting: run.setting,
    lr: run.learningRate,
    seed: run.seed,
    state: run.state,
    steps: run.steps,
    best_step: run.bestStep,
    note: added.note,
    archived: added.archivedAt === null ? 'no' : 'yes',
    in_plan: run.inPlan ? 'yes' : 'no',
    started_at: run.startedAt,
    finished_at: run.finishedAt,
    parameters_trained: run.parametersTrained,
    parameters_total: run.parametersTotal,
    device: run.environment?.device ?? null,
    reason: run.reason,
    id: run.id,
  }
  if (Object.hasOwn(known, field)) return known[field] ?? null
  const score = run.summary[field as MetricName] ?? null
  return Number.isNaN(score) ? null : score
}

const holds = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase())
