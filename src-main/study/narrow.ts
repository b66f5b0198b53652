import { parse } from 'yaml'
import type { RunRecord } from '../run'
import type { Study } from './study'
import { editStudy } from './write'

/**
 * A study file's text with one of its runs alone in it, under another name: where a study about that run begins. Comments
 * and the protocol stay as they are.
 */
export function narrowStudy(
  text: string,
  study: Study,
  run: Pick<RunRecord, 'task' | 'model' | 'setting' | 'learningRate' | 'seed'>,
  name: string,
): string {
  const file = parse(text) as Readonly<Record<string, unknown>>
  const one = (key: string, specs: readonly { readonly name: string }[], wanted: string): unknown => {
    const written = file[key]
    if (!Array.isArray(written)) return written
    const entries: readonly unknown[] = written
    return entries[specs.findIndex((spec) => spec.name === wanted)]
  }
  const values: readonly (readonly [key: string, value: unknown])[] = [
    ['name', name],
    ['task', one('task', study.tasks, run.task)],
    ['model', one('model', study.models, run.model)],
    ['settings', [one('settings', study.settings, run.setting) ?? run.setting]],
    ['learning_rates', [run.learningRate]],
    ['extra_learning_rates', undefined],
    ['seeds', [run.seed]],
  ]
  return values.reduce((now, [key, value]) => editStudy(now, [key], value), text)
}
