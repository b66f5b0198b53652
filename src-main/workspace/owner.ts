import { randomUUID } from 'node:crypto'
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { writePrivately } from './private-file'

/**
 * Who owns a workspace: the one process that trains and writes there.
 *
 * `owner/<n>.json` names an owner, and the file with the highest number counts. To become owner, a process makes sure
 * that the owner before is gone and creates the next number, which the file system grants to one process only. The
 * highest number is never deleted, so whoever looked too early finds a higher one after creating and gives way.
 */

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  /** Start time of the process in clock ticks since boot: tells a reused pid from the owner. Null where unknown. */
  processStart: z.string().nullable(),
  bootId: z.string(),
  pidNamespace: z.string(),
  /** What the owner is, as users would say it: "fairsweep run mnist". */
  what: z.string(),
  since: z.string(),
  released: z.boolean(),
})
export type Owner = z.infer<typeof ownerSchema>

export interface Ownership {
  /** Lets go of the workspace; the next claim need not wait. */
  release(): void
}

/** Another living process owns the workspace. */
export class WorkspaceInUseError extends Error {
  override readonly name = 'WorkspaceInUseError'
  constructor(
    workspace: string,
    readonly owner: Owner,
  ) {
    super(`${workspace} is in use by process ${owner.pid} (${owner.what}, since ${owner.since})`)
  }
}

const HEARTBEAT_MS = 2_000
/** Where an owner's process cannot be looked up (another host or container), its heartbeat decides. */
const SILENT_AFTER_MS = 8_000

/**
 * Makes this process the workspace's owner.
 * @throws {WorkspaceInUseError} while another owner lives.
 */
export function claimWorkspace(workspace: string, what: string): Ownership {
  const folder = join(workspace, 'owner')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const me: Owner = {
    pid: process.pid,
    processStart: processStart(process.pid),
    bootId: bootId(),
    pidNamespace: pidNamespace(),
    what,
    since: new Date().toISOString(),
    released: false,
  }
  for (;;) {
    const before = newest(folder)
    if (before !== null && isAlive(folder, before)) throw new WorkspaceInUseError(workspace, before.owner)
    const generation = (before?.generation ?? 0) + 1
    if (!create(folder, generation, me)) continue
    if (newest(folder)?.generation !== generation) {
      rmSync(fileOf(folder, generation), { force: true })
      continue
    }
    for (const older of generations(folder)) {
      if (older < generation) rmSync(fileOf(folder, older), { force: true })
    }
    return hold(folder, generation, me)
  }
}

/** The living owner of a workspace, or null. */
export function findOwner(workspace: string): Owner | null {
  const folder = join(workspace, 'owner')
  const found = newest(folder)
  return found !== null && isAlive(folder, found) ? found.owner : null
}

function hold(folder: string, generation: number, me: Owner): Ownership {
  const file = fileOf(folder, generation)
  const heartbeat = setInterval(() => {
    const now = new Date()
    try {
      utimesSync(file, now, now)
    } catch {
      // The folder was deleted under us: nobody is left to see the heartbeat.
    }
  }, HEARTBEAT_MS)
  heartbeat.unref()
  return {
    release() {
      clearInterval(heartbeat)
      if (statSync(file, { throwIfNoEntry: false }))
        writePrivately(file, JSON.stringify({ ...me, released: true }))
    },
  }
}

interface Claim {
  readonly generation: number
  readonly owner: Owner
}

function newest(folder: string): Claim | null {
  const generation = Math.max(0, ...generations(folder))
  if (generation === 0) return null
  try {
    const owner = ownerSchema.parse(JSON.parse(readFileSync(fileOf(folder, generation), 'utf8')))
    return { generation, owner }
  } catch {
    // Files appear whole, so this one was damaged, or given way a moment ago. Its owner cannot be told to be alive.
    return { generation, owner: NOBODY }
  }
}

const NOBODY: Owner = {
  pid: 1,
  processStart: null,
  bootId: '',
  pidNamespace: '',
  what: 'unknown',
  since: '',
  released: true,
}

function isAlive(folder: string, { generation, owner }: Claim): boolean {
  if (owner.released) return false
  if (owner.bootId === bootId() && owner.pidNamespace === pidNamespace()) {
    return processExists(owner.pid) && owner.processStart === processStart(owner.pid)
  }
  const beat = statSync(fileOf(folder, generation), { throwIfNoEntry: false })
  return beat !== undefined && Date.now() - beat.mtimeMs < SILENT_AFTER_MS
}

/** Creates the file whole or not at all; false if that number is taken. */
function create(folder: string, generation: number, owner: Owner): boolean {
  const draft = join(folder, `${randomUUID()}.draft`)
  writePrivately(draft, JSON.stringify(owner))
  try {
    linkSync(draft, fileOf(folder, generation))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

const fileOf = (folder: string, generation: number): string => join(folder, `${generation}.json`)

function generations(folder: string): number[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+\.json$/.test(name))
      .map((name) => Number.parseInt(name, 10))
  } catch {
    return []
  }
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
