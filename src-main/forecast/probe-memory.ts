import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { z } from 'zod'
import { installation } from '../installation'
import type { RunConfig } from '../run'
import { scoreFlops, stepFlops, type GroupKind } from './group-kind'
import type { GroupPace } from './pace'
import { stepOptions } from './step-options'

const entry = z.object({
  stepSeconds: z.number().nonnegative(),
  scoreSeconds: z.number().nonnegative(),
  startSeconds: z.number().nonnegative(),
  peakBytes: z.number().nullable(),
  /** By what others of its family are scaled. */
  family: z.string(),
  stepFlops: z.number().positive(),
  scoreFlops: z.number().positive(),
})
type Entry = z.infer<typeof entry>
const entries = z.record(z.string(), entry)

/** As many as anybody designs with; the oldest are forgotten. */
const MOST_KEPT = 500

/** A step that takes so long waits for its operations alone; one of less also for what it costs to begin each of them. */
const BOUND_BY_OPERATIONS_SECONDS = 0.5
/** A group is not scaled down by more than this: it would gain by what does not become less. */
const LEAST_SHARE = 0.5

/**
 * What was measured of groups on this machine, remembered in the workspace. A file that cannot be read or written is as
 * good as none: the groups are then measured again.
 */
export class ProbeMemory {
  private known: Map<string, Entry> | null = null
  /** When the file that was read was written: another process or thread may have measured since. */
  private writtenAt: number | null = null

  /** @param file absolute */
  constructor(private readonly file: string) {}

  async load(): Promise<void> {
    const writtenAt = await stat(this.file).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    )
    if (this.known !== null && writtenAt === this.writtenAt) return
    this.writtenAt = writtenAt
    this.known = await readFile(this.file, 'utf8')
      .then(
        (text) => new Map(Object.entries(entries.parse(JSON.parse(text)))),
        () => new Map<string, Entry>(),
      )
      .catch(() => new Map<string, Entry>())
  }

  of(kind: GroupKind): GroupPace | null {
    return this.known?.get(keyOf(kind)) ?? null
  }

  /**
   * The pace of a group that was not measured, from that of another with the same trunk, of which the same trains in the
   * same way, by how many more operations it has: another task's, or a group of another size. `isEnough`: measuring would
   * tell little more. Null: there is none, or only such as have far more to do.
   */
  scaled(kind: GroupKind): { readonly pace: GroupPace; readonly isEnough: boolean } | null {
    const [family, flops] = [familyOf(kind.config), stepFlops(kind)]
    const nearest = [...(this.known?.values() ?? [])]
      .filter((known) => known.family === family && flops >= LEAST_SHARE * known.stepFlops)
      .reduce<Entry | null>((a, b) => (a !== null && a.stepFlops >= b.stepFlops ? a : b), null)
    if (nearest === null) return null
    const pace = {
      stepSeconds: (nearest.stepSeconds * flops) / nearest.stepFlops,
      scoreSeconds: (nearest.scoreSeconds * scoreFlops(kind)) / nearest.scoreFlops,
      startSeconds: nearest.startSeconds,
      peakBytes: null,
    }
    // Where nothing attends, a step waits for one token after the other, however many runs it takes together.
    const isEnough = nearest.stepSeconds >= BOUND_BY_OPERATIONS_SECONDS && kind.cell.modelFacts.heads !== null
    return { pace, isEnough }
  }

  async keep(kind: GroupKind, measured: GroupPace): Promise<void> {
    await this.load()
    const key = keyOf(kind)
    this.known?.delete(key)
    this.known?.set(key, {
      ...measured,
      family: familyOf(kind.config),
      stepFlops: stepFlops(kind),
      scoreFlops: scoreFlops(kind),
    })
    // A reader of a workspace that is not there does not make it.
    if (!existsSync(dirname(this.file))) return
    const temporary = `${this.file}.${process.pid}.tmp`
    const newest = [...(this.known ?? [])].slice(-MOST_KEPT)
    await writeFile(temporary, JSON.stringify(Object.fromEntries(newest)), { mode: 0o600 })
      .then(() => rename(temporary, this.file))
      .catch(() => {})
  }
}

/** What the work of a step depends on, and the machine and program that do it: not on where first values come from. */
const keyOf = ({ config, slots }: GroupKind): string => hashOf([config.task, familyOf(config), slots])

/** Equal for groups that differ in their data and their size alone. */
const familyOf = ({ model, setting, training, precision }: RunConfig): string => {
  const work = [model, setting.train, stepOptions(training), precision]
  const program = [installation.version, process.env['FAIRSWEEP_ENGINE'] ?? null]
  return hashOf([work, MACHINE, program])
}

const MACHINE = [cpus()[0]?.model, cpus().length, totalmem()]

const hashOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex')
