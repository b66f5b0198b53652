import type { RunConfig } from '../run'
import { LATER_TASK_OPTIONS } from './kinds'
import { NAMED_SETTINGS } from './settings'
import { editStudy } from './write'

/** A setting as a file may write it, its parts not checked yet. */
interface WrittenSetting {
  readonly name: string
  readonly init: string
  readonly train: readonly (string | { readonly last_layers: number })[]
}

/** What is known of a run that another workspace trained. */
export interface TrainedRun {
  /** The study's words for task and model. */
  readonly task: string
  readonly model: string
  readonly config: Omit<RunConfig, 'setting'> & { readonly setting: WrittenSetting }
  /** How a run of it was chosen there; no part of the run. */
  readonly selection: object
}

/** Where the files of a run lie here: a run knows them by their hashes alone. */
export interface RunPlaces {
  /** Of a task with files that are not found without: the option that names it, and its path. */
  readonly data?: { readonly option: 'dir' | 'path'; readonly path: string }
  /** Of a pretrained model: the name that the library has for it, or its folder. */
  readonly model?: { readonly installed: string } | { readonly path: string }
  readonly startFrom?: string
}

/**
 * The text of a study file that trains this run and nothing else, with every option written out, since defaults may be
 * others here.
 * @param name of the study
 */
export function runStudy(
  name: string,
  { task, model, config, selection }: TrainedRun,
  places: RunPlaces,
): string {
  const { training, validation, test, precision } = config
  const values: readonly (readonly [key: string, value: unknown])[] = [
    ['name', name],
    ['task', taskOf(task, config.task, places.data)],
    ['model', modelOf(model, config.model, places.model)],
    ['settings', [settingOf(config.setting)]],
    ['learning_rates', [config.learning_rate]],
    ['seeds', [config.seed]],
    ['training', training],
    ['validation', validation],
    ['test', test],
    ['selection', selection],
    ['execution', { precision }],
    ['start_from', places.startFrom],
  ]
  return values.reduce((now, [key, value]) => editStudy(now, [key], value), '')
}

function taskOf(name: string, { kind, options }: RunConfig['task'], place: RunPlaces['data']): unknown {
  return {
    kind,
    ...(name === kind ? {} : { name }),
    ...(place === undefined ? {} : { [place.option]: place.path }),
    ...LATER_TASK_OPTIONS[kind],
    ...options,
  }
}

function modelOf(name: string, model: RunConfig['model'], place: RunPlaces['model']): unknown {
  if (model.source === 'random') return { kind: model.type, name, ...model.shape }
  const cut = model.layers === undefined ? {} : { layers: model.layers }
  return { ...(place ?? { installed: name }), ...cut, name }
}

/** A named setting by its name, where it is what we mean by that; any other whole. */
function settingOf({ name, init, train }: WrittenSetting): unknown {
  const named = NAMED_SETTINGS.find((setting) => setting.name === name)
  const isOurs = named?.init === init && sortedParts(named.train) === sortedParts(train)
  return isOurs ? name : { name, init, train }
}

/** What is trained, in one order: "attention, input, last_layers: 2". */
export const sortedParts = (train: WrittenSetting['train']): string =>
  train
    .map((part) => (typeof part === 'string' ? part : `last_layers: ${part.last_layers}`))
    .sort()
    .join(', ')
