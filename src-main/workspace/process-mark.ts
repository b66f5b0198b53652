import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { z } from 'zod'

/** What tells a living process of this machine from every other that ever had its number. */
export const processMarkSchema = z.object({
  pid: z.number().int().positive(),
  /** Start time of the process in clock ticks since boot: tells a reused pid from the process. Null where unknown. */
  processStart: z.string().nullable(),
  bootId: z.string(),
  /** Pids mean the same only inside one namespace (container) of one machine. */
  pidNamespace: z.string(),
})
export type ProcessMark = z.infer<typeof processMarkSchema>

export const thisProcess = (): ProcessMark => ({
  pid: process.pid,
  processStart: processStart(process.pid),
  bootId: bootId(),
  pidNamespace: pidNamespace(),
})

/** False too where the process lives on another machine or in another container. */
export function isAlive(mark: ProcessMark): boolean {
  if (mark.bootId !== bootId() || mark.pidNamespace !== pidNamespace()) return false
  return processExists(mark.pid) && mark.processStart === processStart(mark.pid)
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
