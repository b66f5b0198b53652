import { cpus } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_MS = 300

/** Milliseconds since some moment, all cores together; `own` is this program's part of them. */
export interface CoreTimes {
  readonly all: number
  readonly idle: number
  readonly own: number
}

/** The part of all cores, 0 to 1, that programs other than this one take at this moment. Takes a third of a second. */
export async function shareOfOthers(read: () => CoreTimes = readTimes): Promise<number> {
  const before = read()
  await pause(LOOK_MS)
  const after = read()
  const all = after.all - before.all
  const others = all - (after.idle - before.idle) - (after.own - before.own)
  return all === 0 ? 0 : Math.min(1, Math.max(0, others / all))
}

function readTimes(): CoreTimes {
  const each = cpus().map(({ times }) => times)
  const idle = each.reduce((sum, times) => sum + times.idle, 0)
  const all = each.reduce((sum, { user, nice, sys, irq }) => sum + user + nice + sys + irq, idle)
  const { user, system } = process.cpuUsage()
  return { all, idle, own: (user + system) / 1000 }
}
