import { shallowRef } from 'vue'
import type { ShallowRef } from 'vue'
import { readExportFile } from './export-file'
import type { ExportFile } from './export-file'

/** A file that was dropped or chosen, with its path below the folder that it came in. */
export interface ChosenFile {
  readonly name: string
  readonly file: File
}

/** What there is to look at to begin with: the user's own files, or a path where the workbench runs. */
export type ToImport = { readonly files: readonly ChosenFile[] } | { readonly path: string }

/** What the import dialog is open for; null: it is shut. */
export const importRequest: ShallowRef<ToImport | null> = shallowRef(null)

/** Opens the import dialog from anywhere, with something to begin with or without. */
export function openImport(what: ToImport = { files: [] }): void {
  importRequest.value = what
}

/** An export whose run is to be trained again; null: nobody asks. */
export const againRequest: ShallowRef<ExportFile | null> = shallowRef(null)

/**
 * Opens the dialog that makes a study of a run of an export, where this is one; an export is not imported, so the import
 * dialog makes way for it.
 * @returns whether it is one
 * @throws {Error} where the file cannot be read
 */
export async function openAgain(file: File): Promise<boolean> {
  const exported = await readExportFile(file)
  if (exported === null) return false
  importRequest.value = null
  againRequest.value = exported
  return true
}
