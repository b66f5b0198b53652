import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { z } from 'zod'
import { installation } from '../installation'
import type { RunConfig } from '../run'
import type { GroupPace } from './pace'
import { stepOptions } from './step-options'

const pace = z.object({
  stepSeconds: z.number().nonnegative(),
  scoreSeconds: z.number().nonnegative(),
  startSeconds: z.number().nonnegative(),
  peakBytes: z.number().nullable(),
})
const paces = z.record(z.string(), pace)

/** As many as anybody designs with; the oldest are forgotten. */
const MOST_KEPT = 500

/**
 * What was measured of groups on this machine, remembered in the workspace. A file that cannot be read or written is as
 * good as none: the groups are then measured again.
 */
export class ProbeMemory {
  private known: Map<string, GroupPace> | null = null

  /** @param file absolute */
  constructor(private readonly file: string) {}

  async load(): Promise<void> {
    this.known ??= await readFile(this.file, 'utf8')
      .then(
        (text) => new Map(Object.entries(paces.parse(JSON.parse(text)))),
        () => new Map<string, GroupPace>(),
      )
      .catch(() => new Map<string, GroupPace>())
  }

  of(config: RunConfig, slots: number): GroupPace | null {
    return this.known?.get(keyOf(config, slots)) ?? null
  }

  async keep(config: RunConfig, slots: number, measured: GroupPace): Promise<void> {
    await this.load()
    const key = keyOf(config, slots)
    this.known?.delete(key)
    this.known?.set(key, measured)
    // A reader of a workspace that is not there does not make it.
    if (!existsSync(dirname(this.file))) return
    const temporary = `${this.file}.${process.pid}.tmp`
    const newest = [...(this.known ?? [])].slice(-MOST_KEPT)
    await writeFile(temporary, JSON.stringify(Object.fromEntries(newest)), { mode: 0o600 })
      .then(() => rename(temporary, this.file))
      .catch(() => {})
  }
}

/** What the work of a step depends on, and the machine and program that do it. */
function keyOf({ task, model, setting, training, precision }: RunConfig, slots: number): string {
  const work = [task, model, setting.init, setting.train, stepOptions(training), precision, slots]
  const machine = [cpus()[0]?.model, cpus().length, totalmem()]
  const program = [installation.version, process.env['FAIRSWEEP_ENGINE'] ?? null]
  return createHash('sha256')
    .update(JSON.stringify([work, machine, program]))
    .digest('hex')
}
