import { statSync, statfsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { installation } from '../installation'
import { recentWorkspaces } from '../workspace/recent'
import { procedure, router } from './procedure'

/** What may grow in a workspace, by folder. */
const PARTS = ['checkpoints', 'weights', 'features', 'models', 'data', 'backups'] as const

export const settings = router({
  workspace: procedure.query(async ({ ctx: { workbench } }) => {
    const { workspace, access, store } = workbench
    const history = ['', '-wal'].reduce((sum, end) => sum + sizeOf(join(workspace, `history.db${end}`)), 0)
    const parts = await Promise.all(
      PARTS.map(async (name) => ({ name, bytes: await folderBytes(join(workspace, name)) })),
    )
    return {
      path: workspace,
      access,
      advice: store.advice,
      parts: [{ name: 'history' as const, bytes: history }, ...parts],
      freeBytes: freeBytes(workspace),
      recent: recentWorkspaces(installation.cache).filter(({ path }) => path !== workspace),
    }
  }),

  hasEngine: procedure.query(({ ctx }) => ctx.workbench.machine.hasEngine),

  /** What `doctor` says; measured when it is asked for the first time. */
  engine: procedure.query(({ ctx }) => ctx.workbench.machine.examine()),
  measure: procedure.mutation(({ ctx }) => ctx.workbench.machine.examine({ fresh: true })),

  /** Ways of training that were chosen here, for what was measured or counted. */
  ways: procedure.query(({ ctx }) => ctx.workbench.store.trainingWays().filter(({ way }) => way.why !== '')),

  installing: procedure.query(({ ctx }) => ctx.workbench.machine.installing),
  install: procedure
    .input(z.strictObject({ variant: z.enum(['cpu', 'cuda']) }))
    .mutation(({ ctx, input }) => ctx.workbench.machine.install(input.variant)),
  stopInstalling: procedure.mutation(({ ctx }) => ctx.workbench.machine.stopInstalling()),

  backups: procedure.query(({ ctx }) => ctx.workbench.backups.list()),
  backUp: procedure.mutation(({ ctx }) => ctx.workbench.backups.make()),
  /** Makes another workspace of a copy; this one stays as it is. */
  restore: procedure
    .input(z.strictObject({ name: z.string().max(300), folder: z.string().min(1).max(10_000) }))
    .mutation(({ ctx, input }) => ctx.workbench.backups.restore(input.name, input.folder)),

  about: procedure.query(() => ({
    fairsweep: installation.version,
    node: process.versions.node,
    electron: 'electron' in process.versions ? process.versions.electron : null,
    system: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    program: installation.root,
    cache: installation.cache,
  })),
})

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Null where the system does not tell. */
function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return null
  }
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    // A checkpoint may be replaced meanwhile.
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
