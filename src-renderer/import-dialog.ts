import { shallowRef } from 'vue'
import type { ShallowRef } from 'vue'

/** A file that was dropped or chosen, with its path below the folder that it came in. */
export interface ChosenFile {
  readonly name: string
  readonly file: File
}

/** What the import dialog is open for; null: it is shut. */
export const importRequest: ShallowRef<{ readonly files: readonly ChosenFile[] } | null> = shallowRef(null)

/** Opens the import dialog from anywhere, with files to begin with or without. */
export function openImport(files: readonly ChosenFile[] = []): void {
  importRequest.value = { files }
}
