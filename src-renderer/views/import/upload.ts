import { api } from '../../api'
import type { ChosenFile } from '../../import-dialog'

const PART_BYTES = 900_000

export interface UploadProgress {
  readonly done: number
  readonly total: number
}

/** Hands files to the workbench part by part, and gives the upload's id; what was handed over is dropped on an abort. */
export async function uploadFiles(
  files: readonly ChosenFile[],
  tell: (progress: UploadProgress) => void,
  signal: AbortSignal,
): Promise<string> {
  const total = files.reduce((sum, { file }) => sum + file.size, 0)
  let upload: string | undefined
  let done = 0
  try {
    for (const { name, file } of files) {
      // An empty file has one part, of nothing.
      for (let at = 0; at === 0 || at < file.size; at += PART_BYTES) {
        signal.throwIfAborted()
        const part = file.slice(at, at + PART_BYTES)
        const answer = await api.imports.upload.mutate(
          { upload, name, at, base64: await base64Of(part) },
          { signal },
        )
        upload = answer.upload
        done += part.size
        tell({ done, total })
      }
    }
  } catch (error) {
    if (upload !== undefined) void api.imports.forget.mutate({ upload })
    throw error
  }
  if (upload === undefined) throw new Error('There is no file to import.')
  return upload
}

const base64Of = (part: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve((reader.result as string).replace(/^[^,]*,?/, ''))
    reader.onerror = () => reject(reader.error ?? new Error('The file cannot be read.'))
    reader.readAsDataURL(part)
  })
