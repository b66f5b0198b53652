import type { StudyPatch } from '../../../src-main/analysis/audit'
import { editStudy } from '../../../src-main/study/write'

/** The text of a study file with what a remedy of the audit asks for. */
export function patchStudy(text: string, patch: StudyPatch): string {
  return Object.entries(patch).reduce((now, [key, value]) => {
    if (Array.isArray(value)) return editStudy(now, [key], value)
    return Object.entries(value as object).reduce(
      (inner, [name, each]) => editStudy(inner, [key, name], each),
      now,
    )
  }, text)
}
