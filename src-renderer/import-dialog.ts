import { shallowRef } from 'vue'
import type { ShallowRef } from 'vue'

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
