import { statSync } from 'node:fs'
import { InputError } from '../errors'
import { readStudyFile } from '../study/read'
import type { Plan } from '../study/study'
import { openWorkbench } from '../workbench'
import type { Workbench } from '../workbench'

/** The name of the study meant by STUDY: its name in the workspace, or the path of its file. */
export async function nameOfStudy(workbench: Workbench, study: string): Promise<string> {
  if (workbench.store.study(study) !== null) return study
  const name = isThere(study) ? (await readStudyFile(study)).study.name : study
  if (workbench.store.study(name) !== null) return name
  const known = workbench.store.studies().map((record) => record.name)
  const hint = known.length === 0 ? 'it has none yet' : `it has ${known.join(', ')}`
  throw new InputError(`no study '${name}' in ${workbench.workspace}; ${hint}`)
}

/** As `nameOfStudy`, before anything is opened for writing: a mistyped workspace is not made. */
export async function existingStudy(workspace: string, study: string): Promise<string> {
  const reader = await openWorkbench({ workspace, access: 'reader' })
  try {
    return await nameOfStudy(reader, study)
  } finally {
    await reader.close()
  }
}

/** The plan of a study file, or of a study that the workspace knows by this name (and then without a file). */
export async function planOf(
  workbench: Workbench,
  study: string,
): Promise<Plan & { readonly file?: string }> {
  if (!isThere(study) && workbench.store.study(study) !== null) return workbench.savedPlan(study)
  const { text } = await readStudyFile(study)
  return { ...(await workbench.checkStudy(text, study)), file: study }
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined
