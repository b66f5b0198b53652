import { readFile, stat } from 'node:fs/promises'
import { InputError, InputErrors } from '../errors'
import { checkStudy } from './check'
import { problemsOf, show } from './problems'
import type { Problem } from './problems'
import { folderOf, resolveStudy } from './resolve'
import { studyFile } from './schema'
import type { Study } from './study'
import { LARGEST_BYTES, parseYaml } from './yaml'
import type { YamlText } from './yaml'

/**
 * Reads a study file's text.
 *
 * @param file where the text stands: shown in errors, and relative paths in the text start at its folder (without it,
 *   at the current folder).
 * @throws {InputErrors} with every problem of the text, each with line and field.
 */
export function readStudy(text: string, file?: string): Study {
  const yaml = parseYaml(text, file)
  const raw = studyFile.safeParse(yaml.value)
  const problems: Problem[] = []
  let study: Study | null = null
  if (raw.success) {
    checkGrid(raw.data.learning_rates, problems)
    study = resolveStudy(raw.data, folderOf(file), problems)
    problems.push(...checkStudy(study, pathIn(yaml.value)))
  } else {
    problems.push(...problemsOf(raw.error, yaml.value).map(explainRefusal))
  }
  const errors = [...yaml.problems, ...problems.map((problem) => errorOf(problem, yaml, file))]
  if (errors.length === 0 && study !== null) return study
  throw errors.length === 1 && errors[0] ? errors[0] : new InputErrors(byLine(errors))
}

/** Reads a study file, which must be UTF-8. Gives its text too, which a workspace keeps with the study. */
export async function readStudyFile(file: string): Promise<{ study: Study; text: string }> {
  const text = await readText(file)
  return { study: readStudy(text, file), text }
}

async function readText(file: string): Promise<string> {
  let bytes: Buffer
  try {
    const { size } = await stat(file)
    if (size > LARGEST_BYTES) {
      throw new InputError(`found ${size} bytes, expected at most ${LARGEST_BYTES}`, { file })
    }
    bytes = await readFile(file)
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`cannot be read (${codeOf(error)}), expected a study file`, { file })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new InputError('not UTF-8, expected a study file in UTF-8', { file })
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

function checkGrid(rates: unknown, problems: Problem[]): void {
  if (typeof rates !== 'object' || rates === null || !('from' in rates) || !('to' in rates)) return
  const { from, to } = rates
  if (Number(from) <= Number(to)) return
  problems.push({
    path: ['learning_rates', 'from'],
    problem: `found ${show(from)}, expected at most to, ${show(to)}`,
  })
}

/** `task` and `model` may be a list or a single entry. */
const pathIn =
  (value: unknown) =>
  (key: 'task' | 'model', index: number): (string | number)[] => {
    const entry: unknown = (value as Readonly<Record<string, unknown>>)[key]
    return Array.isArray(entry) ? [key, index] : [key]
  }

/** Some keys are not unknown but refused, and the reason matters more than the list of other keys. */
function explainRefusal({ path, problem }: Problem): Problem {
  const isSettingOverride = path[0] === 'overrides' && /^settings?$/.test(String(path[2]))
  if (!isSettingOverride || path.length !== 3) return { path, problem }
  return {
    path,
    problem:
      'found a setting, expected task or model: the settings of a study are compared under one protocol',
  }
}

function errorOf({ path, problem }: Problem, yaml: YamlText, file: string | undefined): InputError {
  const place = { file, line: yaml.lineOf(path), field: path.join('.') || undefined }
  return new InputError(problem, place)
}

const byLine = (errors: readonly InputError[]): InputError[] =>
  [...errors].sort((a, b) => (a.place.line ?? 0) - (b.place.line ?? 0))
