import { basename, dirname, resolve as resolvePath } from 'node:path'
import type { z } from 'zod'
import type { Setting } from '../run'
import { DEFAULTS } from './defaults'
import { problemsOf, suggestion } from './problems'
import type { Problem } from './problems'
import { drawRates, expandGrid, roundRate } from './rates'
import { LATER_TASK_OPTIONS, taskObject, TASK_KINDS, usualTaskOptions } from './kinds'
import type { studyFile } from './schema'
import { NAMED_SETTINGS } from './settings'
import type { ModelSpec, Study, TaskSpec } from './study'

type StudyFile = z.output<typeof studyFile>
type OneOf<List> = List extends readonly (infer Item)[] ? Item : List

/**
 * Fills in every default: names become settings, grids become rates, paths become absolute (relative ones start at
 * the study file's folder). What cannot be filled in is added to `problems`.
 */
export function resolveStudy(file: StudyFile, folder: string, problems: Problem[]): Study {
  return {
    name: file.name,
    tasks: tasksOf(file.task, folder, problems),
    models: modelsOf(file.model, folder),
    settings: (file.settings ?? DEFAULTS.settings).flatMap((entry, i) =>
      settingOf(entry, ['settings', i], problems),
    ),
    learning_rates: ratesOf(file.learning_rates ?? DEFAULTS.learning_rates),
    ...drawOf(file.learning_rates),
    extra_learning_rates: Object.fromEntries(
      Object.entries(file.extra_learning_rates ?? {}).map(([setting, rates]) => [setting, ratesOf(rates)]),
    ),
    seeds: file.seeds ?? DEFAULTS.seeds,
    training: { ...DEFAULTS.training, ...file.training },
    validation: { ...DEFAULTS.validation, ...file.validation },
    test: { ...DEFAULTS.test, ...file.test },
    selection: { ...DEFAULTS.selection, ...file.selection },
    execution: { ...DEFAULTS.execution, ...file.execution },
    overrides: file.overrides ?? [],
    start_from: file.start_from ? resolvePath(folder, file.start_from) : null,
    notes: file.notes ?? null,
  }
}

export const folderOf = (file: string | undefined): string =>
  file === undefined ? process.cwd() : dirname(resolvePath(file))

function ratesOf(rates: NonNullable<StudyFile['learning_rates']>): number[] {
  if (Array.isArray(rates)) return rates.map(roundRate)
  return 'count' in rates ? drawRates(rates) : expandGrid(rates)
}

const drawOf = (rates: StudyFile['learning_rates']): Pick<Study, 'rate_draw'> =>
  rates !== undefined && 'count' in rates ? { rate_draw: rates } : {}

function settingOf(
  entry: OneOf<StudyFile['settings']>,
  path: Problem['path'],
  problems: Problem[],
): Setting[] {
  if (typeof entry === 'object') return [entry]
  const named = NAMED_SETTINGS.find(({ name }) => name === entry)
  if (named) return [named]
  const names = NAMED_SETTINGS.map(({ name }) => name)
  const hint = suggestion(entry ?? '', names)
  problems.push({
    path,
    problem: `found "${entry}", expected one of ${names.join(', ')}, or {name, init, train}${hint}`,
  })
  return []
}

function tasksOf(task: StudyFile['task'], folder: string, problems: Problem[]): TaskSpec[] {
  const entries = Array.isArray(task) ? task : [task]
  const specs = entries.flatMap((entry, i) => {
    const path = Array.isArray(task) ? ['task', i] : ['task']
    if (typeof entry === 'object') return [taskSpec(entry, folder)]
    const named = taskObject.safeParse({ kind: entry })
    if (named.success) return [taskSpec(named.data, folder)]
    if (Object.hasOwn(TASK_KINDS, entry)) {
      problems.push(
        ...problemsOf(named.error, {}).map((each) => ({ ...each, path: [...path, ...each.path] })),
      )
    } else {
      const kinds = Object.keys(TASK_KINDS)
      problems.push({
        path,
        problem: `found "${entry}", expected one of ${kinds.join(', ')}${suggestion(entry, kinds)}`,
      })
    }
    return []
  })
  return distinguished(specs, ({ kind, options }) => {
    const words = Object.entries(options).filter(([key]) => key !== 'dir' && key !== 'path')
    const place = options['dir'] ?? options['path']
    const given = words.map(([key, value]) => `${key}=${value}`)
    return [kind, ...(place === undefined ? [] : [basename(String(place))]), ...given].join(' ')
  })
}

function taskSpec({ kind, name, ...options }: z.output<typeof taskObject>, folder: string): TaskSpec {
  const idle = LATER_TASK_OPTIONS[kind] ?? {}
  const entries = Object.entries({ ...usualTaskOptions(kind, options), ...options })
    .filter(([key, value]) => value !== idle[key])
    .map(([key, value]): [string, string | number | boolean] => {
      return [key, key === 'dir' || key === 'path' ? resolvePath(folder, String(value)) : value]
    })
  return { name: name ?? kind, kind, options: Object.fromEntries(entries) }
}

function modelsOf(model: StudyFile['model'], folder: string): ModelSpec[] {
  const specs = (Array.isArray(model) ? model : [model]).map((entry): ModelSpec => {
    if (typeof entry === 'string') return { name: entry, from: 'catalogue' }
    if ('path' in entry || 'installed' in entry) {
      const { layers } = entry
      const cut = layers === undefined ? {} : { layers }
      const cutName = (whole: string): string =>
        entry.name ?? (layers === undefined ? whole : `${whole}-${layers}`)
      if ('installed' in entry)
        return { name: cutName(entry.installed), from: 'catalogue', installed: entry.installed, ...cut }
      const path = resolvePath(folder, entry.path)
      return { name: cutName(basename(path) || path), from: 'directory', path, ...cut }
    }
    const { kind, name, ...given } = entry
    const shape = shapeOf(given)
    return { name: name ?? `${kind}-${shape['layers']}x${shape['width']}`, from: 'random', type: kind, shape }
  })
  return distinguished(specs, (spec) => {
    if (spec.from === 'catalogue') return spec.installed ?? spec.name
    if (spec.from === 'directory') return spec.path.split(/[\\/]/).filter(Boolean).slice(-2).join(' ')
    return `${spec.name} ${Object.entries(spec.shape)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ')}`
  })
}

/** A random trunk's whole shape: what was left out has its usual size. */
function shapeOf(given: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const shape = { ...given }
  if (given['heads'] !== undefined) shape['intermediate'] ??= 4 * (given['width'] ?? 0)
  return Object.fromEntries(
    Object.entries(shape).filter((entry): entry is [string, number] => entry[1] !== undefined),
  )
}

/** Specs of one study that would have the same name get a longer one. */
function distinguished<Spec extends { readonly name: string }>(
  specs: readonly Spec[],
  longer: (spec: Spec) => string,
): Spec[] {
  const isShared = (spec: Spec): boolean => specs.filter(({ name }) => name === spec.name).length > 1
  return specs.map((spec) => (isShared(spec) ? { ...spec, name: longer(spec) } : spec))
}
