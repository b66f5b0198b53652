import { tmpdir } from 'node:os'
import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors'
import { listFolders } from '../workspace/list-folders'
import { procedure, router } from './procedure'

/** A folder of the machine that the workbench runs on. */
export const folderPath = z.string().min(1).max(4_096)

/** @throws {InputError} where it is not a whole path: nobody knows what a part of one would be relative to */
export function wholePath(folder: string): string {
  if (isAbsolute(folder)) return folder
  throw new InputError(`found '${folder}', expected a whole path such as ${tmpdir()}/report`, {
    field: 'folder',
  })
}

export const folders = router({
  /** The folders in a folder, or in the nearest one above it that is there; without a path, in the home folder. */
  list: procedure
    .input(z.strictObject({ path: folderPath.optional(), hidden: z.boolean().default(false) }))
    .query(({ input: { path, hidden } }) =>
      listFolders(path === undefined ? null : wholePath(path), { hidden }),
    ),
})
