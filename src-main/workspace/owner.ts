import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writePrivately } from './private-file'
import { isAlive, processMarkSchema, thisProcess } from './process-mark'

/**
 * Who owns a workspace: the one process that trains and writes there. What keeps a second writer out is the store's
 * own lock, which the system drops with the process; the file here says to others whom they would ask, and is believed
 * only while the process it names lives.
 */

const ownerSchema = processMarkSchema.extend({
  /** What the owner is, as users would say it: "fairsweep run mnist". */
  what: z.string(),
  since: z.string(),
})
export type Owner = z.infer<typeof ownerSchema>

const fileOf = (workspace: string): string => join(workspace, 'owner', 'owner.json')

/** Says that this process owns the workspace; call it only while holding the store for writing. Returns how to unsay it. */
export function recordOwner(workspace: string, what: string): () => void {
  const file = fileOf(workspace)
  const me: Owner = { ...thisProcess(), what, since: new Date().toISOString() }
  mkdirSync(join(workspace, 'owner'), { recursive: true, mode: 0o700 })
  writePrivately(file, JSON.stringify(me))
  return () => rmSync(file, { force: true })
}

/** The living owner of a workspace. Null when there is none, or it lives on another machine or in another container. */
export function findOwner(workspace: string): Owner | null {
  try {
    const owner = ownerSchema.parse(JSON.parse(readFileSync(fileOf(workspace), 'utf8')))
    return isAlive(owner) ? owner : null
  } catch {
    return null
  }
}

/** Another living process owns the workspace. */
export class WorkspaceInUseError extends Error {
  override readonly name = 'WorkspaceInUseError'

  constructor(workspace: string) {
    const owner = findOwner(workspace)
    const who =
      owner === null ? 'another process' : `process ${owner.pid} (${owner.what}, since ${owner.since})`
    super(`${workspace} is in use by ${who}; end that first, or name another folder with --workspace`)
  }
}
