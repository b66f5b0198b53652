import { basename } from 'node:path'
import { InputError } from '../../errors'
import { checkedBundle } from '../../imports/check-bundle'
import { openBundle, studyBatch } from '../../store/store'
import type { ImportOutcome } from '../../store/store'
import { openWorkbench } from '../../workbench'

/** What came of importing a bundle; outcome null: it was only looked at. */
export interface ImportedBundle {
  readonly study: string
  readonly runs: number
  readonly published: number
  readonly outcome: ImportOutcome | null
}

/**
 * Imports the one study of a bundle, under its own name or another.
 * @throws {InputError} where it is no bundle of one study, or not as Fairsweep writes it
 */
export async function importBundle(
  path: string,
  as: string | undefined,
  workspace: string | null,
): Promise<ImportedBundle> {
  const bundle = openBundle(path)
  try {
    const studies = bundle.studies()
    const [record] = studies
    if (record === undefined || studies.length > 1) {
      throw new InputError(
        `holds ${studies.length} studies, expected the one of a bundle (export --format bundle writes one)`,
        { file: path },
      )
    }
    const batch = checkedBundle(studyBatch(bundle, record.name), path)
    const study = as ?? record.name
    const shown = { study, runs: batch.keys.length, published: batch.published.length }
    if (workspace === null) {
      // Every run is checked as it is read.
      const runs = [...batch.runs()].length
      return { ...shown, runs, outcome: null }
    }
    const workbench = await openWorkbench({
      workspace,
      access: 'owner',
      what: `fairsweep import ${basename(path)}`,
    })
    try {
      const outcome = workbench.importInto(study, (store) => store.importStudy(batch, study))
      return { ...shown, outcome }
    } finally {
      await workbench.close()
    }
  } finally {
    bundle.close()
  }
}
