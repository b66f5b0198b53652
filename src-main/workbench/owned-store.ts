import { openStore, StoreError } from '../store/store'
import type { Store } from '../store/store'
import { hasFile, makeFolder } from '../workspace/folder'
import { WorkspaceInUseError } from '../workspace/owner'
import { dropUploads } from '../workspace/uploads'

/**
 * Opens the history of a workspace for the one process that writes there, and clears what an earlier one left half done.
 * @throws {WorkspaceInUseError} when another process has it
 * @throws {InputError} when the folder cannot be made
 */
export function openOwnedStore(workspace: string, database: string): Store {
  makeFolder(workspace)
  hasFile(workspace, database)
  try {
    const store = openStore(database)
    dropUploads(workspace)
    return store
  } catch (error) {
    if (error instanceof StoreError && error.code === 'writer-active')
      throw new WorkspaceInUseError(workspace)
    throw error
  }
}
