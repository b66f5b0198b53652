import { mkdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { writePrivately } from './private-file'

/**
 * Who owns a workspace: the one process that trains and writes there. What keeps a second writer out is the store's
 * own lock, which the system drops with the process; the file here says to others whom they would ask, and is believed
 * only while the process it names lives.
 */

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  /** Start time of the process in clock ticks since boot: tells a reused pid from the owner. Null where unknown. */
  processStart: z.string().nullable(),
  bootId: z.string(),
  /** Pids mean the same only inside one namespace (container) of one machine. */
  pidNamespace: z.string(),
  /** What the owner is, as users would say it: "fairsweep run mnist". */
  what: z.string(),
  since: z.string(),
})
export type Owner = z.infer<typeof ownerSchema>

const fileOf = (workspace: string): string => join(workspace, 'owner', 'owner.json')

/** Says that this process owns the workspace; call it only while holding the store for writing. Returns how to unsay it. */
export function recordOwner(workspace: string, what: string): () => void {
  const file = fileOf(workspace)
  const me: Owner = {
    pid: process.pid,
    processStart: processStart(process.pid),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    what,
    since: new Date().toISOString(),
  }
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

function isAlive(owner: Owner): boolean {
  if (owner.bootId !== bootId() || owner.pidNamespace !== pidNamespace()) return false
  return processExists(owner.pid) && owner.processStart === processStart(owner.pid)
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Field 22 of /proc/<pid>/stat, counted after the command name, which may hold spaces and brackets; null for the dead. */
function processStart(pid: number): string | null {
  const stat = readOr(`/proc/${pid}/stat`, '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isZombie = fields[0] === 'Z'
  return stat === '' || isZombie ? null : (fields[19] ?? null)
}

const bootId = (): string => readOr('/proc/sys/kernel/random/boot_id', hostname()).trim()

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return hostname()
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
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
