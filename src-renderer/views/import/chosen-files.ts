import type { ChosenFile } from '../../import-dialog'

/** Files of an `<input type="file">`, folders with the paths of what is in them. */
export const filesOfInput = (input: HTMLInputElement): ChosenFile[] =>
  Array.from(input.files ?? [], (file) => ({ name: file.webkitRelativePath || file.name, file }))

/** Files that were dropped; of folders everything below them. Call it before the drop's event is over. */
export async function filesOfDrop(transfer: DataTransfer): Promise<ChosenFile[]> {
  const entries = Array.from(transfer.items).flatMap((item) => item.webkitGetAsEntry() ?? [])
  // What comes from another program than a file browser may have no place in a file system.
  if (entries.length === 0) return Array.from(transfer.files, (file) => ({ name: file.name, file }))
  return (await Promise.all(entries.map((entry) => filesOfEntry(entry)))).flat()
}

async function filesOfEntry(entry: FileSystemEntry): Promise<ChosenFile[]> {
  const name = entry.fullPath.replace(/^\//, '')
  if (entry.isFile) return [{ name, file: await fileOf(entry as FileSystemFileEntry) }]
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: ChosenFile[] = []
  // A reader gives a folder's entries a hundred at a time, and none at its end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (entries.length === 0) return found
    for (const each of entries) found.push(...(await filesOfEntry(each)))
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject))
